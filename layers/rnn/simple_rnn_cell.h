#pragma once

#include <strata/layers/rnn/recurrence.h>

namespace strata {

template <class T>
Fields simple_rnn_fields() {
  Fields all{field("units", &T::units, "Size of the state and of the output.", at_least(1)),
             field("activation", &T::activation, "Function of the state."),
             field("use_bias", &T::use_bias, "Whether a bias is added.")};
  for (Fields more : {kernel_fields<T>(), recurrent_fields<T>(), bias_fields<T>(), step_dropout_fields<T>()}) detail::append(all, std::move(more));
  return all;
}

// The steps of a SimpleRNN or a SimpleRNNCell `a`, whose weights are `<cell>kernel`, ...
template <class T>
Recurrence::Recurred simple_rnn_steps(Scope& s, const T& a, const std::string& cell, const Recurrence& r) {
  const Dim features = r.x.dim(-1), batch = r.x.dim(1);
  const Value kernel = s.weight(cell + "kernel", {features, *a.units}, {a.kernel_initializer, a.kernel_regularizer, a.kernel_constraint});
  const Value recurrent =
      s.weight(cell + "recurrent_kernel", {*a.units, *a.units}, {a.recurrent_initializer, a.recurrent_regularizer, a.recurrent_constraint});
  Value projected = dropped_matmul(r.x, kernel, step_dropout(s, r.x, {batch, features}, a.dropout, a.seed, 1));
  if (a.use_bias) projected = projected + s.weight(cell + "bias", {*a.units}, {a.bias_initializer, a.bias_regularizer, a.bias_constraint});
  std::vector<Value> invariants{recurrent};
  for (const Value& drop : step_dropout(s, r.x, {batch, *a.units}, a.recurrent_dropout, a.seed, 1)) invariants.push_back(drop);
  const auto step = [&a](const std::vector<Value>& states, Value in, const std::vector<Value>& k) {
    return std::vector<Value>{a.activation(in + dropped_matmul(states[0], k[0], std::span(k).subspan(1)))};
  };
  return r.over_time(step, projected, invariants);
}

// One step: x (N, features), h (N, units) -> the output, which is h, then h.
struct SimpleRNNCell {
  Required<std::int64_t> units = unset;
  Activation activation = "tanh";
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer recurrent_initializer = "orthogonal";
  Initializer bias_initializer = "zeros";
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
    return describe<SimpleRNNCell>("SimpleRNNCell", "One step of a SimpleRNN, for RNN.", simple_rnn_fields<SimpleRNNCell>(),
        layer_fields<SimpleRNNCell>());
  }
  static CallSignature signature() { return Recurrence::step_signature(); }
  std::vector<RecurrentState> states() const { return {{"h", *units}}; }

  Recurrence::Recurred over_time(Scope& s, const std::string& cell, const Recurrence& r) const { return simple_rnn_steps(s, *this, cell, r); }
  std::vector<Value> call(Scope& s, const Inputs& inputs) const { return Recurrence::one_step(s, *this, "SimpleRNNCell", inputs); }
};

}  // namespace strata
