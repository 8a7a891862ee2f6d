#pragma once

#include <string>
#include <vector>

#include <strata/layer.h>

namespace strata {

// What Attention and AdditiveAttention share: inputs are the list [query (N, T, d), value (N, S, v), key (N, S, d)], the key
// being the value where it is absent. Scores (N, T, S) come from the layer; their softmax weighs the value.
class Weighing {
 public:
  Weighing(const Scope& s, const std::string& layer, const Inputs& inputs) : query(inputs[0]), value(inputs[1]), key(inputs[2] ? inputs[2] : value) {
    if (inputs.size() < 2 || inputs.size() > 3)
      throw Error(ErrorKind::spec, layer + " takes a query, a value and a key (absent: the value); " + std::to_string(inputs.size()) +
                                       " inputs are given");
    if (query.rank() < 3 || value.rank() != query.rank() || key.rank() != query.rank())
      throw Error(ErrorKind::spec, layer + " takes a query, a value and a key of as many axes, at least (batch, steps, features); received " +
                                       query.shape().str() + ", " + value.shape().str() + " and " + key.shape().str());
    query_mask = s.mask(query);
    value_mask = s.mask(value);
    for (const auto& [name, given] : inputs.arguments()) {
      if (name == "use_causal_mask") Member<bool>::set(causal, given);
      if (name == "return_attention_scores") Member<bool>::set(with_scores, given);
    }
  }

  static CallSignature signature() { return {.inputs = {}, .rest = {}, .values = {}, .flags = {"use_causal_mask", "return_attention_scores"}}; }

  Value query, value, key, query_mask, value_mask;
  bool causal = false, with_scores = false;

  // query (..., T, 1, d) + key (..., 1, S, d).
  Value sum_of_pairs() const { return expand_dims(query, -2) + expand_dims(key, -3); }

  // A masked score is 10^9 lower, so a query whose keys are all masked weighs them as if none were.
  std::vector<Value> outputs(Scope& s, Value scores, double rate, std::optional<std::int64_t> seed) const {
    Value seen = value_mask ? expand_dims(value_mask, -2) : Value();
    if (causal) {
      const Value past = expand_dims(iota(scores, scores.dim(-2), DType::int32), -1) >= iota(scores, scores.dim(-1), DType::int32);
      seen = seen ? logical_and(seen, past) : past;
    }
    if (seen) scores = select(seen, scores, scores - (scores.dtype() == DType::float16 ? 65504.0 : 1e9));
    Value weights = softmax(scores);
    if (rate > 0 && s.training()) {
      const Scope::Random random = s.random(seed);
      weights = dropout(weights, random.state, rate, random.stream);
    }
    return masked(s, matmul(weights, value), weights);
  }

  // The outputs of masked queries are zeros.
  std::vector<Value> masked(Scope& s, Value y, Value weights) const {
    if (query_mask) y = select(expand_dims(query_mask, -1), y, 0);
    s.set_mask(y, query_mask);
    return with_scores ? std::vector<Value>{y, weights} : std::vector<Value>{y};
  }
};

}  // namespace strata
