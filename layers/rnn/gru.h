#pragma once

#include <strata/layers/rnn/recurrence.h>

namespace strata {

// x (N, T, features) -> the last h (N, units), or every step's (N, T, units); with return_state the last h as well.
//   z, r = recurrent_activation(x kernel + h recurrent_kernel + biases)
//   g = activation(x kernel + bias + r (h recurrent_kernel + recurrent bias)), or with reset_after false (r h) recurrent_kernel
//   h = z h + (1 - z) g
// Source: Cho et al. 2014.
struct GRU {
  Required<std::int64_t> units = unset;
  Activation activation = "tanh";
  Activation recurrent_activation = "sigmoid";
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer recurrent_initializer = "orthogonal";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = {};
  Regularizer recurrent_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint kernel_constraint = {};
  Constraint recurrent_constraint = {};
  Constraint bias_constraint = {};
  double dropout = 0;
  double recurrent_dropout = 0;
  std::optional<std::int64_t> seed = {};
  bool return_sequences = false;
  bool return_state = false;
  bool go_backwards = false;
  bool stateful = false;
  bool unroll = false;
  bool reset_after = true;
  Config use_cudnn = "auto";
  bool zero_output_for_mask = false;
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::custom;

  static Schema schema() {
    return describe<GRU>("GRU", "Gated recurrent unit over a sequence.",
        field("units", &GRU::units, "Size of the state and of the output.", at_least(1)),
        field("activation", &GRU::activation, "Function of the candidate."),
        field("recurrent_activation", &GRU::recurrent_activation, "Function of the gates."),
        field("use_bias", &GRU::use_bias, "Whether a bias is added."),
        kernel_fields<GRU>(), recurrent_fields<GRU>(), bias_fields<GRU>(), activity_field<GRU>(),
        step_dropout_fields<GRU>(), recurrence_fields<GRU>(),
        field("reset_after", &GRU::reset_after, "Whether the reset gate comes after the product with the recurrent kernel."),
        cudnn_field<GRU>(), layer_fields<GRU>());
  }

  std::vector<Value> call(Scope& s, const Inputs& inputs) const {
    Recurrence r(s, "GRU", inputs, *units, {"h"},
                 {return_sequences, return_state, go_backwards, stateful, zero_output_for_mask});
    const Dim features = r.x.dim(-1), batch = r.x.dim(1), width = *units * 3;
    const Value kernel = s.weight("gru_cell/kernel", {features, width},
                                  {kernel_initializer, kernel_regularizer, kernel_constraint});
    const Value recurrent = s.weight("gru_cell/recurrent_kernel", {*units, width},
                                  {recurrent_initializer, recurrent_regularizer, recurrent_constraint});
    Value bias, recurrent_bias;
    if (use_bias) {
      bias = s.weight("gru_cell/bias", reset_after ? Shape{2, width} : Shape{width}, {bias_initializer, bias_regularizer, bias_constraint});
      recurrent_bias = reset_after ? take(bias, 0, 1) : full(bias, {width}, 0, bias.dtype());
      if (reset_after) bias = take(bias, 0, 0);
    } else {
      recurrent_bias = full(r.x, {width}, 0, r.x.dtype());
    }
    const int masks = recurrent_dropout > 0 ? 3 : 1;  // as in Keras: one for each gate where the state is dropped
    const StepDropout drop_x = step_dropout(s, r.x, {batch, features}, dropout, seed, masks);
    const StepDropout drop_h = step_dropout(s, r.x, {batch, *units}, recurrent_dropout, seed, masks);
    Value projected = dropped_matmul(r.x, kernel, drop_x);
    if (bias) projected = projected + bias;
    std::vector<Value> invariants{recurrent, recurrent_bias};
    invariants.insert(invariants.end(), drop_h.begin(), drop_h.end());
    const auto cell = [this](const auto& states, Value in, const auto& k) { return step(states, in, k); };
    return r.outputs(r.over_time(cell, projected, invariants));
  }

 private:
  // invariants: the recurrent kernel, its bias, then what drops parts of h.
  std::vector<Value> step(const std::vector<Value>& states, Value projected, const std::vector<Value>& invariants) const {
    const Value h = states[0], recurrent = invariants[0];
    const std::span<const Value> drop = std::span(invariants).subspan(2);
    const Value through = dropped_matmul(h, recurrent, drop) + invariants[1];
    const Value z = recurrent_activation(gate(projected, 0, 3) + gate(through, 0, 3));
    const Value r = recurrent_activation(gate(projected, 1, 3) + gate(through, 1, 3));
    const Value seen = drop.empty() ? h : h * drop[2];
    const Value reset = reset_after ? r * gate(through, 2, 3) : matmul(r * seen, gate(recurrent, 2, 3));
    return {z * h + (1 - z) * activation(gate(projected, 2, 3) + reset)};
  }
};

}  // namespace strata
