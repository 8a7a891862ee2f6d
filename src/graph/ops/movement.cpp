// Ops that move elements and compute none.
#include <fmt/format.h>

#include <strata/error.h>
#include <strata/ops.h>
#include "src/graph/ops/table.h"

namespace strata {
namespace {

using Types = std::span<const TensorType>;
using G = GradientContext;

std::vector<TensorType> reshaped(Types in, const Attributes& a) {
  const Shape& shape = a.shape("shape");
  const Dim from = in[0].shape.elements(), to = shape.elements();
  if (from != to && (from.is_known() == to.is_known()))
    shape_error("Reshape", fmt::format("{} elements of shape {} do not fill the shape {}", from.str(), in[0].shape.str(), shape.str()));
  return {{in[0].dtype, shape}};
}

std::vector<TensorType> same(Types in, const Attributes&) { return {in[0]}; }

std::vector<TensorType> transposed(Types in, const Attributes& a) {
  std::vector<Dim> dims;
  for (const std::int64_t axis : a.integers("axes")) dims.push_back(in[0].shape[static_cast<int>(axis)]);
  return {{in[0].dtype, Shape(std::move(dims))}};
}

std::vector<TensorType> broadcasted(Types in, const Attributes& a) {
  broadcast(in[0].shape, a.shape("shape"), "broadcast_to");
  return {{in[0].dtype, a.shape("shape")}};
}

// Attributes: axis, bounds (begin, end) as a Shape of two, step.
std::vector<TensorType> sliced(Types in, const Attributes& a) {
  Shape shape = in[0].shape;
  const int axis = static_cast<int>(a.integer("axis"));
  const Dim &begin = a.shape("bounds")[0], &end = a.shape("bounds")[1];
  const Dim length = ceil_div(end - begin, a.integer("step"));
  if (begin.is_known() && end.is_known() &&
      (begin.value() < 0 || end.value() < begin.value() || (shape[axis].is_known() && end.value() > shape[axis].value())))
    shape_error("slice", fmt::format("elements {} to {} are not in axis {} of {}", begin.str(), end.str(), axis, shape.str()));
  shape[axis] = length;
  return {{in[0].dtype, shape}};
}

// Attribute padding: low, high, interior per axis.
std::vector<TensorType> padded(Types in, const Attributes& a) {
  const auto& p = a.integers("padding");
  Shape shape = in[0].shape;
  for (int i = 0; i < shape.rank(); ++i) {
    const std::int64_t *axis = &p[static_cast<std::size_t>(3 * i)];
    shape[i] = (shape[i] - Dim(1)) * (axis[2] + 1) + Dim(1) + axis[0] + axis[1];
    if (shape[i].is_known() && shape[i].value() < 0)
      shape_error("pad", fmt::format("padding leaves {} elements of axis {} of {}", shape[i].str(), i, in[0].shape.str()));
  }
  return {{in[0].dtype, shape}};
}

std::vector<TensorType> concatenated(Types in, const Attributes& a) {
  const int axis = static_cast<int>(a.integer("axis"));
  Shape shape = in[0].shape;
  for (std::size_t i = 1; i < in.size(); ++i) {
    bool fits = in[i].shape.rank() == shape.rank() && in[i].dtype == in[0].dtype;
    for (int d = 0; fits && d < shape.rank(); ++d) {
      const Dim &x = shape[d], &y = in[i].shape[d];
      fits = d == axis || x == y || !x.is_known() || !y.is_known();
      if (d != axis && !x.is_known()) shape[d] = y;
    }
    if (!fits)
      shape_error("Concatenate", fmt::format("the shapes {} and {} differ in more than axis {}", in[0].shape.str(), in[i].shape.str(), axis));
    shape[axis] = shape[axis] + in[i].shape[axis];
  }
  return {{in[0].dtype, shape}};
}

std::vector<TensorType> gathered(Types in, const Attributes&) {
  return {{in[0].dtype, in[1].shape + in[0].shape.slice(1, in[0].shape.rank())}};
}

// Inputs indices, rows; attribute shape: adds each row to its place in zeros of that shape, in index order.
std::vector<TensorType> stated(Types in, const Attributes& a) { return {{in[1].dtype, a.shape("shape")}}; }
std::vector<TensorType> counted(Types, const Attributes& a) { return {{a.dtype("dtype"), Shape{a.shape("length")[0]}}}; }

// Inputs of any shape, flattened one after the other into a vector. The planner lets producers write into its parts.
std::vector<TensorType> packed(Types in, const Attributes&) {
  Dim n = 0;
  for (const TensorType& t : in) n = n + t.shape.elements();
  return {{in[0].dtype, Shape{n}}};
}

const Op rows[] = {
    {.name = "reshape", .kind = OpKind::alias, .infer = reshaped,
     .gradient = [](G& g) { g.set(0, reshape(g.dy(), g.x().shape())); }},
    {.name = "copy", .kind = OpKind::primitive, .infer = same, .gradient = [](G& g) { g.set(0, g.dy()); }},
    {.name = "transpose", .kind = OpKind::primitive, .infer = transposed,
     .gradient = [](G& g) {
       const Attributes a = g.attributes();
       const auto& axes = a.integers("axes");
       Axes inverse(axes.size());
       for (std::size_t i = 0; i < axes.size(); ++i) inverse[static_cast<std::size_t>(axes[i])] = static_cast<int>(i);
       g.set(0, transpose(g.dy(), inverse));
     }},
    {.name = "broadcast_to", .kind = OpKind::primitive, .infer = broadcasted, .gradient = [](G& g) { g.set(0, g.dy()); }},
    {.name = "slice", .kind = OpKind::primitive, .infer = sliced,
     .gradient = [](G& g) {
       const Attributes a = g.attributes();
       const Shape& bounds = a.shape("bounds");
       g.set(0, g.graph().add("slice_gradient", {g.dy()}, {{"axis", a.integer("axis")}, {"bounds", bounds}, {"step", a.integer("step")},
                                                           {"shape", g.x().shape()}}));
     }},
    // dy put back at the slice's place among zeros. (Not a pad: the bounds may be open.)
    {.name = "slice_gradient", .kind = OpKind::primitive,
     .infer = [](Types in, const Attributes& a) -> std::vector<TensorType> { return {{in[0].dtype, a.shape("shape")}}; },
     .gradient = [](G& g) {
       const Attributes a = g.attributes();
       g.set(0, g.graph().add("slice", {g.dy()}, {{"axis", a.integer("axis")}, {"bounds", a.shape("bounds")}, {"step", a.integer("step")}}));
     }},
    {.name = "pad", .kind = OpKind::primitive, .infer = padded,
     .gradient = [](G& g) {
       const Attributes a = g.attributes();
       const auto& p = a.integers("padding");
       Value dx = g.dy();
       for (int i = 0; i < dx.rank(); ++i) {
         const std::int64_t low = p[static_cast<std::size_t>(3 * i)], high = p[static_cast<std::size_t>(3 * i + 1)];
         const std::int64_t step = p[static_cast<std::size_t>(3 * i + 2)] + 1;
         if (low < 0 || high < 0) {  // a cropped end takes no gradient
           std::vector<Padding> back(static_cast<std::size_t>(dx.rank()));
           back[static_cast<std::size_t>(i)] = {std::max<std::int64_t>(-low, 0), std::max<std::int64_t>(-high, 0), 0};
           dx = pad(dx, back);
         }
         const Dim begin = std::max<std::int64_t>(low, 0);
         dx = slice(dx, i, begin, begin + (g.x().dim(i) - Dim(1)) * step + Dim(1), step);
       }
       g.set(0, dx);
     }},
    {.name = "concatenate", .kind = OpKind::primitive, .infer = concatenated,
     .gradient = [](G& g) {
       const int axis = static_cast<int>(g.attributes().integer("axis"));
       Dim begin = 0;
       for (int i = 0; i < g.inputs(); ++i) {
         const Dim end = begin + g.x(i).dim(axis);
         if (g.wants(i)) g.set(i, slice(g.dy(), axis, begin, end));
         begin = end;
       }
     }},
    {.name = "reverse", .kind = OpKind::primitive, .infer = same,
     .gradient = [](G& g) { g.set(0, reverse(g.dy(), static_cast<int>(g.attributes().integer("axis")))); }},
    {.name = "gather", .kind = OpKind::primitive, .infer = gathered,
     .gradient = [](G& g) {
       g.set(0, g.graph().add("scatter_add", {g.x(1), g.dy()}, {{"shape", g.x(0).shape()}}));
     }},
    {.name = "scatter_add", .kind = OpKind::primitive, .infer = stated, .gradient = [](G& g) { g.set(1, gather(g.dy(), g.x(0))); }},
    {.name = "iota", .kind = OpKind::primitive, .infer = counted, .differentiable = false},
    {.name = "pack", .kind = OpKind::primitive, .infer = packed,
     .gradient = [](G& g) {
       Dim begin = 0;
       for (int i = 0; i < g.inputs(); ++i) {
         const Dim end = begin + g.x(i).shape().elements();
         if (g.wants(i)) g.set(i, reshape(slice(g.dy(), 0, begin, end), g.x(i).shape()));
         begin = end;
       }
     }},
};

}  // namespace

std::span<const Op> movement_ops() { return rows; }

Value constant(Value like, const Tensor& tensor) { return like.graph().constant(tensor); }
Value full(Value like, const Shape& shape, double value, DType dtype) { return broadcast_to(like.graph().constant(dtype, value), shape); }
Value zeros_like(Value x) { return full(x, x.shape(), 0, x.dtype()); }
Value ones_like(Value x) { return full(x, x.shape(), 1, x.dtype()); }
Value iota(Value like, const Dim& n, DType dtype) { return like.graph().add("iota", {}, {{"length", Shape{n}}, {"dtype", dtype}}); }

Value reshape(Value x, Shape shape) {
  int open = -1;
  Dim rest = 1;
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] != Dim(-1)) rest = rest * shape[i];
    else if (open >= 0) shape_error("Reshape", fmt::format("the shape {} has two axes of -1", shape.str()));
    else open = i;
  }
  if (open >= 0) {
    const Dim n = x.shape().elements();
    shape[open] = floor_div(n, rest);
    if (n.is_known() && rest.is_known() && shape[open] * rest != n)
      shape_error("Reshape", fmt::format("{} elements of shape {} do not divide by {}", n.str(), x.shape().str(), rest.str()));
  }
  return shape == x.shape() ? x : emit("reshape", {x}, {{"shape", shape}});
}

