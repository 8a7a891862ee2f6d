#include <strata/metrics/overlap.h>

#include <numeric>

namespace strata {

Value running_overlap(const std::string& metric, Scope& s, Value y_true, Value y_pred, Value weight,
                      const OverlapOptions& options) {
  const std::int64_t n = options.num_classes;
  std::vector<std::int64_t> targets = options.target_class_ids;
  if (targets.empty()) {
    targets.resize(static_cast<std::size_t>(n));
    std::iota(targets.begin(), targets.end(), 0);
  }
  for (const std::int64_t id : targets)
    if (id >= n)
      throw Error(ErrorKind::spec, "target_class_ids of the metric " + metric + " names the class " +
                                       std::to_string(id) + ", there are " + std::to_string(n) + " classes, from 0");
  const DType number = s.variable_dtype() == DType::float64 ? DType::float64 : DType::float32;
  const int axis = static_cast<int>(options.axis);
  const auto class_numbers = [&](Value y, bool sparse) { return sparse ? cast(y, DType::int64) : argmax(y, axis); };
  const Value truth = class_numbers(y_true, options.sparse_y_true);
  const Value z = reshape(truth, {-1}), p = reshape(class_numbers(y_pred, options.sparse_y_pred), {-1});

  const bool whole_weights = options.dtype.is_null() || options.dtype.str().starts_with("int");
  Value w = full(z, z.shape(), 1, number);
  if (weight) {
    w = reshape(broadcast_to(with_axes_of(cast(weight, number), truth), truth.shape()), {-1});
    if (whole_weights) w = cast(cast(w, DType::int64), number);
  }
  Value counts = logical_and(logical_and(z >= 0, z < n), logical_and(p >= 0, p < n));
  if (options.ignore_class) counts = logical_and(counts, not_equal(z, *options.ignore_class));
  const Value cells = segment_sum(expand_dims(select(counts, w, 0), -1), select(counts, z * n + p, 0), n * n);
  const Value total = running_sum(s, "total_confusion_matrix",
                                  whole_weights ? cast(reshape(cells, {n, n}), DType::int64) : reshape(cells, {n, n}));

  const Value of_classes = cast(total, number);
  const Value both = sum(of_classes * one_hot(iota(z, n, DType::int64), n, number), Axes{1});
  const Value either = sum(of_classes, Axes{0}) + sum(of_classes, Axes{1}) - both;
  const Value chosen = constant(
      z, Tensor::of<std::int64_t>({static_cast<std::int64_t>(targets.size())}, std::span<const std::int64_t>(targets)));
  const Value overlap = gather(both, chosen), size = gather(either, chosen), there = size > 1e-9;
  return sum(select(there, overlap / (size + 1e-7), 0)) / (sum(cast(there, number)) + 1e-7);
}

}  // namespace strata
