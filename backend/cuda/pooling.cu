// Pooling over (N, spatial..., C): a thread for every element of what is written, so gradients gather what windows that overlap
// give, in the order of the window's elements. Which element a window took is a byte, not the op table's int32.
#define STRATA_HOST_DEVICE __host__ __device__
#include "backend/cuda/each.h"
#include "backend/cuda/stored.h"
#include "backend/window.h"

namespace strata::cuda {
namespace {

struct Pool {
  std::int64_t samples, channels;
  int input[3], output[3], size[3], stride[3], low[3];
};

// Element `index` of an array (samples, spatial, channels).
template <class Index>
struct Place {
  Index sample;
  int at[3];
  Index channel;
  __device__ Place(const Pool& p, const int (&spatial)[3], Index index) {
    channel = split(index, static_cast<Index>(p.channels));
    for (int i = 2; i >= 0; --i) at[i] = static_cast<int>(split(index, static_cast<Index>(spatial[i])));
    sample = index;
  }

 private:
  // The remainder; `index` becomes the quotient.
  static __device__ Index split(Index& index, Index n) {
    const Index whole = index / n, rest = index - whole * n;
    index = whole;
    return rest;
  }
};
template <class Index>
__device__ Index offset(const Pool& p, const int (&spatial)[3], Index sample, int d, int h, int w, Index channel) {
  return (((sample * static_cast<Index>(spatial[0]) + static_cast<Index>(d)) * static_cast<Index>(spatial[1]) + static_cast<Index>(h)) * static_cast<Index>(spatial[2]) +
          static_cast<Index>(w)) * static_cast<Index>(p.channels) + channel;
}

// The part of an output's window that lies inside: elements [first, last) of it along every axis; `start` is its first element's place.
struct Inside {
  int start[3], first[3], last[3];
  __device__ Inside(const Pool& p, const int (&at)[3]) {
    for (int i = 0; i < 3; ++i) {
      start[i] = at[i] * p.stride[i] - p.low[i];
      first[i] = start[i] < 0 ? -start[i] : 0;
      last[i] = p.input[i] - start[i] < p.size[i] ? p.input[i] - start[i] : p.size[i];
    }
  }
  __device__ int count() const { return (last[0] - first[0]) * (last[1] - first[1]) * (last[2] - first[2]); }
  // f(offset in x, number of the element in the window).
  template <class Index, class F>
  __device__ void each(const Pool& p, const Place<Index>& place, F f) const {
    for (int d = first[0]; d < last[0]; ++d)
      for (int h = first[1]; h < last[1]; ++h)
        for (int w = first[2]; w < last[2]; ++w)
          f(offset<Index>(p, p.input, place.sample, start[0] + d, start[1] + h, start[2] + w, place.channel), (d * p.size[1] + h) * p.size[2] + w);
  }
};

// The windows that an input element lies in, by the number that it has in them, rising: f(place of the output, its offset in y, number).
template <class Index, class F>
__device__ void each_window_of(const Pool& p, const Place<Index>& place, F f) {
  int first[3], last[3];
  for (int i = 0; i < 3; ++i) {
    const int from_low = place.at[i] + p.low[i], before = from_low - p.size[i] + 1;
    first[i] = before <= 0 ? 0 : (before + p.stride[i] - 1) / p.stride[i];
    last[i] = from_low / p.stride[i] < p.output[i] ? from_low / p.stride[i] : p.output[i] - 1;
  }
  for (int d = last[0]; d >= first[0]; --d)
    for (int h = last[1]; h >= first[1]; --h)
      for (int w = last[2]; w >= first[2]; --w) {
        const int at[3] = {d, h, w};
        int number = 0;
        for (int i = 0; i < 3; ++i) number = number * p.size[i] + (place.at[i] + p.low[i] - at[i] * p.stride[i]);
        f(at, offset<Index>(p, p.output, place.sample, d, h, w, place.channel), number);
      }
}

// The first of equals wins, a NaN wins, padding never does.
template <class S>
struct MaxPool {
  Pool p;
  const S* x;
  S* y;
  unsigned char* index;

  template <class Index>
  __device__ void operator()(Index i) const {
    const Place<Index> place(p, p.output, i);
    float best = float_of_bits(0xFF800000u);
    int number = 0;
    Inside(p, place.at).each(p, place, [&](Index at, int k) {
      const float v = load(x[at]);
      if (v > best || v != v) best = v, number = k;
    });
    y[i] = store<S>(best);
    index[i] = static_cast<unsigned char>(number);
  }
};

template <class S>
struct MaxPoolGradient {
  Pool p;
  const unsigned char* index;
  const S* dy;
  S* dx;

  template <class Index>
  __device__ void operator()(Index i) const {
    float sum = 0;
    each_window_of(p, Place<Index>(p, p.input, i), [&](const int (&)[3], Index at, int number) {
      if (index[at] == number) sum += load(dy[at]);
    });
    dx[i] = store<S>(sum);
  }
};

// Divided by the number of a window's elements that lie inside.
template <class S>
struct AveragePool {
  Pool p;
  const S* x;
  S* y;

  template <class Index>
  __device__ void operator()(Index i) const {
    const Place<Index> place(p, p.output, i);
    const Inside inside(p, place.at);
    float sum = 0;
    inside.each(p, place, [&](Index at, int) { sum += load(x[at]); });
    y[i] = store<S>(sum / static_cast<float>(inside.count()));
  }
};

template <class S>
struct AveragePoolGradient {
  Pool p;
  const S* dy;
  S* dx;