Value expand_dims(Value x, int axis) {
  std::vector<Dim> dims = x.shape().dims();
  dims.insert(dims.begin() + normalize_axis(axis, x.rank() + 1, "expand_dims"), Dim(1));
  return reshape(x, Shape(std::move(dims)));
}

Value move_axis(Value x, int from, int to) {
  from = normalize_axis(from, x.rank(), "move_axis");
  to = normalize_axis(to, x.rank(), "move_axis");
  if (from == to) return x;
  Axes order;
  for (int i = 0; i < x.rank(); ++i) if (i != from) order.push_back(i);
  order.insert(order.begin() + to, from);
  return transpose(x, order);
}
Value squeeze(Value x, int axis) {
  const int a = normalize_axis(axis, x.rank(), "squeeze");
  if (x.dim(a) != Dim(1)) shape_error("squeeze", fmt::format("axis {} of {} is not 1", a, x.shape().str()));
  std::vector<Dim> dims = x.shape().dims();
  dims.erase(dims.begin() + a);
  return reshape(x, Shape(std::move(dims)));
}

Value transpose(Value x, const Axes& axes) {
  std::vector<std::int64_t> order;
  std::vector<bool> seen(static_cast<std::size_t>(x.rank()));
  bool identity = true;
  for (const int axis : axes) {
    const int a = normalize_axis(axis, x.rank(), "transpose");
    identity = identity && a == static_cast<int>(order.size());
    seen[static_cast<std::size_t>(a)] = true;
    order.push_back(a);
  }
  if (order.size() != seen.size() || std::find(seen.begin(), seen.end(), false) != seen.end())
    shape_error("transpose", fmt::format("{} axes in an order that names each once are needed", x.rank()));
  return identity ? x : emit("transpose", {x}, {{"axes", order}});
}

