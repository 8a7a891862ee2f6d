// Ops that move elements and compute none: all but gather and scatter_add are copies of boxes, at the speed of memory.
#include <cstring>

#include <fmt/format.h>

#include "backend/cpu/epilogue.h"
#include "backend/cpu/parallel.h"

namespace strata::cpu {
namespace {

// y[to + sum i_a to_a] = x[from + sum i_a from_a] over a box; strides in elements.
struct BoxCopy {
  struct Axis { std::int64_t size, from, to; };
  std::vector<Axis> axes;  // outermost first
  std::int64_t from = 0, to = 0;

  void add(std::int64_t size, std::int64_t from_stride, std::int64_t to_stride) {
    if (size == 1) return;
    if (!axes.empty() && axes.back().from == size * from_stride && axes.back().to == size * to_stride)
      axes.back() = {axes.back().size * size, from_stride, to_stride};
    else axes.push_back({size, from_stride, to_stride});
  }
  std::int64_t elements() const {
    std::int64_t n = 1;
    for (const Axis& a : axes) n *= a.size;
    return n;
  }

  template <class T>
  void run(const T* x, T* y) const {
    const std::int64_t n = elements();
    if (n == 0) return;
    x += from;
    y += to;
    if (axes.empty()) return void(*y = *x);
    // The innermost axis, and beside it the one along which x is contiguous, are copied in blocks that the cache holds.
    const Axis inner = axes.back();
    std::size_t other = axes.size() - 1;
    if (inner.from != 1 && inner.from != 0)
      for (std::size_t i = 0; i + 1 < axes.size(); ++i)
        if (axes[i].from == 1) other = i;
    const bool blocked = other + 1 != axes.size();
    const Axis across = blocked ? axes[other] : Axis{1, 0, 0};
    const std::int64_t block = blocked ? 32 : std::int64_t{1} << 14;
    const Axis cut = blocked ? across : inner;
    const std::int64_t blocks = (cut.size + block - 1) / block;
    parallel(n / (inner.size * across.size) * blocks, n, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t unit = begin; unit < end; ++unit) {
        const std::int64_t first = unit % blocks * block, last = std::min(first + block, cut.size);
        std::int64_t rest = unit / blocks, f = 0, t = 0;
        for (std::size_t i = axes.size() - 1; i-- > 0;) {
          if (i == other) continue;
          f += rest % axes[i].size * axes[i].from;
          t += rest % axes[i].size * axes[i].to;
          rest /= axes[i].size;
        }
        const T* p = x + f;
        T* q = y + t;
        if (blocked) {
          for (std::int64_t k = 0; k < inner.size; k += 32)
            for (std::int64_t i = first; i < last; ++i)
              for (std::int64_t j = k; j < std::min<std::int64_t>(k + 32, inner.size); ++j) q[i * across.to + j * inner.to] = p[i + j * inner.from];
        } else if (inner.from == 1 && inner.to == 1) {
          std::memcpy(q + first, p + first, static_cast<std::size_t>(last - first) * sizeof(T));
        } else if (inner.from == 0 && inner.to == 1) {
          std::fill(q + first, q + last, *p);
        } else {
          for (std::int64_t j = first; j < last; ++j) q[j * inner.to] = p[j * inner.from];
        }
      }
    });
  }
  void run(std::size_t element, const void* x, void* y) const {
    switch (element) {
      case 1: return run(static_cast<const std::uint8_t*>(x), static_cast<std::uint8_t*>(y));
      case 2: return run(static_cast<const std::uint16_t*>(x), static_cast<std::uint16_t*>(y));
      case 4: return run(static_cast<const std::uint32_t*>(x), static_cast<std::uint32_t*>(y));
      default: return run(static_cast<const std::uint64_t*>(x), static_cast<std::uint64_t*>(y));
    }
  }
};

std::vector<std::int64_t> strides_of(const ArrayType& t) {
  std::vector<std::int64_t> strides(t.dims.size());
  std::int64_t n = 1;
  for (std::size_t i = t.dims.size(); i-- > 0; n *= t.dims[i]) strides[i] = n;
  return strides;
}

Answer box(const Region& region, const Machine& machine, std::string name, const BoxCopy& copy) {
  const std::size_t element = size_of(anchor(region).outputs[0].dtype);
  return with_epilogue(region, machine, std::move(name), 0, [copy, element](void* const* inputs, void* output, void*) {
    copy.run(element, inputs[0], output);
  });
}

