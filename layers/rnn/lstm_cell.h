#pragma once

#include <strata/layers/rnn/recurrence.h>
#include <strata/layers/rnn/unit_forget_bias.h>

namespace strata {

template <class T>
Fields lstm_fields() {
  Fields all{field("units", &T::units, "Size of the state and of the output.", at_least(1)),
             field("activation", &T::activation, "Function of the candidate and of the cell's state."),
             field("recurrent_activation", &T::recurrent_activation, "Function of the gates."),
             field("use_bias", &T::use_bias, "Whether a bias is added.")};
  for (Fields more : {kernel_fields<T>(), recurrent_fields<T>(), bias_fields<T>()}) detail::append(all, std::move(more));
  all.push_back(field("unit_forget_bias", &T::unit_forget_bias, "Whether the forget gate's bias begins at 1."));
  detail::append(all, step_dropout_fields<T>());
  return all;
}

// The steps of an LSTM or an LSTMCell `a`, whose weights are `<cell>kernel`, ...
template <class T>
Recurrence::Recurred lstm_steps(Scope& s, const T& a, const std::string& cell, const Recurrence& r) {
  const Dim features = r.x.dim(-1), batch = r.x.dim(1), width = *a.units * 4;
  const Value kernel = s.weight(cell + "kernel", {features, width}, {a.kernel_initializer, a.kernel_regularizer, a.kernel_constraint});
  const Value recurrent =
      s.weight(cell + "recurrent_kernel", {*a.units, width}, {a.recurrent_initializer, a.recurrent_regularizer, a.recurrent_constraint});
  const Initializer first_bias = a.unit_forget_bias ? Initializer(UnitForgetBias{a.bias_initializer}) : a.bias_initializer;
  const Value bias = a.use_bias ? s.weight(cell + "bias", {width}, {first_bias, a.bias_regularizer, a.bias_constraint}) : Value();
  const int masks = a.recurrent_dropout > 0 ? 4 : 1;  // as in Keras: one for each gate where the state is dropped
  const StepDropout drop_x = step_dropout(s, r.x, {batch, features}, a.dropout, a.seed, masks);
  const StepDropout drop_h = step_dropout(s, r.x, {batch, *a.units}, a.recurrent_dropout, a.seed, masks);

  if (bias && a.recurrent_dropout == 0 && a.activation.name() == "tanh" && a.recurrent_activation.name() == "sigmoid") {
    const Value x = drop_x.empty() ? r.x : r.x * drop_x[0];
    const LstmOutput y = lstm(x, r.initial[0], r.initial[1], kernel, recurrent, bias, r.mask);
    return {y.sequence, {y.hidden, y.cell}};
  }
  Value projected = dropped_matmul(r.x, kernel, drop_x);
  if (bias) projected = projected + bias;
  std::vector<Value> invariants{recurrent};
  invariants.insert(invariants.end(), drop_h.begin(), drop_h.end());
  // k: the recurrent kernel, then what drops parts of h.
  const auto step = [&a](const std::vector<Value>& states, Value in, const std::vector<Value>& k) {
    const Value z = in + dropped_matmul(states[0], k[0], std::span(k).subspan(1));
    const Value i = a.recurrent_activation(gate(z, 0, 4)), f = a.recurrent_activation(gate(z, 1, 4)), o = a.recurrent_activation(gate(z, 3, 4));
    const Value c = f * states[1] + i * a.activation(gate(z, 2, 4));
    return std::vector<Value>{o * a.activation(c), c};
  };
  return r.over_time(step, projected, invariants);
}

// One step: x (N, features), h and c (N, units) -> the output, which is h, then h and c.
struct LSTMCell {
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
  Constraint kernel_constraint = {};
  Constraint recurrent_constraint = {};
  Constraint bias_constraint = {};
  double dropout = 0;
  double recurrent_dropout = 0;
  std::optional<std::int64_t> seed = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<LSTMCell>("LSTMCell", "One step of an LSTM, for RNN.", lstm_fields<LSTMCell>(), layer_fields<LSTMCell>());
  }
  static CallSignature signature() { return Recurrence::step_signature(); }
  std::vector<RecurrentState> states() const { return {{"h", *units}, {"c", *units}}; }

  Recurrence::Recurred over_time(Scope& s, const std::string& cell, const Recurrence& r) const { return lstm_steps(s, *this, cell, r); }
  std::vector<Value> call(Scope& s, const Inputs& inputs) const { return Recurrence::one_step(s, *this, "LSTMCell", inputs); }
};

}  // namespace strata
