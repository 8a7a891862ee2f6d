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
    Recurrence r(s, "LSTM", inputs, *units, {"h", "c"}, {return_sequences, return_state, go_backwards, stateful, zero_output_for_mask});
    const Dim features = r.x.dim(-1), batch = r.x.dim(1);
    const Value kernel = s.weight("lstm_cell/kernel", {features, *units * 4}, {kernel_initializer, kernel_regularizer, kernel_constraint});
    const Value recurrent = s.weight("lstm_cell/recurrent_kernel", {*units, *units * 4}, {recurrent_initializer, recurrent_regularizer, recurrent_constraint});
    const Value bias = use_bias ? s.weight("lstm_cell/bias", {*units * 4}, {first_bias(), bias_regularizer, bias_constraint}) : Value();
    const Value dropped = step_dropout(s, r.x, {batch, features}, dropout, seed);
    const Value dropped_h = step_dropout(s, r.x, {batch, *units}, recurrent_dropout, seed);
    const Value x = dropped ? r.x * dropped : r.x;

    if (bias && !dropped_h && activation.name() == "tanh" && recurrent_activation.name() == "sigmoid") {
      const LstmOutput y = lstm(x, r.initial[0], r.initial[1], kernel, recurrent, bias, r.mask);
      return r.outputs({y.sequence, {y.hidden, y.cell}});
    }
    const Value projected = bias ? matmul(x, kernel) + bias : matmul(x, kernel);
    std::vector<Value> invariants{recurrent};
    if (dropped_h) invariants.push_back(dropped_h);
    return r.outputs(r.over_time([this](const auto& states, Value in, const auto& k) { return step(states, in, k); }, projected, invariants));
  }

 private:
  Initializer first_bias() const { return unit_forget_bias ? Initializer(UnitForgetBias{bias_initializer}) : bias_initializer; }

  // invariants: the recurrent kernel, and what drops parts of h.
  std::vector<Value> step(const std::vector<Value>& states, Value projected, const std::vector<Value>& invariants) const {
    const Value h = invariants.size() > 1 ? states[0] * invariants[1] : states[0];
    const Value z = projected + matmul(h, invariants[0]);
    const auto gate = [&](std::int64_t k) { return slice(z, -1, *units * k, *units * (k + 1)); };
    const Value i = recurrent_activation(gate(0)), f = recurrent_activation(gate(1)), o = recurrent_activation(gate(3));
    const Value c = f * states[1] + i * activation(gate(2));
    return {o * activation(c), c};
  }
};

}  // namespace strata
