#pragma once

#include <strata/layers/rnn/lstm_cell.h>

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
    return describe<LSTM>("LSTM", "Long short-term memory over a sequence.", lstm_fields<LSTM>(), activity_field<LSTM>(),
        recurrence_fields<LSTM>(), cudnn_field<LSTM>(), layer_fields<LSTM>());
  }
  static CallSignature signature() { return Recurrence::signature(); }
  std::vector<InnerLayer> inner() const { return {{"lstm_cell", "cell"}}; }
  bool mixes_rows() const { return stateful; }

  std::vector<Value> call(Scope& s, const Inputs& inputs) const {
    Recurrence r(s, "LSTM", inputs, {{"h", *units}, {"c", *units}},
                 {return_sequences, return_state, go_backwards, stateful, zero_output_for_mask});
    return r.outputs(lstm_steps(s, *this, "lstm_cell/", r));
  }
};

}  // namespace strata
