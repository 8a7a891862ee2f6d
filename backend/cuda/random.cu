// Draws, and dropout, whose mask is drawn again wherever it is needed and never stored. A thread for every block of random words.
#define STRATA_HOST_DEVICE __host__ __device__
#include "backend/cuda/each.h"
#include "backend/cuda/stored.h"
#include "backend/philox.h"

namespace strata::cuda {
namespace {

// Significant bits of a uniform draw.
template <class S> struct Bits { static constexpr int value = 24; };
template <> struct Bits<BFloat16> { static constexpr int value = 8; };
template <> struct Bits<Float16> { static constexpr int value = 11; };

template <class S> struct PerBlock { static constexpr int value = 4; };
template <> struct PerBlock<double> { static constexpr int value = 2; };

template <class Index>
__device__ philox::Words words_of(const std::int64_t* state, std::uint64_t stream, Index block) {
  return philox::draw(static_cast<std::uint64_t>(state[0]), static_cast<std::uint64_t>(state[1]), stream, static_cast<std::uint32_t>(block));
}

template <class S>
struct Draw {
  const std::int64_t* state;  // seed, step
  S* y;
  std::uint64_t stream;
  std::int64_t n;
  bool normal;

  template <class Index>
  __device__ void operator()(Index block) const {
    constexpr int count = PerBlock<S>::value;
    const philox::Words words = words_of(state, stream, block);
    decltype(load(S{})) drawn[count];
    if (normal) philox::normal(words, drawn);
    else if constexpr (sizeof(S) == sizeof(double)) philox::uniform(words, drawn);
    else philox::uniform(words, drawn, Bits<S>::value);
    const std::int64_t begin = static_cast<std::int64_t>(block) * count;
    for (int i = 0; i < count; ++i)
      if (begin + i < n) y[begin + i] = store<S>(drawn[i]);
  }
};

// 0, or x * scale where the draw is not below the rate.
template <class S>
struct Dropout {
  const S* x;
  const std::int64_t* state;
  S* y;
  std::uint64_t stream;
  std::int64_t n;
  float rate, scale;

  template <class Index>
  __device__ void operator()(Index block) const {
    float drawn[4];
    philox::uniform(words_of(state, stream, block), drawn);
    const std::int64_t begin = static_cast<std::int64_t>(block) * 4;
    for (int i = 0; i < 4; ++i)
      if (begin + i < n) y[begin + i] = store<S>(drawn[i] >= rate ? load(x[begin + i]) * rounded<S>(scale) : 0.0f);
  }
};

Declined too_many() { return {"one tensor cannot draw more than 2^32 blocks of random words"}; }

}  // namespace

// random_uniform and random_normal. Input: int64 {seed, step}.
Answer random(const Region& region, const Machine& machine) {
  if (!OwnOrder::fits(region)) return not_alone();
  const RegionOp& op = region.ops[0];
  const ArrayType& y = op.outputs[0];
  const auto stream = static_cast<std::uint64_t>(op.attributes->integer("stream"));
  const bool normal = op.name == "random_normal";
  const std::int64_t n = y.elements();
  const auto answer = [&]<class S>(Stored<S>) -> Answer {
    const std::int64_t blocks = (n + PerBlock<S>::value - 1) / PerBlock<S>::value;
    if (blocks >= philox::max_blocks) return too_many();
    return Candidate{.name = normal ? "normal draws" : "uniform draws", .prepare = [=] {
      return make_kernel([=](void* const* inputs, void* const* outputs, void*) {
        each("starting draws", Draw<S>{static_cast<const std::int64_t*>(inputs[0]), static_cast<S*>(outputs[0]), stream, n, normal}, blocks, machine);
      });
    }};
  };
  if (y.dtype == DType::float64) return answer(Stored<double>());
  if (!is_float(y.dtype)) return not_float(y.dtype);
  return with_float(y.dtype, answer);
}

// Inputs x, int64 {seed, step}.
Answer dropout(const Region& region, const Machine& machine) {
  if (!OwnOrder::fits(region)) return not_alone();
  const RegionOp& op = region.ops[0];
  const ArrayType& x = op.outputs[0];
  if (!is_float(x.dtype)) return not_float(x.dtype);
  const double rate = op.attributes->number("rate");
  const auto stream = static_cast<std::uint64_t>(op.attributes->integer("stream"));
  const std::int64_t n = x.elements(), blocks = (n + 3) / 4;
  if (blocks >= philox::max_blocks) return too_many();
  const OwnOrder own(region);
  return with_float(x.dtype, [&]<class S>(Stored<S>) -> Answer {
    return Candidate{.name = "dropout", .in_place = {own.in_place(0, 0)}, .prepare = [=] {
      return make_kernel([=](void* const* inputs, void* const* outputs, void*) {
        each("starting a dropout",
             Dropout<S>{own.in<S>(inputs, 0), own.in<std::int64_t>(inputs, 1), own.out<S>(outputs, 0), stream, n, static_cast<float>(rate), static_cast<float>(1 / (1 - rate))}, blocks, machine);
      });
    }};
  });
}

}  // namespace strata::cuda