  template <class Index>
  __device__ void operator()(Index i) const {
    float sum = 0;
    each_window_of(p, Place<Index>(p, p.input, i), [&](const int (&window)[3], Index at, int) {
      sum += load(dy[at]) / static_cast<float>(Inside(p, window).count());
    });
    dx[i] = store<S>(sum);
  }
};

std::variant<Pool, Declined> pool_of(const ArrayType& x, const ArrayType& y, const Attributes& a) {
  if (!is_float(x.dtype)) return not_float(x.dtype);
  const int spatial = x.rank() - 2;
  if (spatial > 3) return Declined{"it has more than three spatial axes"};
  Pool p{x.dim(0), x.dim(-1), {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}};
  for (int i = 0; i < spatial; ++i) {
    const auto k = static_cast<std::size_t>(i);
    const int to = 3 - spatial + i;
    const std::int64_t size = a.integers("size")[k], stride = a.integers("strides")[k];
    if (x.dims[k + 1] + 2 * std::max(size, stride) > std::int64_t{1} << 30) return Declined{"a spatial axis is longer than 32 bits count"};
    p.input[to] = static_cast<int>(x.dims[k + 1]);
    p.output[to] = static_cast<int>(y.dims[k + 1]);
    p.size[to] = static_cast<int>(size);
    p.stride[to] = static_cast<int>(stride);
    p.low[to] = static_cast<int>(window_axis(a.text("padding"), x.dims[k + 1], size, stride, 1).low);
  }
  return p;
}

bool fits_a_byte(const Pool& p) { return std::int64_t{p.size[0]} * p.size[1] * p.size[2] <= 256; }
Declined too_large() { return {"a byte does not number the elements of its window"}; }

constexpr const char* bytes = "window element as a byte";

// f(Stored<S>, inputs, outputs) -> the functor over `n` elements.
template <class F>
Candidate pooled(const char* name, DType type, std::int64_t n, const Machine& machine, F f) {
  return with_float(type, [&]<class S>(Stored<S> stored) -> Candidate {
    return {.name = name, .prepare = [=] {
      return make_kernel([=](void* const* inputs, void* const* outputs, void*) { each("starting a pooling", f(stored, inputs, outputs), n, machine); });
    }};
  });
}

}  // namespace

Answer max_pool(const Region& region, const Machine& machine) {
  if (!OwnOrder::fits(region)) return not_alone();
  const RegionOp& op = region.ops[0];
  const ArrayType& y = op.outputs[0];
  auto made = pool_of(region.type(op.inputs[0]), y, *op.attributes);
  if (auto* declined = std::get_if<Declined>(&made)) return *declined;
  const Pool p = std::get<Pool>(made);
  if (!fits_a_byte(p)) return too_large();
  Candidate candidate = pooled("max pool", y.dtype, y.elements(), machine, [p, own = OwnOrder(region)]<class S>(Stored<S>, void* const* in, void* const* out) {
    return MaxPool<S>{p, own.in<S>(in, 0), own.out<S>(out, 0), own.out<unsigned char>(out, 1)};
  });
  candidate.hidden_bytes = {static_cast<std::size_t>(y.elements())};
  candidate.pair = bytes;
  return candidate;
}

// Inputs index, dy.
Answer max_pool_gradient(const Region& region, const Machine& machine) {
  if (!OwnOrder::fits(region)) return not_alone();
  const RegionOp& op = region.ops[0];
  const ArrayType& dx = op.outputs[0];
  auto made = pool_of(dx, region.type(op.inputs[1]), *op.attributes);
  if (auto* declined = std::get_if<Declined>(&made)) return *declined;
  const Pool p = std::get<Pool>(made);
  if (!fits_a_byte(p)) return too_large();
  Candidate candidate = pooled("max pool gradient", dx.dtype, dx.elements(), machine, [p, own = OwnOrder(region)]<class S>(Stored<S>, void* const* in, void* const* out) {
    return MaxPoolGradient<S>{p, own.in<unsigned char>(in, 0), own.in<S>(in, 1), own.out<S>(out, 0)};
  });
  candidate.pair = bytes;
  return candidate;
}

Answer average_pool(const Region& region, const Machine& machine) {
  if (!OwnOrder::fits(region)) return not_alone();
  const RegionOp& op = region.ops[0];
  const ArrayType& y = op.outputs[0];
  auto made = pool_of(region.type(op.inputs[0]), y, *op.attributes);
  if (auto* declined = std::get_if<Declined>(&made)) return *declined;
  return pooled("average pool", y.dtype, y.elements(), machine, [p = std::get<Pool>(made), own = OwnOrder(region)]<class S>(Stored<S>, void* const* in, void* const* out) {
    return AveragePool<S>{p, own.in<S>(in, 0), own.out<S>(out, 0)};
  });
}

Answer average_pool_gradient(const Region& region, const Machine& machine) {
  if (!OwnOrder::fits(region)) return not_alone();
  const RegionOp& op = region.ops[0];
  const ArrayType& dx = op.outputs[0];
  auto made = pool_of(dx, region.type(op.inputs[0]), *op.attributes);
  if (auto* declined = std::get_if<Declined>(&made)) return *declined;
  return pooled("average pool gradient", dx.dtype, dx.elements(), machine,
                [p = std::get<Pool>(made), own = OwnOrder(region)]<class S>(Stored<S>, void* const* in, void* const* out) {
                  return AveragePoolGradient<S>{p, own.in<S>(in, 0), own.out<S>(out, 0)};
                });
}

}  // namespace strata::cuda
