// Attention, a head of a row of the batch at a time, each by one thread: its queries, keys and values lie apart in memory, so
// they are copied together, and the products are small enough to stay in the cache. In place of the op table's hidden values
// the weights p (..., N, T, S) are kept; its second one stays empty.
#include <algorithm>
#include <cstring>
#include <vector>

#include "backend/cpu/maker.h"
#include "backend/cpu/parallel.h"
#include "backend/cpu/sgemm.h"

namespace strata::cpu {
namespace {

constexpr float lowest = -0.7f * 3.4028234663852886e38f;

struct Attention {
  std::int64_t rows = 1, heads, queries, keys, features, depth;  // rows: the leading axes as one; depth: of a value
  float scale;
  bool causal, masked;
  std::vector<std::int64_t> leading, strides;  // of the scores (leading..., N, T, S), and the mask's; 0: the same along that axis

  std::int64_t units() const { return rows * heads; }
  std::int64_t scores() const { return queries * keys; }
  std::int64_t work() const { return units() * scores() * (features + depth); }

  // The mask's first element of a unit, and whether query t sees key s.
  const std::uint8_t* of_unit(const std::uint8_t* mask, std::int64_t unit) const {
    std::int64_t row = unit / heads;
    mask += unit % heads * strides[leading.size()];
    for (std::size_t i = leading.size(); i-- > 0; row /= leading[i]) mask += row % leading[i] * strides[i];
    return mask;
  }
  bool sees(const std::uint8_t* mask, std::int64_t t, std::int64_t s) const {
    return (!causal || s <= t) && (mask == nullptr || mask[t * strides[leading.size() + 1] + s * strides[leading.size() + 2]] != 0);
  }
};

std::variant<Attention, Declined> attention_of(const Region& region) {
  if (!OwnOrder::fits(region)) return not_alone();
  const RegionOp& op = region.ops[0];
  const ArrayType &q = region.type(op.inputs[0]), &k = region.type(op.inputs[1]), &v = region.type(op.inputs[2]);
  if (!is_float32(q)) return Declined{"it is not float32"};
  Attention a{.heads = q.dim(-2), .queries = q.dim(-3), .keys = k.dim(-3), .features = q.dim(-1), .depth = v.dim(-1),
              .scale = static_cast<float>(op.attributes->number("scale")), .causal = op.attributes->flag("causal"),
              .masked = op.attributes->flag("has_mask"), .leading = {}, .strides = {}};
  a.leading.assign(q.dims.begin(), q.dims.end() - 3);
  for (const std::int64_t n : a.leading) a.rows *= n;
  if (a.units() * a.scores() * a.features * a.depth == 0) return Declined{"it has no elements"};
  if (a.masked) {
    const ArrayType& mask = region.type(op.inputs[3]);
    a.strides.assign(a.leading.size() + 3, 0);
    std::int64_t stride = 1;
    for (int i = 1; i <= mask.rank(); ++i) {
      if (mask.dim(-i) != 1) a.strides[a.strides.size() - static_cast<std::size_t>(i)] = stride;
      stride *= mask.dim(-i);
    }
  }
  return a;
}

// Rows of one head: (steps, size) out of (steps, N, size), and back.
void gather_head(const float* from, float* to, std::int64_t steps, std::int64_t heads, std::int64_t size, float factor = 1) {
  for (std::int64_t t = 0; t < steps; ++t, from += heads * size, to += size)
    for (std::int64_t i = 0; i < size; ++i) to[i] = factor * from[i];
}
void scatter_head(const float* from, float* to, std::int64_t steps, std::int64_t heads, std::int64_t size, float factor = 1) {
  for (std::int64_t t = 0; t < steps; ++t, from += size, to += heads * size)
    for (std::int64_t i = 0; i < size; ++i) to[i] = factor * from[i];
}

}  // namespace

Answer attention_onednn(const Region& region, const Machine& machine) {
  auto made = attention_of(region);
  if (auto* declined = std::get_if<Declined>(&made)) return *declined;
  const Attention a = std::get<Attention>(made);
  const OwnOrder own(region);
  const std::int64_t each = a.queries * (a.features + a.depth) + a.keys * (a.features + a.depth);
  return Candidate{
      .name = "onednn sgemm attention", .scratch_bytes = static_cast<std::size_t>(machine.threads * each) * sizeof(float),
      .hidden_bytes = {static_cast<std::size_t>(a.units() * a.scores()) * sizeof(float), sizeof(float)}, .pair = "weights",
      .prepare = [=, &tiles = *machine.tiles] {
        return make_kernel([=, &tiles](void* const* inputs, void* const* outputs, void* scratch) {
          const float *q = own.in(inputs, 0), *k = own.in(inputs, 1), *v = own.in(inputs, 2);
          const std::uint8_t* masks = a.masked ? own.in<std::uint8_t>(inputs, 3) : nullptr;
          float *y = own.out(outputs, 0), *weights = own.out(outputs, 1);
          parallel(a.units(), a.work(), [&](std::int64_t begin, std::int64_t end, int thread) {
            const OneThread one;
            float* qh = static_cast<float*>(scratch) + thread * each;
            float *kh = qh + a.queries * a.features, *vh = kh + a.keys * a.features, *yh = vh + a.keys * a.depth;
            for (std::int64_t unit = begin; unit < end; ++unit) {
              const std::int64_t row = unit / a.heads, head = unit % a.heads;
              const auto at = [&](std::int64_t steps, std::int64_t size) { return (row * steps * a.heads + head) * size; };
              gather_head(q + at(a.queries, a.features), qh, a.queries, a.heads, a.features, a.scale);
              gather_head(k + at(a.keys, a.features), kh, a.keys, a.heads, a.features);
              gather_head(v + at(a.keys, a.depth), vh, a.keys, a.heads, a.depth);
              float* p = weights + unit * a.scores();
              sgemm_in_one_thread(false, true, a.queries, a.keys, a.features, qh, kh, 0.0f, p);
              if (a.masked || a.causal) {
                const std::uint8_t* mask = a.masked ? a.of_unit(masks, unit) : nullptr;
                for (std::int64_t t = 0; t < a.queries; ++t)
                  for (std::int64_t s = 0; s < a.keys; ++s)
                    if (!a.sees(mask, t, s)) p[t * a.keys + s] = lowest;
              }
              tiles.softmax(p, p, a.queries, a.keys);
              sgemm_in_one_thread(false, false, a.queries, a.depth, a.keys, p, vh, 0.0f, yh);
              scatter_head(yh, y + at(a.queries, a.depth), a.queries, a.heads, a.depth);
            }
          });
        });
      }};
}

// Inputs: those of attention, then y, p, nothing, dy.
Answer attention_gradient_onednn(const Region& region, const Machine& machine) {
  auto made = attention_of(region);
  if (auto* declined = std::get_if<Declined>(&made)) return *declined;
  const Attention a = std::get<Attention>(made);
  const OwnOrder own(region);
  const std::int64_t each = 2 * (a.queries * a.features + a.keys * (a.features + a.depth)) + a.queries * a.depth + a.scores();
  return Candidate{
      .name = "onednn sgemm attention gradient", .scratch_bytes = static_cast<std::size_t>(machine.threads * each) * sizeof(float), .pair = "weights",
      .prepare = [=, &tiles = *machine.tiles] {
        return make_kernel([=, &tiles](void* const* inputs, void* const* outputs, void* scratch) {
          const int hidden = a.masked ? 5 : 4;
          const float *q = own.in(inputs, 0), *k = own.in(inputs, 1), *v = own.in(inputs, 2), *weights = own.in(inputs, hidden);
          const float* dy = own.in(inputs, hidden + 2);
          const std::uint8_t* masks = a.masked ? own.in<std::uint8_t>(inputs, 3) : nullptr;
          float *dq = own.out(outputs, 0), *dk = own.out(outputs, 1), *dv = own.out(outputs, 2);
          parallel(a.units(), 2 * a.work(), [&](std::int64_t begin, std::int64_t end, int thread) {
            const OneThread one;
            float* qh = static_cast<float*>(scratch) + thread * each;
            float *dqh = qh + a.queries * a.features, *kh = dqh + a.queries * a.features, *dkh = kh + a.keys * a.features;
            float *vh = dkh + a.keys * a.features, *dvh = vh + a.keys * a.depth, *dyh = dvh + a.keys * a.depth, *dx = dyh + a.queries * a.depth;
            for (std::int64_t unit = begin; unit < end; ++unit) {
              const std::int64_t row = unit / a.heads, head = unit % a.heads;
              const auto at = [&](std::int64_t steps, std::int64_t size) { return (row * steps * a.heads + head) * size; };
              gather_head(q + at(a.queries, a.features), qh, a.queries, a.heads, a.features, a.scale);
              gather_head(k + at(a.keys, a.features), kh, a.keys, a.heads, a.features);
              gather_head(v + at(a.keys, a.depth), vh, a.keys, a.heads, a.depth);
              gather_head(dy + at(a.queries, a.depth), dyh, a.queries, a.heads, a.depth);
              const float* p = weights + unit * a.scores();
              sgemm_in_one_thread(true, false, a.keys, a.depth, a.queries, p, dyh, 0.0f, dvh);
              sgemm_in_one_thread(false, true, a.queries, a.keys, a.depth, dyh, vh, 0.0f, dx);
              tiles.softmax_gradient(p, dx, dx, a.queries, a.keys);
              if (a.masked) {  // of a query that sees no key: its weights are not 0
                const std::uint8_t* mask = a.of_unit(masks, unit);
                for (std::int64_t t = 0; t < a.queries; ++t)
                  for (std::int64_t s = 0; s < a.keys; ++s)
                    if (!a.sees(mask, t, s)) dx[t * a.keys + s] = 0;
              }
              sgemm_in_one_thread(false, false, a.queries, a.features, a.keys, dx, kh, 0.0f, dqh);
              sgemm_in_one_thread(true, false, a.keys, a.features, a.queries, dx, qh, 0.0f, dkh);
              scatter_head(dqh, dq + at(a.queries, a.features), a.queries, a.heads, a.features, a.scale);
              scatter_head(dkh, dk + at(a.keys, a.features), a.keys, a.heads, a.features);
              scatter_head(dvh, dv + at(a.keys, a.depth), a.keys, a.heads, a.depth);
            }
          });
        });
      }};
}

}  // namespace strata::cpu