Value broadcast_to(Value x, const Shape& shape) {
  return x.shape() == shape ? x : emit("broadcast_to", {x}, {{"shape", shape}});
}

Value slice(Value x, int axis, Dim begin, Dim end, std::int64_t step) {
  const int a = normalize_axis(axis, x.rank(), "slice");
  if (begin.is_known() && begin.value() < 0) begin = x.dim(a) + begin;
  if (end.is_known() && end.value() < 0) end = x.dim(a) + end;
  if (begin == Dim(0) && end == x.dim(a) && step == 1) return x;
  return emit("slice", {x}, {{"axis", std::int64_t{a}}, {"bounds", Shape{begin, end}}, {"step", step}});
}

Value take(Value x, int axis, std::int64_t index) {
  const int a = normalize_axis(axis, x.rank(), "take");
  const Dim begin = index < 0 ? x.dim(a) + Dim(index) : Dim(index);
  return squeeze(slice(x, a, begin, begin + Dim(1)), a);
}

Value pad(Value x, const std::vector<Padding>& padding, double value) {
  std::vector<std::int64_t> flat;
  for (const Padding& p : padding) flat.insert(flat.end(), {p.low, p.high, p.interior});
  if (std::all_of(flat.begin(), flat.end(), [](std::int64_t n) { return n == 0; })) return x;
  return emit("pad", {x}, {{"padding", flat}, {"value", value}});
}