// The box among elements of `value`, given by its bits.
Answer box_within(const Region& region, const Machine& machine, std::string name, const BoxCopy& copy, double value) {
  const ArrayType y = anchor(region).outputs[0];
  if (value != 0 && y.dtype != DType::float32) return Declined{"it fills with a number other than 0, and is not float32"};
  const std::size_t element = size_of(y.dtype);
  return with_epilogue(region, machine, std::move(name), 0, [=](void* const* inputs, void* output, void*) {
    const std::int64_t n = y.elements(), whole = copy.elements();
    if (whole != n) {
      const std::int64_t bytes = n * static_cast<std::int64_t>(element);
      if (value == 0)
        parallel((bytes + 65535) / 65536, n, [&](std::int64_t begin, std::int64_t end) {
          std::memset(static_cast<char*>(output) + begin * 65536, 0, static_cast<std::size_t>(std::min(end * 65536, bytes) - begin * 65536));
        });
      else std::fill_n(static_cast<float*>(output), n, static_cast<float>(value));
    }
    copy.run(element, inputs[0], output);
  });
}

std::int64_t index_at(const void* indices, DType type, std::int64_t i, std::int64_t rows) {
  std::int64_t k = 0;
  switch (type) {
    case DType::int32: k = static_cast<const std::int32_t*>(indices)[i]; break;
    case DType::int64: k = static_cast<const std::int64_t*>(indices)[i]; break;
    default: k = static_cast<const std::uint8_t*>(indices)[i]; break;
  }
  return std::clamp<std::int64_t>(k, 0, rows - 1);
}

}  // namespace

Answer copy(const Region& region, const Machine& machine) {
  BoxCopy whole;
  whole.add(anchor(region).outputs[0].elements(), 1, 1);
  return box(region, machine, "copy", whole);
}

Answer broadcast(const Region& region, const Machine& machine) {
  const RegionOp& op = anchor(region);
  const ArrayType &x = region.type(op.inputs[0]), &y = op.outputs[0];
  const auto from = strides_of(x), to = strides_of(y);
  BoxCopy copy;
  for (int i = 0; i < y.rank(); ++i) {
    const int j = i - (y.rank() - x.rank());
    const bool repeats = j < 0 || x.dims[static_cast<std::size_t>(j)] == 1;
    copy.add(y.dims[static_cast<std::size_t>(i)], repeats ? 0 : from[static_cast<std::size_t>(j)], to[static_cast<std::size_t>(i)]);
  }
  return box(region, machine, "broadcast", copy);
}

Answer transpose(const Region& region, const Machine& machine) {
  const RegionOp& op = anchor(region);
  const auto& axes = op.attributes->integers("axes");
  const auto from = strides_of(region.type(op.inputs[0])), to = strides_of(op.outputs[0]);
  BoxCopy copy;
  for (std::size_t i = 0; i < axes.size(); ++i) copy.add(op.outputs[0].dims[i], from[static_cast<std::size_t>(axes[i])], to[i]);
  return box(region, machine, "transpose", copy);
}

namespace {

// The elements of a slice, as a box of the larger array.
BoxCopy slice_box(const ArrayType& whole, const ArrayType& part, const Attributes& a, bool put_back) {
  const auto axis = static_cast<std::size_t>(a.integer("axis"));
  const std::int64_t begin = a.shape("bounds")[0].number(), step = a.integer("step");
  const auto outside = strides_of(whole), inside = strides_of(part);
  BoxCopy copy;
  for (std::size_t i = 0; i < part.dims.size(); ++i) {
    const std::int64_t stride = outside[i] * (i == axis ? step : 1);
    copy.add(part.dims[i], put_back ? inside[i] : stride, put_back ? stride : inside[i]);
  }
  (put_back ? copy.to : copy.from) = begin * outside[axis];
  return copy;
}

}  // namespace

Answer slice(const Region& region, const Machine& machine) {
  const RegionOp& op = anchor(region);
  return box(region, machine, "slice", slice_box(region.type(op.inputs[0]), op.outputs[0], *op.attributes, false));
}

Answer slice_gradient(const Region& region, const Machine& machine) {
  const RegionOp& op = anchor(region);
  return box_within(region, machine, "slice gradient", slice_box(op.outputs[0], region.type(op.inputs[0]), *op.attributes, true), 0);
}

Answer pad(const Region& region, const Machine& machine) {
  const RegionOp& op = anchor(region);
  const ArrayType &x = region.type(op.inputs[0]), &y = op.outputs[0];
  const auto& p = op.attributes->integers("padding");
  const auto from = strides_of(x), to = strides_of(y);
  BoxCopy copy;
  for (std::size_t i = 0; i < x.dims.size(); ++i) {
    const std::int64_t low = p[3 * i], high = p[3 * i + 1], step = p[3 * i + 2] + 1;
    if (step != 1 && (low < 0 || high < 0)) return Declined{"it crops an axis that it spreads"};
    const std::int64_t size = x.dims[i] + std::min<std::int64_t>(low, 0) + std::min<std::int64_t>(high, 0);
    copy.add(std::max<std::int64_t>(size, 0), from[i], to[i] * step);
    copy.from += std::max<std::int64_t>(-low, 0) * from[i];
    copy.to += std::max<std::int64_t>(low, 0) * to[i];
  }
  return box_within(region, machine, "pad", copy, op.attributes->number("value"));
}

