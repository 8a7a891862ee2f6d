#include <map>

#include <fmt/format.h>

#include <strata/error.h>
#include "src/graph/ops/table.h"

namespace strata {

const std::vector<const Op*>& all_ops() {
  static const std::vector<const Op*> ops = [] {
    std::vector<const Op*> list;
    for (const auto group : {leaf_ops(), elementwise_ops(), movement_ops(), reduction_ops(), contraction_ops(), random_ops(),
                             control_ops(), convolution_ops(), pooling_ops(), softmax_ops(), normalization_ops(),
                             attention_ops(), recurrent_ops(), embedding_ops()})
      for (const Op& op : group) list.push_back(&op);
    return list;
  }();
  return ops;
}

const Op& op_named(std::string_view name) {
  static const std::map<std::string_view, const Op*> by_name = [] {
    std::map<std::string_view, const Op*> map;
    for (const Op* op : all_ops()) map[op->name] = op;
    return map;
  }();
  const auto found = by_name.find(name);
  if (found == by_name.end()) throw Error(ErrorKind::runtime, fmt::format("there is no operation '{}'", name));
  return *found->second;
}

void shape_error(std::string_view op, const std::string& message) {
  throw Error(ErrorKind::spec, fmt::format("{}: {}", op, message));
}

Shape broadcast(const Shape& a, const Shape& b, std::string_view op) {
  const int rank = std::max(a.rank(), b.rank());
  std::vector<Dim> dims(static_cast<std::size_t>(rank));
  for (int i = 1; i <= rank; ++i) {
    const Dim one = 1;
    const Dim& x = i <= a.rank() ? a[-i] : one;
    const Dim& y = i <= b.rank() ? b[-i] : one;
    Dim& d = dims[static_cast<std::size_t>(rank - i)];
    if (x == y || y == one) d = x;
    else if (x == one) d = y;
    else if (!x.is_known()) d = y;
    else if (!y.is_known()) d = x;
    else shape_error(op, fmt::format("the shapes {} and {} do not fit together: axis {} is {} here, {} there", a.str(), b.str(), -i, x.str(), y.str()));
  }
  return Shape(std::move(dims));
}

int normalize_axis(std::int64_t axis, int rank, std::string_view op) {
  if (axis < -rank || axis >= rank)
    shape_error(op, fmt::format("axis {} does not exist in a tensor of {} axes", axis, rank));
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

}  // namespace strata
