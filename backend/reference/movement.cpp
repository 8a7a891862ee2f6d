// Ops that move elements: all but gather, scatter_add and iota are one strided copy.
#include <algorithm>
#include <cstring>
#include <numeric>

#include "backend/reference/element.h"
#include "backend/reference/kernels.h"
#include "backend/reference/walk.h"

namespace strata::reference {
namespace {

// y[to + offset] = x[from + offset] over a box; the strides may be zero or negative.
struct StridedCopy {
  Walk<2> walk;  // offsets in x, y
  std::int64_t from = 0, to = 0;

  template <class U>
  void run(const U* x, U* y) const {
    walk.each([&](const auto& at) { y[at[1]] = x[at[0]]; }, {from, to});
  }
};

Definition copied(const Operation& op, StridedCopy copy) {
  return with_bytes(size_of(op.output.dtype), [&]<class U>(Type<U>) -> Definition {
    return {[copy](const Arguments& a) { copy.run(a.in<U>(), a.out<U>()); }};
  });
}

// The copy goes into elements that hold `value` before.
Definition copied_into(const Operation& op, double value, StridedCopy copy) {
  const std::int64_t n = op.output.elements();
  return with_element(op.output.dtype, [&]<class S>(Type<S>) -> Definition {
    return {[copy, n, value](const Arguments& a) {
      std::fill_n(a.out<S>(), n, store<S>(value));
      copy.run(a.in<S>(), a.out<S>());
    }};
  });
}

// Elements begin, begin + step, ... of one axis of `whole`, as offsets in the whole; the part is dense.
struct Part {
  Strides strides;
  std::int64_t first;
};
Part part_of(const ArrayType& whole, const Attributes& a) {
  Part part{row_major(whole.dims), 0};
  const auto axis = static_cast<std::size_t>(a.integer("axis"));
  part.first = a.shape("bounds")[0].value() * part.strides[axis];
  part.strides[axis] *= a.integer("step");
  return part;
}

Definition slice(const Operation& op) {
  const Part part = part_of(op.inputs[0], op.attributes);
  return copied(op, {{op.output.dims, {part.strides, row_major(op.output.dims)}}, part.first, 0});
}

Definition slice_gradient(const Operation& op) {
  const Part part = part_of(op.output, op.attributes);
  return copied_into(op, 0, {{op.inputs[0].dims, {row_major(op.inputs[0].dims), part.strides}}, 0, part.first});
}

Definition transpose(const Operation& op) {
  const Strides x = row_major(op.inputs[0].dims);
  Strides moved;
  for (const std::int64_t axis : op.attributes.integers("axes")) moved.push_back(x[static_cast<std::size_t>(axis)]);
  return copied(op, {{op.output.dims, {moved, row_major(op.output.dims)}}});
}

Definition broadcast_to(const Operation& op) {
  return copied(op, {{op.output.dims, {broadcast_strides(op.inputs[0].dims, op.output.dims.size()), row_major(op.output.dims)}}});
}

Definition reverse(const Operation& op) {
  const auto axis = static_cast<std::size_t>(op.attributes.integer("axis"));
  Strides x = row_major(op.inputs[0].dims);
  const std::int64_t last = (op.output.dims[axis] - 1) * x[axis];
  x[axis] = -x[axis];
  return copied(op, {{op.output.dims, {x, row_major(op.output.dims)}}, last, 0});
}

// Element i of an axis goes to low + i (interior + 1); what lands outside is cropped.
Definition pad(const Operation& op) {
  const auto& padding = op.attributes.integers("padding");
  const Strides x = row_major(op.inputs[0].dims);
  Strides y = row_major(op.output.dims);
  StridedCopy copy;
  for (std::size_t axis = 0; axis < x.size(); ++axis) {
    const std::int64_t low = padding[3 * axis], step = padding[3 * axis + 2] + 1, size = op.output.dims[axis];
    const std::int64_t first = low < 0 ? (-low + step - 1) / step : 0;
    const std::int64_t end = std::min(op.inputs[0].dims[axis], size > low ? (size - low + step - 1) / step : 0);
    copy.walk.dims.push_back(std::max<std::int64_t>(end - first, 0));
    copy.from += first * x[axis];
    copy.to += (low + first * step) * y[axis];
    y[axis] *= step;
  }
  copy.walk.strides = {x, y};
  return copied_into(op, op.attributes.number("value"), copy);
}

Definition concatenate(const Operation& op) {
  const auto axis = static_cast<std::size_t>(op.attributes.integer("axis"));
  const Strides y = row_major(op.output.dims);
  std::vector<StridedCopy> copies;
  std::int64_t begin = 0;
  for (const ArrayType& x : op.inputs) {
    copies.push_back({{x.dims, {row_major(x.dims), y}}, 0, begin * y[axis]});
    begin += x.dims[axis];
  }
  return with_bytes(size_of(op.output.dtype), [&]<class U>(Type<U>) -> Definition {
    return {[copies](const Arguments& a) {
      for (std::size_t i = 0; i < copies.size(); ++i) copies[i].run(a.in<U>(static_cast<int>(i)), a.out<U>());
    }};
  });
}

// copy, and pack: the operands one after the other.
Definition in_turn(const Operation& op) {
  std::vector<std::size_t> bytes;
  for (const ArrayType& x : op.inputs) bytes.push_back(x.bytes());
  return {[bytes](const Arguments& a) {
    auto* y = a.out<std::byte>();
    for (std::size_t i = 0; i < bytes.size(); y += bytes[i++])
      if (bytes[i]) std::memmove(y, a.in<std::byte>(static_cast<int>(i)), bytes[i]);
  }};
}

Definition iota(const Operation& op) {
  const std::int64_t n = op.output.elements();
  return with_element(op.output.dtype, [&]<class S>(Type<S>) -> Definition {
    return {[n](const Arguments& a) {
      for (std::int64_t i = 0; i < n; ++i) a.out<S>()[i] = store<S>(i);
    }};
  });
}

// Row number by index: clamped to [0, rows).
template <class I>
std::int64_t row_at(I index, std::int64_t rows) {
  return std::clamp(static_cast<std::int64_t>(index), std::int64_t{0}, rows - 1);
}

template <class F>
Definition with_index(const Operation& op, DType dtype, F&& f) {
  switch (dtype) {
    case DType::int32: return f(Type<std::int32_t>{});
    case DType::int64: return f(Type<std::int64_t>{});
    case DType::uint8: return f(Type<std::uint8_t>{});
    default: return refuse_dtype(op, dtype);
  }
}

std::int64_t row_elements(const ArrayType& table) {
  return std::accumulate(table.dims.begin() + 1, table.dims.end(), std::int64_t{1}, std::multiplies<>());
}

Definition gather(const Operation& op) {
  const std::int64_t rows = op.inputs[0].dim(0), n = op.inputs[1].elements();
  const std::size_t bytes = static_cast<std::size_t>(row_elements(op.inputs[0])) * size_of(op.output.dtype);
  if (rows == 0 && n > 0) return refuse("the table has no rows");
  return with_index(op, op.inputs[1].dtype, [&]<class I>(Type<I>) -> Definition {
    return {[=](const Arguments& a) {
      if (bytes == 0) return;
      for (std::int64_t i = 0; i < n; ++i) {
        const auto row = static_cast<std::size_t>(row_at(a.in<I>(1)[i], rows));
        std::memcpy(a.out<std::byte>() + static_cast<std::size_t>(i) * bytes, a.in<std::byte>(0) + row * bytes, bytes);
      }
    }};
  });
}

// Inputs indices, rows. Indices are clamped as gather's are.
Definition scatter_add(const Operation& op) {
  const std::int64_t rows = op.output.dim(0), n = op.inputs[0].elements(), width = row_elements(op.output);
  const std::int64_t elements = op.output.elements();
  if (rows == 0 && n > 0) return refuse("the table has no rows");
  if (op.output.dtype == DType::boolean) return refuse_dtype(op, op.output.dtype);
  Definition d = with_index(op, op.inputs[0].dtype, [&]<class I>(Type<I>) {
    return with_element(op.output.dtype, [&]<class S>(Type<S>) -> Definition {
      return {[=](const Arguments& a) {
        auto* sums = static_cast<Sum<S>*>(a.scratch);
        std::fill_n(sums, elements, Sum<S>(0));
        const S* row = a.in<S>(1);
        for (std::int64_t i = 0; i < n; ++i) {
          Sum<S>* sum = sums + row_at(a.in<I>(0)[i], rows) * width;
          for (std::int64_t j = 0; j < width; ++j) sum[j] += static_cast<Sum<S>>(load(*row++));
        }
        for (std::int64_t i = 0; i < elements; ++i) a.out<S>()[i] = store<S>(sums[i]);
      }};
    });
  });
  d.scratch_bytes = static_cast<std::size_t>(elements) * 8;
  return d;
}

struct Row {
  std::string_view name;
  Definition (*definition)(const Operation&);
};
constexpr Row rows[] = {{"copy", in_turn},           {"pack", in_turn},
                        {"transpose", transpose},    {"broadcast_to", broadcast_to},
                        {"slice", slice},            {"slice_gradient", slice_gradient},
                        {"pad", pad},                {"concatenate", concatenate},
                        {"reverse", reverse},        {"gather", gather},
                        {"scatter_add", scatter_add}, {"iota", iota}};

}  // namespace

Definition movement(const Operation& op) {
  for (const Row& row : rows)
    if (row.name == op.name) return row.definition(op);
  return {};
}

}  // namespace strata::reference