Answer reverse(const Region& region, const Machine& machine) {
  const RegionOp& op = anchor(region);
  const ArrayType& x = op.outputs[0];
  const auto axis = static_cast<std::size_t>(op.attributes->integer("axis"));
  const auto strides = strides_of(x);
  BoxCopy copy;
  for (std::size_t i = 0; i < x.dims.size(); ++i) copy.add(x.dims[i], i == axis ? -strides[i] : strides[i], strides[i]);
  copy.from = (x.dims[axis] - 1) * strides[axis];
  return box(region, machine, "reverse", copy);
}

namespace {

// Inputs one after the other along `axis`, which is folded: [outer, own length, inner].
Answer joined(const Region& region, std::string name, std::int64_t outer, const std::vector<std::int64_t>& lengths) {
  const RegionOp& op = region.ops[0];
  if (region.ops.size() != 1) return Declined{"it takes no epilogue"};
  std::vector<std::pair<int, BoxCopy>> parts;  // of an input
  std::int64_t width = 0, at = 0;
  for (const std::int64_t n : lengths) width += n;
  for (std::size_t i = 0; i < lengths.size(); at += lengths[i++]) {
    BoxCopy part;
    part.add(outer, lengths[i], width);
    part.add(lengths[i], 1, 1);
    part.to = at;
    parts.emplace_back(op.inputs[i].index, std::move(part));
  }
  const std::size_t element = size_of(op.outputs[0].dtype);
  return Candidate{.name = std::move(name), .prepare = [=] {
    return make_kernel([=](void* const* inputs, void* const* outputs, void*) {
      for (const auto& [input, part] : parts) part.run(element, inputs[input], outputs[0]);
    });
  }};
}

}  // namespace

Answer concatenate(const Region& region, const Machine&) {
  const RegionOp& op = region.ops[0];
  const int axis = static_cast<int>(op.attributes->integer("axis"));
  std::vector<std::int64_t> lengths;
  for (const Source& s : op.inputs) lengths.push_back(product(region.type(s), axis, region.type(s).rank()));
  return joined(region, "concatenate", product(op.outputs[0], 0, axis), lengths);
}

Answer pack(const Region& region, const Machine&) {
  std::vector<std::int64_t> lengths;
  for (const Source& s : region.ops[0].inputs) lengths.push_back(region.type(s).elements());
  return joined(region, "pack", 1, lengths);
}

Answer gather(const Region& region, const Machine& machine) {
  const RegionOp& op = anchor(region);
  const ArrayType table = region.type(op.inputs[0]), indices = region.type(op.inputs[1]);
  const std::int64_t rows = table.dim(0), n = indices.elements();
  const std::int64_t width = product(table, 1, table.rank()) * static_cast<std::int64_t>(size_of(table.dtype));
  if (rows == 0 && n > 0) return Declined{"the table has no rows"};
  return with_epilogue(region, machine, "gather rows", 0, [=](void* const* inputs, void* output, void*) {
    if (width == 0) return;
    parallel(n, n * std::max<std::int64_t>(width / 4, 4), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i)
        std::memcpy(static_cast<char*>(output) + i * width, in<char>(inputs, 0) + index_at(inputs[1], indices.dtype, i, rows) * width,
                    static_cast<std::size_t>(width));
    });
  });
}

// Inputs indices, rows. Every element adds its rows in the order of the indices, whoever owns it: threads own columns
// where rows are wide, rows of the table where they are narrow.
Answer scatter_add(const Region& region, const Machine& machine) {
  const RegionOp& op = anchor(region);
  const ArrayType indices = region.type(op.inputs[0]), table = op.outputs[0];
  if (!is_float32(table)) return Declined{"it is not float32"};
  const std::int64_t rows = table.dim(0), n = indices.elements(), width = product(table, 1, table.rank());
  if (rows == 0 && n > 0) return Declined{"the table has no rows"};
  return with_epilogue(region, machine, "scatter in order", 0, [=](void* const* inputs, void* output, void*) {
    float* const y = static_cast<float*>(output);
    parallel(rows, rows * width, [&](std::int64_t begin, std::int64_t end) {
      std::memset(y + begin * width, 0, static_cast<std::size_t>((end - begin) * width) * sizeof(float));
    });
    const float* const x = in(inputs, 1);
    const bool wide = width >= 64;
    parallel(wide ? width / 16 : rows, n * width, [&](std::int64_t begin, std::int64_t end) {
      const std::int64_t left = wide ? begin * 16 : 0, right = wide && end != width / 16 ? end * 16 : width;
      for (std::int64_t i = 0; i < n; ++i) {
        const std::int64_t row = index_at(inputs[0], indices.dtype, i, rows);
        if (!wide && (row < begin || row >= end)) continue;
        float* to = y + row * width;
        const float* from = x + i * width;
        for (std::int64_t j = left; j < right; ++j) to[j] += from[j];
      }
    });
  });
}

}  // namespace strata::cpu
