#pragma once

#include <algorithm>

#include <strata/layers/attention/heads.h>

namespace strata {

// query (N, T, q), value (N, S, v), key (N, S, k) -> (N, T, q): every head projects the three, attends with
// softmax(query key^T / sqrt(key_dim)) value, and the heads' outputs are projected onto the features of the query.
// Source: Vaswani et al. 2017.
struct MultiHeadAttention {
  Required<std::int64_t> num_heads = unset;
  Required<std::int64_t> key_dim = unset;
  std::optional<std::int64_t> value_dim = {};
  double dropout = 0;
  bool use_bias = true;
  std::optional<std::vector<std::int64_t>> output_shape = {};
  std::optional<std::vector<std::int64_t>> attention_axes = {};
  std::optional<std::int64_t> sliding_window = {};
  std::optional<bool> flash_attention = {};
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint kernel_constraint = {};
  Constraint bias_constraint = {};
  bool use_gate = false;
  std::optional<std::int64_t> seed = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::custom;

  static Schema schema() {
    return describe<MultiHeadAttention>("MultiHeadAttention", "Every head attends to the value where its key answers its query.",
        field("num_heads", &MultiHeadAttention::num_heads, "Number of heads.", at_least(1)),
        field("key_dim", &MultiHeadAttention::key_dim, "Size of each head's query and key.", at_least(1)),
        field("value_dim", &MultiHeadAttention::value_dim, "Size of each head's value; absent: key_dim.", at_least(1)),
        field("dropout", &MultiHeadAttention::dropout, "Fraction of the attention scores to drop.", from_to_below(0, 1)),
        field("use_bias", &MultiHeadAttention::use_bias, "Whether the projections add biases."),
        field("output_shape", &MultiHeadAttention::output_shape, "Last axes of the output; absent: the last of the query.", at_least(1)),
        field("attention_axes", &MultiHeadAttention::attention_axes, "Axes to attend over; absent: all but batch and features."),
        field("sliding_window", &MultiHeadAttention::sliding_window, "A query sees the keys nearer than this.", at_least(1)),
        head_fields<MultiHeadAttention>(), layer_fields<MultiHeadAttention>());
  }
  static CallSignature signature() { return HeadInputs::signature(); }
  std::vector<InnerLayer> inner() const { return head_parts(""); }

  std::vector<Value> call(Scope& s, const Inputs& inputs) const {
    const HeadInputs in(s, "MultiHeadAttention", inputs);
    for (const Value& v : {in.query, in.value, in.key}) s.set_mask(v, {});  // as in Keras, also for who reads them after this
    if (in.with_scores && activity_regularizer)
      throw Error(ErrorKind::spec, "MultiHeadAttention: activity_regularizer with return_attention_scores is not available",
                  "leave one of the two out");
    const std::vector<int> axes = attended_axes(in);
    const std::int64_t depth = value_dim.value_or(*key_dim);
    const Value q = onto_heads(s, *this, "query", in.query, *num_heads, *key_dim);
    const Value k = onto_heads(s, *this, "key", in.key, *num_heads, *key_dim);
    const Value gate = use_gate ? onto_heads(s, *this, "gate", in.query, *num_heads, depth) : Value();
    const Value v = onto_heads(s, *this, "value", in.value, *num_heads, depth);
    const HeadOptions options{1 / std::sqrt(static_cast<double>(*key_dim)), dropout, seed, sliding_window, in.causal, in.with_scores};
    Attended a = in.query.rank() == 3 ? attended(s, q, k, v, in.seen(sliding_window), options) : over_axes(s, q, k, v, in, axes, options);
    if (gate) a.y = a.y * gate;
    const Shape features = output_shape && !output_shape->empty() ? Shape::of(*output_shape) : Shape{in.query.dim(-1)};
    const Value y = from_heads(s, *this, a.y, features);
    s.set_mask(y, in.query_mask);
    return in.with_scores ? std::vector<Value>{y, a.scores} : std::vector<Value>{y};
  }

 private:
  std::vector<int> attended_axes(const HeadInputs& in) const {
    const int last = in.query.rank() - 1;
    std::vector<int> axes;
    if (!attention_axes || attention_axes->empty())
      for (int i = 1; i < last; ++i) axes.push_back(i);
    else
      for (const std::int64_t a : *attention_axes) axes.push_back(static_cast<int>(a < 0 ? a + last + 1 : a));
    for (const int a : axes)
      if (a < 1 || a >= last || std::count(axes.begin(), axes.end(), a) > 1)
        throw Error(ErrorKind::spec, "MultiHeadAttention: attention_axes must name axes between batch and features of the query " +
                                         in.query.shape().str() + ", each once");
    // Keras takes the steps of causality, of windows and of the inputs' own masks from axis 1.
    if ((in.causal || sliding_window || in.has_step_masks()) && axes != std::vector<int>{1})
      throw Error(ErrorKind::spec, "MultiHeadAttention: causality, sliding_window and the inputs' masks need attention over axis 1 alone; the query is " +
                                       in.query.shape().str(),
                  "give an attention_mask instead");
    return axes;
  }

  // Attention over `axes` of projections (batch, axes..., N, H): the other axes are like more of the batch, and those that
  // are attended over become one. Keras' scores are (others..., N, query's axes..., key's axes...).
  static Attended over_axes(Scope& s, Value q, Value k, Value v, const HeadInputs& in, const std::vector<int>& axes, const HeadOptions& options) {
    const int rank = q.rank(), count = static_cast<int>(axes.size());
    Axes order;
    for (int i = 0; i < rank - 1; ++i)
      if (std::find(axes.begin(), axes.end(), i) == axes.end()) order.push_back(i);
    order.insert(order.end(), axes.begin(), axes.end());
    order.push_back(rank - 1);
    const int leading = rank - 1 - count;  // the others and N
    const auto sorted = [&](Value x) { return transpose(x, order); };
    const auto steps = [&](Value x) { return sorted(x).shape().slice(leading, rank - 1); };
    const auto flat = [&](Value x) {
      const Value y = sorted(x);
      return reshape(y, y.shape().slice(0, leading) + Shape{steps(x).elements(), y.dim(-1)});
    };
    Value seen = in.seen(options.sliding_window);
    if (seen) {
      const int pairs = 2 * count;
      while (seen.rank() < leading + pairs) seen = expand_dims(seen, -pairs - 1);
      const Shape before = seen.shape().slice(0, leading);
      if (count > 1) seen = reshape(broadcast_to(seen, before + steps(q) + steps(k)), before + Shape{steps(q).elements(), steps(k).elements()});
    }
    const Attended a = attended_by_scores(s, flat(q), flat(k), flat(v), seen, options);
    const Shape before = a.scores.shape().slice(0, leading);
    Axes back(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) back[static_cast<std::size_t>(order[i])] = static_cast<int>(i);
    return {transpose(reshape(a.y, before + steps(q) + Shape{v.dim(-1)}), back), reshape(a.scores, before + steps(q) + steps(k))};
  }
};

}  // namespace strata
