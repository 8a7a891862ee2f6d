#pragma once

#include <strata/layers/attention/weighing.h>

namespace strata {

// query (N, T, d), value (N, S, v), key (N, S, d) -> (N, T, v): softmax(sum(scale tanh(query + key))) value, scale (d).
// Source: Bahdanau et al. 2015.
struct AdditiveAttention {
  bool use_scale = true;
  double dropout = 0;
  std::optional<std::int64_t> seed = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::custom;

  static Schema schema() {
    return describe<AdditiveAttention>("AdditiveAttention", "Attention whose scores are a sum of tanh(query + key).",
        field("use_scale", &AdditiveAttention::use_scale, "Whether trained numbers weigh the features of the sum."),
        field("dropout", &AdditiveAttention::dropout, "Fraction of the attention scores to drop.", from_to_below(0, 1)),
        field("seed", &AdditiveAttention::seed, "Makes this layer's random stream differ."),
        activity_field<AdditiveAttention>(), layer_fields<AdditiveAttention>());
  }
  static CallSignature signature() { return Weighing::signature(); }

  std::vector<Value> call(Scope& s, const Inputs& inputs) const {
    const Weighing in(s, "AdditiveAttention", inputs);
    Value terms = tanh(in.sum_of_pairs());
    if (use_scale) terms = s.weight("scale", {in.query.dim(-1)}, {"glorot_uniform"}) * terms;
    return in.outputs(s, sum(terms, Axes{-1}), dropout, seed);
  }
};

}  // namespace strata