Value concatenate(const std::vector<Value>& xs, int axis) {
  if (xs.empty()) throw Error(ErrorKind::spec, "Concatenate: there is nothing to put together");
  if (xs.size() == 1) return xs[0];
  return emit("concatenate", xs, {{"axis", std::int64_t{normalize_axis(axis, xs[0].rank(), "Concatenate")}}});
}

Value stack(const std::vector<Value>& xs, int axis) {
  std::vector<Value> expanded;
  for (const Value& x : xs) expanded.push_back(expand_dims(x, axis));
  return concatenate(expanded, axis);
}

Value reverse(Value x, int axis) { return emit("reverse", {x}, {{"axis", std::int64_t{normalize_axis(axis, x.rank(), "reverse")}}}); }

Value gather(Value table, Value indices) { return emit("gather", {table, indices}); }

Value scatter_add(Value indices, Value rows, const Shape& shape) { return emit("scatter_add", {indices, rows}, {{"shape", shape}}); }

// The largest count whose last element is at most x, bit by bit.
Value search_sorted(Value x, const Tensor& sorted) {
  Value found = cast(zeros_like(x), DType::int32);
  if (sorted.elements() == 0) return found;
  const Value table = constant(x, sorted);
  std::int64_t step = 1;
  while (step <= sorted.elements() / 2) step *= 2;
  for (; step > 0; step /= 2) {
    const Value next = found + step;
    const Value fits = logical_and(less_equal(next, sorted.elements()), less_equal(gather(table, next - 1), x));
    found = select(fits, next, found);
  }
  return found;
}

Value one_hot(Value indices, const Dim& depth, DType dtype) {
  const Value row = iota(indices, depth, indices.dtype());
  return cast(equal(expand_dims(indices, -1), row), dtype);
}

}  // namespace strata
