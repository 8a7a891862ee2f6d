#pragma once

#include <strata/layers/rnn/recurrence.h>

namespace strata {

// x (N, T, features) -> the last h (N, units), or every step's (N, T, units); with return_state the last h as well.
//   h = activation(x kernel + h recurrent_kernel + bias)
// Source: Elman 1990.
struct SimpleRNN {
  Required<std::int64_t> units = unset;
  Activation activation = "tanh";
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
  bool return_sequences = false;
  bool return_state = false;
  bool go_backwards = false;
  bool stateful = false;
  bool unroll = false;
  std::optional<std::int64_t> seed = {};
  bool zero_output_for_mask = false;
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::custom;

  static Schema schema() {
    return describe<SimpleRNN>("SimpleRNN", "A fully connected recurrence over a sequence.",
        field("units", &SimpleRNN::units, "Size of the state and of the output.", at_least(1)),
        field("activation", &SimpleRNN::activation, "Function of the state."),
        field("use_bias", &SimpleRNN::use_bias, "Whether a bias is added."),
        kernel_fields<SimpleRNN>(), recurrent_fields<SimpleRNN>(), bias_fields<SimpleRNN>(), activity_field<SimpleRNN>(),
        step_dropout_fields<SimpleRNN>(), recurrence_fields<SimpleRNN>(), layer_fields<SimpleRNN>());
  }

  std::vector<Value> call(Scope& s, const Inputs& inputs) const {
    Recurrence r(s, "SimpleRNN", inputs, *units, {"h"},
                 {return_sequences, return_state, go_backwards, stateful, zero_output_for_mask});
    const Dim features = r.x.dim(-1), batch = r.x.dim(1);
    const Value kernel = s.weight("simple_rnn_cell/kernel", {features, *units},
                                  {kernel_initializer, kernel_regularizer, kernel_constraint});
    const Value recurrent = s.weight("simple_rnn_cell/recurrent_kernel", {*units, *units},
                                  {recurrent_initializer, recurrent_regularizer, recurrent_constraint});
    Value projected = dropped_matmul(r.x, kernel, step_dropout(s, r.x, {batch, features}, dropout, seed, 1));
    if (use_bias) projected = projected + s.weight("simple_rnn_cell/bias", {*units}, {bias_initializer, bias_regularizer, bias_constraint});
    std::vector<Value> invariants{recurrent};
    for (const Value& drop : step_dropout(s, r.x, {batch, *units}, recurrent_dropout, seed, 1)) invariants.push_back(drop);
    const auto step = [this](const std::vector<Value>& states, Value in, const std::vector<Value>& k) {
      return std::vector<Value>{activation(in + dropped_matmul(states[0], k[0], std::span(k).subspan(1)))};
    };
    return r.outputs(r.over_time(step, projected, invariants));
  }
};

}  // namespace strata
