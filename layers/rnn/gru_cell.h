#pragma once

#include <strata/layers/rnn/recurrence.h>

namespace strata {

template <class T>
Fields gru_fields() {
  Fields all{field("units", &T::units, "Size of the state and of the output.", at_least(1)),
             field("activation", &T::activation, "Function of the candidate."),
             field("recurrent_activation", &T::recurrent_activation, "Function of the gates."),
             field("use_bias", &T::use_bias, "Whether a bias is added.")};
  for (Fields more : {kernel_fields<T>(), recurrent_fields<T>(), bias_fields<T>(), step_dropout_fields<T>()}) detail::append(all, std::move(more));
  all.push_back(field("reset_after", &T::reset_after, "Whether the reset gate comes after the product with the recurrent kernel."));
  return all;
}

// The steps of a GRU or a GRUCell `a`, whose weights are `<cell>kernel`, ...
template <class T>
Recurrence::Recurred gru_steps(Scope& s, const T& a, const std::string& cell, const Recurrence& r) {
  const Dim features = r.x.dim(-1), batch = r.x.dim(1), width = *a.units * 3;
  const Value kernel = s.weight(cell + "kernel", {features, width}, {a.kernel_initializer, a.kernel_regularizer, a.kernel_constraint});
  const Value recurrent =
      s.weight(cell + "recurrent_kernel", {*a.units, width}, {a.recurrent_initializer, a.recurrent_regularizer, a.recurrent_constraint});
  Value bias, recurrent_bias;
  if (a.use_bias) {
    bias = s.weight(cell + "bias", a.reset_after ? Shape{2, width} : Shape{width}, {a.bias_initializer, a.bias_regularizer, a.bias_constraint});
    recurrent_bias = a.reset_after ? take(bias, 0, 1) : full(bias, {width}, 0, bias.dtype());
    if (a.reset_after) bias = take(bias, 0, 0);
  } else {
    recurrent_bias = full(r.x, {width}, 0, r.x.dtype());
  }
  const int masks = a.recurrent_dropout > 0 ? 3 : 1;  // as in Keras: one for each gate where the state is dropped
  const StepDropout drop_x = step_dropout(s, r.x, {batch, features}, a.dropout, a.seed, masks);
  const StepDropout drop_h = step_dropout(s, r.x, {batch, *a.units}, a.recurrent_dropout, a.seed, masks);
  Value projected = dropped_matmul(r.x, kernel, drop_x);
  if (bias) projected = projected + bias;
  std::vector<Value> invariants{recurrent, recurrent_bias};
  invariants.insert(invariants.end(), drop_h.begin(), drop_h.end());
  // k: the recurrent kernel, its bias, then what drops parts of h.
  const auto step = [&a](const std::vector<Value>& states, Value in, const std::vector<Value>& k) {
    const Value h = states[0];
    const std::span<const Value> drop = std::span(k).subspan(2);
    const Value through = dropped_matmul(h, k[0], drop) + k[1];
    const Value z = a.recurrent_activation(gate(in, 0, 3) + gate(through, 0, 3));
    const Value reset = a.recurrent_activation(gate(in, 1, 3) + gate(through, 1, 3));
    const Value seen = drop.empty() ? h : h * drop[2];
    const Value kept = a.reset_after ? reset * gate(through, 2, 3) : matmul(reset * seen, gate(k[0], 2, 3));
    return std::vector<Value>{z * h + (1 - z) * a.activation(gate(in, 2, 3) + kept)};
  };
  return r.over_time(step, projected, invariants);
}

// One step: x (N, features), h (N, units) -> the output, which is h, then h.
struct GRUCell {
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
  Constraint kernel_constraint = {};
  Constraint recurrent_constraint = {};
  Constraint bias_constraint = {};
  double dropout = 0;
  double recurrent_dropout = 0;
  bool reset_after = true;
  std::optional<std::int64_t> seed = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<GRUCell>("GRUCell", "One step of a GRU, for RNN.", gru_fields<GRUCell>(), layer_fields<GRUCell>());
  }
  static CallSignature signature() { return Recurrence::step_signature(); }
  std::vector<RecurrentState> states() const { return {{"h", *units}}; }

  Recurrence::Recurred over_time(Scope& s, const std::string& cell, const Recurrence& r) const { return gru_steps(s, *this, cell, r); }
  std::vector<Value> call(Scope& s, const Inputs& inputs) const { return Recurrence::one_step(s, *this, "GRUCell", inputs); }
};

}  // namespace strata
