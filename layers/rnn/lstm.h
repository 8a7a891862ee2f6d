#pragma once

#include <strata/layers/rnn/recurrence.h>
#include <strata/layers/rnn/unit_forget_bias.h>

namespace strata {

// x (N, T, features) -> the last h (N, units), or every step's (N, T, units); with return_state the last h and c as well.
//   i, f, o = recurrent_activation(x kernel + h recurrent_kernel + bias),  g = activation(the same)
//   c = f c + i g,  h = o activation(c)
// Source: Hochreiter & Schmidhuber 1997.
struct LSTM {
  Required<std::int64_t> units = unset;
  Activation activation = "tanh";
  Activation recurrent_activation = "sigmoid";
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer recurrent_initializer = "orthogonal";
  Initializer bias_initializer = "zeros";
  bool unit_forget_bias = true;
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
  Config use_cudnn = "auto";
  bool zero_output_for_mask = false;
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::custom;

  static Schema schema() {
    return describe<LSTM>("LSTM", "Long short-term memory over a sequence.",
        field("units", &LSTM::units, "Size of the state and of the output.", at_least(1)),
        field("activation", &LSTM::activation, "Function of the candidate and of the cell's state."),
        field("recurrent_activation", &LSTM::recurrent_activation, "Function of the gates."),
        field("use_bias", &LSTM::use_bias, "Whether a bias is added."),
        kernel_fields<LSTM>(), recurrent_fields<LSTM>(), bias_fields<LSTM>(),
        field("unit_forget_bias", &LSTM::unit_forget_bias, "Whether the forget gate's bias begins at 1."),
        activity_field<LSTM>(), step_dropout_fields<LSTM>(), recurrence_fields<LSTM>(), cudnn_field<LSTM>(), layer_fields<LSTM>());
  }

  std::vector<Value> call(Scope& s, const Inputs& inputs) const {
    Recurrence r(s, "LSTM", inputs, *units, {"h", "c"},
                 {return_sequences, return_state, go_backwards, stateful, zero_output_for_mask});
    const Dim features = r.x.dim(-1), batch = r.x.dim(1);
    const Value kernel = s.weight("lstm_cell/kernel", {features, *units * 4},
                                  {kernel_initializer, kernel_regularizer, kernel_constraint});
    const Value recurrent = s.weight("lstm_cell/recurrent_kernel", {*units, *units * 4},
                                  {recurrent_initializer, recurrent_regularizer, recurrent_constraint});
    const Value bias = use_bias ? s.weight("lstm_cell/bias", {*units * 4}, {first_bias(), bias_regularizer, bias_constraint}) : Value();
    const int masks = recurrent_dropout > 0 ? 4 : 1;  // as in Keras: one for each gate where the state is dropped
    const StepDropout drop_x = step_dropout(s, r.x, {batch, features}, dropout, seed, masks);
    const StepDropout drop_h = step_dropout(s, r.x, {batch, *units}, recurrent_dropout, seed, masks);

    if (bias && recurrent_dropout == 0 && activation.name() == "tanh" && recurrent_activation.name() == "sigmoid") {
      const Value x = drop_x.empty() ? r.x : r.x * drop_x[0];
      const LstmOutput y = lstm(x, r.initial[0], r.initial[1], kernel, recurrent, bias, r.mask);
      return r.outputs({y.sequence, {y.hidden, y.cell}});
    }
    Value projected = dropped_matmul(r.x, kernel, drop_x);
    if (bias) projected = projected + bias;
    std::vector<Value> invariants{recurrent};
    invariants.insert(invariants.end(), drop_h.begin(), drop_h.end());
    const auto cell = [this](const auto& states, Value in, const auto& k) { return step(states, in, k); };
    return r.outputs(r.over_time(cell, projected, invariants));
  }

 private:
  Initializer first_bias() const { return unit_forget_bias ? Initializer(UnitForgetBias{bias_initializer}) : bias_initializer; }

  // invariants: the recurrent kernel, then what drops parts of h.
  std::vector<Value> step(const std::vector<Value>& states, Value projected, const std::vector<Value>& invariants) const {
    const Value z = projected + dropped_matmul(states[0], invariants[0], std::span(invariants).subspan(1));
    const Value i = recurrent_activation(gate(z, 0, 4)), f = recurrent_activation(gate(z, 1, 4)), o = recurrent_activation(gate(z, 3, 4));
    const Value c = f * states[1] + i * activation(gate(z, 2, 4));
    return {o * activation(c), c};
  }
};

}  // namespace strata
