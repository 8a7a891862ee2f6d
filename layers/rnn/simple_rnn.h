#pragma once

#include <strata/layers/rnn/simple_rnn_cell.h>

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
    return describe<SimpleRNN>("SimpleRNN", "A fully connected recurrence over a sequence.", simple_rnn_fields<SimpleRNN>(),
        activity_field<SimpleRNN>(), recurrence_fields<SimpleRNN>(), layer_fields<SimpleRNN>());
  }
  static CallSignature signature() { return Recurrence::signature(); }
  std::vector<InnerLayer> inner() const { return {{"simple_rnn_cell", "cell"}}; }
  bool mixes_rows() const { return stateful; }

  std::vector<Value> call(Scope& s, const Inputs& inputs) const {
    Recurrence r(s, "SimpleRNN", inputs, {{"h", *units}},
                 {return_sequences, return_state, go_backwards, stateful, zero_output_for_mask});
    return r.outputs(simple_rnn_steps(s, *this, "simple_rnn_cell/", r));
  }
};

}  // namespace strata
