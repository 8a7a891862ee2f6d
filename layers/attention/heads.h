#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include <strata/activation.h>
#include <strata/layer.h>

namespace strata {

// Arguments of MultiHeadAttention and GroupQueryAttention alike.
template <class T>
Fields head_fields() {
  return {field("flash_attention", &T::flash_attention, "Accepted: kernels are chosen by the compiler."),
          field("kernel_initializer", &T::kernel_initializer, "How the kernels begin."),
          field("bias_initializer", &T::bias_initializer, "How the biases begin."),
          field("kernel_regularizer", &T::kernel_regularizer, "Penalty on the kernels."),
          field("bias_regularizer", &T::bias_regularizer, "Penalty on the biases."),
          field("activity_regularizer", &T::activity_regularizer, "Penalty on every projection's output."),
          field("kernel_constraint", &T::kernel_constraint, "Projection of the kernels after each update."),
          field("bias_constraint", &T::bias_constraint, "Projection of the biases after each update."),
          field("use_gate", &T::use_gate, "Whether a sigmoid of the query multiplies what the heads attend to."),
          field("seed", &T::seed, "Makes this layer's random stream differ.")};
}

// Which keys a query sees, and what is done with the scores.
struct HeadOptions {
  double scale = 1, dropout = 0;
  std::optional<std::int64_t> seed = {}, sliding_window = {};
  bool causal = false, with_scores = false;
};

// What a layer of attention heads is called on, and its call arguments.
class HeadInputs {
 public:
  HeadInputs(const Scope& s, const std::string& layer, const Inputs& inputs)
      : query(inputs[0]), value(inputs[1] ? inputs[1] : inputs[0]), key(inputs[2] ? inputs[2] : value), mask(inputs.named("attention_mask")),
        causal(flag(inputs, "use_causal_mask")), with_scores(flag(inputs, "return_attention_scores")) {
    if (!query || inputs.size() > 3)
      throw Error(ErrorKind::spec, layer + " takes a query, a value (absent: the query) and a key (absent: the value); " +
                                       std::to_string(inputs.size()) + " inputs are given");
    if (query.rank() < 3 || value.rank() != query.rank() || key.rank() != query.rank())
      throw Error(ErrorKind::spec, layer + " takes a query, a value and a key of as many axes, at least (batch, steps, features); received " +
                                       query.shape().str() + ", " + value.shape().str() + " and " + key.shape().str());
    const auto of = [&](const char* name, Value v) {
      const Value given = inputs.named(name);
      return given ? cast(given, DType::boolean) : s.mask(v);
    };
    query_mask = of("query_mask", query);
    value_mask = of("value_mask", value);
    if (inputs[2] || inputs.named("key_mask")) key_mask = of("key_mask", key);
  }

  static CallSignature signature() {
    return {.inputs = {"query", "value", "key"},
            .rest = {},
            .values = {"query_mask", "value_mask", "key_mask", "attention_mask"},
            .flags = {"use_causal_mask", "return_attention_scores"}};
  }

  bool has_step_masks() const { return query_mask || value_mask || key_mask; }

  // Of (batch, steps of the query, steps of the key), or of a mask's own more axes: everything but causality.
  Value seen(const std::optional<std::int64_t>& window) const {
    Value all = mask ? cast(mask, DType::boolean) : Value();
    const auto both = [&](Value v) {
      while (all && v.rank() < all.rank()) v = expand_dims(v, -3);  // a mask with an axis of heads
      all = all ? logical_and(all, v) : v;
    };
    if (query_mask) both(expand_dims(query_mask, -1));
    if (value_mask) both(expand_dims(value_mask, -2));
    if (key_mask) both(expand_dims(key_mask, -2));
    if (window) {
      const Value i = iota(query, query.dim(1), DType::int32), j = iota(query, key.dim(1), DType::int32);
      both(expand_dims(absolute(expand_dims(i, -1) - j) < Operand(*window), 0));
    }
    return all;
  }

  Value query, value, key, mask, query_mask, value_mask, key_mask;
  bool causal, with_scores;

