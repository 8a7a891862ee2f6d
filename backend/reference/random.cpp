// random_uniform and random_normal: the draws of backend/philox.h. Input: int64 {seed, step}.
#include <algorithm>

#include "backend/philox.h"
#include "backend/reference/element.h"
#include "backend/reference/kernels.h"

namespace strata::reference {
namespace {

// Significant bits of a uniform draw.
template <class S>
constexpr int bits = std::is_same_v<S, BFloat16> ? 8 : std::is_same_v<S, Float16> ? 11 : 24;

template <class S>
void draw(bool normal, const std::int64_t* state, std::uint64_t stream, std::int64_t n, S* y) {
  constexpr std::int64_t per_block = std::is_same_v<S, double> ? 2 : 4;
  const auto seed = static_cast<std::uint64_t>(state[0]), step = static_cast<std::uint64_t>(state[1]);
  for (std::int64_t begin = 0; begin < n; begin += per_block) {
    const philox::Words words = philox::draw(seed, step, stream, static_cast<std::uint32_t>(begin / per_block));
    Value<S> drawn[per_block];
    if (normal) philox::normal(words, drawn);
    else if constexpr (std::is_same_v<S, double>) philox::uniform(words, drawn);
    else philox::uniform(words, drawn, bits<S>);
    for (std::int64_t i = begin; i < std::min(n, begin + per_block); ++i) y[i] = store<S>(drawn[i - begin]);
  }
}

}  // namespace

Definition random(const Operation& op) {
  if (op.name != "random_uniform" && op.name != "random_normal") return {};
  const bool normal = op.name == "random_normal";
  const auto stream = static_cast<std::uint64_t>(op.attributes.integer("stream"));
  const std::int64_t n = op.output.elements();
  if (op.inputs[0].dtype != DType::int64 || op.inputs[0].elements() != 2) return refuse("the state is not int64 {seed, step}");
  if (n / (op.output.dtype == DType::float64 ? 2 : 4) >= philox::max_blocks)
    return refuse("one tensor cannot draw more than 2^32 blocks of random words");
  return with_element(op.output.dtype, [&]<class S>(Type<S>) -> Definition {
    if constexpr (!std::is_floating_point_v<Value<S>>) return refuse_dtype(op, op.output.dtype);
    else return {[=](const Arguments& a) { draw(normal, a.in<std::int64_t>(), stream, n, a.out<S>()); }};
  });
}

}  // namespace strata::reference
