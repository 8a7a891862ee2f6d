// What an operation is: shape inference, a gradient rule written in ops, a decomposition where it is a fused one.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <strata/attributes.h>
#include <strata/value.h>

namespace strata {

struct TensorType {
  DType dtype = DType::float32;
  Shape shape;
  friend bool operator==(const TensorType&, const TensorType&) = default;
};

class GradientContext;

enum class OpKind {
  leaf,         // parameter, input, constant
  alias,        // the same elements under another shape or name: reshape, stop_gradient
  elementwise,  // a row of backend/functors.h, cast, select; operands broadcast
  primitive,    // anything else a backend must bring
  random,       // never merged by CSE
  fused,        // carries a decomposition into the kinds above
  scan,         // a sub-graph over the first axis
};

struct Op {
  std::string_view name;
  OpKind kind;
  // Output types from input types and attributes; operands that do not fit are an Error of kind spec.
  std::vector<TensorType> (*infer)(std::span<const TensorType> inputs, const Attributes& attributes);
  // Null: a fused op is differentiated through its decomposition. Where neither is given, `differentiable` is false.
  void (*gradient)(GradientContext& g) = nullptr;
  // Fused ops only: the same outputs from primitives.
  std::vector<Value> (*decompose)(std::span<const Value> inputs, const Attributes& attributes) = nullptr;
  // Outputs from this one on are hidden: they pass from a forward op to its gradient op, whose kernels are chosen as a
  // pair, and no other op may read them. -1: none.
  int first_hidden = -1;
  // Fused gradient ops: the forward op they are chosen with.
  std::string_view forward = {};
  // False: no gradient flows through, by definition (a step function, a comparison, an index, a random draw, stop_gradient).
  bool differentiable = true;
};

// The op with this name, which must exist.
const Op& op_named(std::string_view name);
// Every op of the table, by name.
const std::vector<const Op*>& all_ops();

}  // namespace strata