 private:
  static bool flag(const Inputs& inputs, const std::string& name) {
    for (const auto& [key, value] : inputs.arguments())
      if (key == name) {
        bool set = false;
        Member<bool>::set(set, value);
        return set;
      }
    return false;
  }
};

// x (..., features) onto heads: kernel (features, heads, size), bias (heads, size) -> (..., heads, size).
template <class T>
Value onto_heads(Scope& s, const T& layer, const std::string& name, Value x, std::int64_t heads, std::int64_t size) {
  const Dim features = x.dim(-1);
  const Value kernel = s.weight(name + "/kernel", {features, heads, size},
                                {layer.kernel_initializer, layer.kernel_regularizer, layer.kernel_constraint});
  Value y = matmul(x, reshape(kernel, {features, heads * size}));
  if (layer.use_bias) {
    const Value bias = s.weight(name + "/bias", {heads, size}, {layer.bias_initializer, layer.bias_regularizer, layer.bias_constraint});
    y = y + reshape(bias, {heads * size});
  }
  if (name == "gate") y = sigmoid(y);
  if (layer.activity_regularizer) s.loss(layer.activity_regularizer(y) / count(y, Axes{0}, y.dtype()));
  return reshape(y, x.shape().slice(0, x.rank() - 1) + Shape{heads, size});
}

// x (..., heads, size) onto features: kernel (heads, size, features...), bias (features...) -> (..., features...).
template <class T>
Value from_heads(Scope& s, const T& layer, Value x, const Shape& features) {
  const Shape heads{x.dim(-2), x.dim(-1)}, rows = x.shape().slice(0, x.rank() - 2);
  const Value kernel = s.weight("attention_output/kernel", heads + features,
                                {layer.kernel_initializer, layer.kernel_regularizer, layer.kernel_constraint});
  Value y = matmul(reshape(x, rows + Shape{heads.elements()}), reshape(kernel, {heads.elements(), features.elements()}));
  if (layer.use_bias) {
    const Value bias = s.weight("attention_output/bias", features, {layer.bias_initializer, layer.bias_regularizer, layer.bias_constraint});
    y = y + reshape(bias, {features.elements()});
  }
  return reshape(y, rows + features);
}

// The layers inside, as Keras' files name them.
inline std::vector<InnerLayer> head_parts(const std::string& before) {
  return {{"query", before + "query_dense"}, {"key", before + "key_dense"}, {"gate", "_gate_dense"}, {"value", before + "value_dense"},
          {"attention_output", before + "output_dense"}};
}

// Attention whose scores (..., N, T, S) are written out, for dropout and for who wants to see them: q, k, v by head
// (..., N, T, H). A query that sees no key gives zeros.
struct Attended { Value y, scores; };
inline Attended attended_by_scores(Scope& s, Value q, Value k, Value v, Value seen, const HeadOptions& options) {
  Value x = matmul(q * options.scale, k, false, true);
  if (options.causal) {
    const Value past = expand_dims(iota(x, x.dim(-2), DType::int32), -1) >= iota(x, x.dim(-1), DType::int32);
    seen = seen ? logical_and(seen, past) : past;
  }
  if (seen) x = select(seen, x, x.dtype() == DType::float16 ? -3e4 : -1e9);
  Value p = softmax(x);
  if (seen) p = select(seen, p, 0);
  Value dropped = p;
  if (options.dropout > 0 && s.training()) {
    const Scope::Random random = s.random(options.seed);
    dropped = dropout(p, random.state, options.dropout, random.stream);
  }
  return {matmul(dropped, v), p};
}

// q (batch, T, N, H), k and v (batch, S, N, ...) -> (batch, T, N, ...), and the scores (batch, N, T, S) where they are wanted.
inline Attended attended(Scope& s, Value q, Value k, Value v, Value seen, const HeadOptions& options) {
  if (seen && seen.rank() == 3) seen = expand_dims(seen, 1);
  if (options.dropout == 0 && !options.with_scores)
    return {attention(q, k, v, {.scale = options.scale, .causal = options.causal, .mask = seen}), {}};
  const Axes by_head{0, 2, 1, 3};
  Attended a = attended_by_scores(s, transpose(q, by_head), transpose(k, by_head), transpose(v, by_head), seen, options);
  return {transpose(a.y, by_head), a.scores};
}

}  // namespace strata
