#pragma once

#include <strata/layers/rnn/gru_cell.h>

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
    return describe<GRU>("GRU", "Gated recurrent unit over a sequence.", gru_fields<GRU>(), activity_field<GRU>(),
        recurrence_fields<GRU>(), cudnn_field<GRU>(), layer_fields<GRU>());
  }
  static CallSignature signature() { return Recurrence::signature(); }
  std::vector<InnerLayer> inner() const { return {{"gru_cell", "cell"}}; }
  bool mixes_rows() const { return stateful; }

  std::vector<Value> call(Scope& s, const Inputs& inputs) const {
    Recurrence r(s, "GRU", inputs, {{"h", *units}},
                 {return_sequences, return_state, go_backwards, stateful, zero_output_for_mask});
    return r.outputs(gru_steps(s, *this, "gru_cell/", r));
  }
};

}  // namespace strata
