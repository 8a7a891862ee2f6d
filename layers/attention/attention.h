#pragma once

#include <strata/layers/attention/weighing.h>

namespace strata {

// query (N, T, d), value (N, S, v), key (N, S, d) -> (N, T, v): softmax(scores) value. The scores are query key^T, times `scale`;
// or with score_mode "concat" concat_score_weight sum(tanh(scale (query + key))). Source: Luong et al. 2015.
struct Attention {
  bool use_scale = false;
  std::string score_mode = "dot";
  double dropout = 0;
  std::optional<std::int64_t> seed = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::custom;

  static Schema schema() {
    return describe<Attention>("Attention", "Dot-product attention.",
        field("use_scale", &Attention::use_scale, "Whether a trained number multiplies the scores."),
        field("score_mode", &Attention::score_mode, "How query and key make a score.", one_of({"dot", "concat"})),
        field("dropout", &Attention::dropout, "Fraction of the attention scores to drop.", from_to_below(0, 1)),
        field("seed", &Attention::seed, "Makes this layer's random stream differ."),
        activity_field<Attention>(), layer_fields<Attention>());
  }
  static CallSignature signature() { return Weighing::signature(); }

  std::vector<Value> call(Scope& s, const Inputs& inputs) const {
    const Weighing in(s, "Attention", inputs);
    const Value scale = use_scale ? s.weight("scale", {}, {"ones"}) : Value();
    if (score_mode == "concat") {
      const Value weight = s.weight("concat_score_weight", {}, {"ones"});
      const Value pairs = in.sum_of_pairs();
      return in.outputs(s, weight * sum(tanh(scale ? scale * pairs : pairs), Axes{-1}), dropout, seed);
    }
    const Value query = scale ? in.query * scale : in.query;
    if (in.value_mask || in.with_scores || (dropout > 0 && s.training()))
      return in.outputs(s, matmul(query, in.key, false, true), dropout, seed);
    const auto one_head = [](Value x) { return expand_dims(x, -2); };
    return in.masked(s, squeeze(attention(one_head(query), one_head(in.key), one_head(in.value), {.causal = in.causal}), -2), {});
  }
};

}  // namespace strata
