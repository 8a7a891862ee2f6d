#pragma once

#include <strata/layers/attention/heads.h>

namespace strata {

// Multi-head attention where groups of heads share a key and a value: query (N, T, q), value and key (N, S, ...) -> (N, T, q).
// Source: Ainslie et al. 2023. Keras' files call the class GroupQueryAttention.
struct GroupedQueryAttention {
  Required<std::int64_t> head_dim = unset;
  Required<std::int64_t> num_query_heads = unset;
  Required<std::int64_t> num_key_value_heads = unset;
  double dropout = 0;
  bool use_bias = true;
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
    return describe<GroupedQueryAttention>("GroupedQueryAttention", "Multi-head attention whose heads share keys and values in groups.",
        field("head_dim", &GroupedQueryAttention::head_dim, "Size of each head.", at_least(1)),
        field("num_query_heads", &GroupedQueryAttention::num_query_heads, "Number of heads.", at_least(1)),
        field("num_key_value_heads", &GroupedQueryAttention::num_key_value_heads, "Number of groups, a divisor of the heads.", at_least(1)),
        field("dropout", &GroupedQueryAttention::dropout, "Fraction of the attention scores to drop.", from_to_below(0, 1)),
        field("use_bias", &GroupedQueryAttention::use_bias, "Whether the projections add biases."),
        field("sliding_window", &GroupedQueryAttention::sliding_window, "A query sees the keys nearer than this.", at_least(1)),
        head_fields<GroupedQueryAttention>(), layer_fields<GroupedQueryAttention>()).also_named({"GroupQueryAttention"})
        .in_files_of_keras("GroupQueryAttention");
  }
  static CallSignature signature() { return HeadInputs::signature(); }
  std::vector<InnerLayer> inner() const { return head_parts("_"); }

  std::vector<Value> call(Scope& s, const Inputs& inputs) const {
    const HeadInputs in(s, "GroupedQueryAttention", inputs);
    if (in.query.rank() != 3) throw Error(ErrorKind::spec, "GroupedQueryAttention takes inputs (batch, steps, features); received " + in.query.shape().str());
    if (*num_query_heads % *num_key_value_heads != 0)
      throw Error(ErrorKind::spec, "GroupedQueryAttention: " + std::to_string(*num_query_heads) + " heads do not divide into " +
                                       std::to_string(*num_key_value_heads) + " groups");
    if (in.with_scores && activity_regularizer)
      throw Error(ErrorKind::spec, "GroupedQueryAttention: activity_regularizer with return_attention_scores is not available",
                  "leave one of the two out");
    const Value q = onto_heads(s, *this, "query", in.query, *num_query_heads, *head_dim);
    const Value k = onto_heads(s, *this, "key", in.key, *num_key_value_heads, *head_dim);
    const Value gate = use_gate ? onto_heads(s, *this, "gate", in.query, *num_query_heads, *head_dim) : Value();
    const Value v = onto_heads(s, *this, "value", in.value, *num_key_value_heads, *head_dim);
    const HeadOptions options{1 / std::sqrt(static_cast<double>(*head_dim)), dropout, seed, sliding_window, in.causal, in.with_scores};
    Attended a = attended(s, q, shared(k), shared(v), in.seen(sliding_window), options);
    if (gate) a.y = a.y * gate;
    const Value y = from_heads(s, *this, a.y, Shape{in.query.dim(-1)});
    s.set_mask(y, in.query_mask);
    return in.with_scores ? std::vector<Value>{y, a.scores} : std::vector<Value>{y};
  }

 private:
  // (N, S, groups, H) -> (N, S, heads, H): each group once for each of its heads, one after the other.
  Value shared(Value x) const {
    const std::int64_t heads = *num_query_heads / *num_key_value_heads;
    if (heads == 1) return x;
    const Value each = broadcast_to(expand_dims(x, 3), Shape{x.dim(0), x.dim(1), x.dim(2), heads, x.dim(3)});
    return reshape(each, {x.dim(0), x.dim(1), *num_query_heads, x.dim(3)});
  }
};

}  // namespace strata
