#include <strata/metrics/confusion.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include <strata/loss.h>

namespace strata {
namespace {

// Below every threshold that can be given.
constexpr double not_chosen = -1e10;

// Keras' test of equal distances (numpy.allclose): then the place of a prediction follows from a product, without
// comparing.
bool are_even(const std::vector<double>& sorted) {
  if (sorted.size() < 3) return false;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double even = static_cast<double>(i) / static_cast<double>(sorted.size() - 1);
    if (std::abs(sorted[i] - even) > 1e-7 * 1.0000001 + 1e-5 * even) return false;
  }
  return true;
}

// How many of the sorted thresholds lie below each prediction, as int64. A NaN is above none.
Value thresholds_below(Value y_pred, const std::vector<double>& sorted) {
  const auto n = static_cast<std::int64_t>(sorted.size());
  if (are_even(sorted)) {
    const double least = sorted.front() < 0 ? 1 : 0;
    const Value place = maximum(ceil(clip(y_pred, 0, 1) * static_cast<double>(n - 1)), least);
    return cast(select(is_nan(y_pred), 0, place), DType::int64);
  }
  Tensor t(DType::float64, {n});
  for (std::int64_t i = 0; i < n; ++i) t.set(i, sorted[static_cast<std::size_t>(i)]);
  const Value above = expand_dims(y_pred, -1) > cast(constant(y_pred, t), y_pred.dtype());
  return cast(sum(cast(above, y_pred.dtype()), Axes{-1}), DType::int64);
}

// True at the k largest of the last axis; of equals the first.
Value largest(Value x, std::int64_t k) {
  Value chosen;
  for (std::int64_t i = 0; i < k; ++i) {
    const Value next = one_hot(argmax(x, -1), x.dim(-1), DType::boolean);
    chosen = chosen ? logical_or(chosen, next) : next;
    x = select(next, -std::numeric_limits<double>::infinity(), x);
  }
  return chosen;
}

// (n, m) with 1 where the condition holds for the row and column numbers.
Value matrix(Value like, std::int64_t n, std::int64_t m, Value (*condition)(Operand, Operand)) {
  const Value rows = expand_dims(iota(like, n, DType::int64), 1), columns = expand_dims(iota(like, m, DType::int64), 0);
  return cast(condition(columns, rows), like.dtype());
}

}  // namespace

std::vector<double> even_thresholds(std::int64_t n) {
  if (n == 1) return {0.5};
  std::vector<double> thresholds(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i)
    thresholds[static_cast<std::size_t>(i)] = static_cast<double>(i) / static_cast<double>(n - 1);
  return thresholds;
}

std::vector<double> thresholds_or_default(const std::optional<std::vector<double>>& given,
                                          const std::optional<std::int64_t>& top_k) {
  if (given && !given->empty()) return *given;
  return {top_k ? not_chosen : 0.5};
}

Confusion running_confusion(const std::string& metric, Scope& s, Value y_true, Value y_pred, Value weight,
                            const ConfusionOptions& options) {
  const DType number = y_pred.dtype() == DType::float64 ? DType::float64 : DType::float32;
  std::tie(y_true, y_pred) = same_rank(cast(y_true, number), cast(y_pred, number));
  weight = weight ? with_axes_of(cast(weight, number), y_pred) : Value();
  if ((options.top_k || options.class_id || options.by_label || !options.label_weights.empty()) &&
      !(y_pred.rank() > 1 && y_pred.dim(-1).is_known()))
    throw Error(ErrorKind::spec, "the metric " + metric +
                                     " needs predictions (batch, classes) for these arguments, received " +
                                     y_pred.shape().str());
  const std::int64_t classes = y_pred.rank() > 1 && y_pred.dim(-1).is_known() ? y_pred.dim(-1).value() : 1;
  if (options.top_k) {
    if (*options.top_k > classes)
      throw Error(ErrorKind::spec, "top_k of the metric " + metric + " is " + std::to_string(*options.top_k) +
                                       ", there are " + std::to_string(classes) + " classes");
    y_pred = select(largest(y_pred, *options.top_k), y_pred, not_chosen);
  }
  if (options.class_id) {
    const std::int64_t id = *options.class_id;
    if (id >= classes)
      throw Error(ErrorKind::spec, "class_id of the metric " + metric + " is " + std::to_string(id) + ", there are " +
                                       std::to_string(classes) + " classes");
    y_true = slice(y_true, -1, id, id + 1);
    y_pred = slice(y_pred, -1, id, id + 1);
    if (weight && weight.dim(-1) != Dim(1)) weight = slice(weight, -1, id, id + 1);
  }
  if (!options.label_weights.empty()) {
    if (static_cast<std::int64_t>(options.label_weights.size()) != classes)
      throw Error(ErrorKind::spec, "the metric " + metric + " has " + std::to_string(options.label_weights.size()) +
                                       " label_weights, there are " + std::to_string(classes) + " labels");
    const Value of_labels =
        cast(constant(y_pred, Tensor::of<double>({classes}, std::span<const double>(options.label_weights))), number);
    weight = weight ? weight * of_labels : of_labels;
  }
  if (options.by_label && y_pred.rank() != 2)
    throw Error(ErrorKind::spec, "the metric " + metric +
                                     " needs predictions (batch, labels) to count labels apart, received " +
                                     y_pred.shape().str());
  const std::int64_t labels = options.by_label ? classes : 1;

  std::vector<std::size_t> order(options.thresholds.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return options.thresholds[a] < options.thresholds[b]; });
  std::vector<double> sorted;
  for (const std::size_t i : order) sorted.push_back(options.thresholds[i]);

  // Sums of weights by the number of thresholds below the prediction, label after label.
  const auto n = static_cast<std::int64_t>(sorted.size()), buckets = n + 1;
  Value bucket = thresholds_below(y_pred, sorted);
  if (labels > 1) bucket = bucket * labels + iota(bucket, labels, DType::int64);
  bucket = reshape(bucket, {-1});
  Value positive = cast(not_equal(y_true, 0), number), negative = 1 - positive;
  if (weight) {
    positive = positive * weight;
    negative = negative * weight;
  }
  const auto seen = [&](const char* name, Value weights) {
    const Value sums = segment_sum(reshape(broadcast_to(weights, y_pred.shape()), {-1, 1}), bucket, buckets * labels);
    return running_sum(s, name, reshape(sums, {buckets, labels}));
  };
  const Value positives = seen("positives", positive), negatives = seen("negatives", negative);
  const Value above = matrix(positives, n, buckets, &greater), below = matrix(positives, n, buckets, &less_equal);

  const auto in_given_order = [&](Value x) {
    if (std::is_sorted(order.begin(), order.end())) return x;
    std::vector<std::int64_t> place(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) place[order[i]] = static_cast<std::int64_t>(i);
    return gather(x, constant(x, Tensor::of<std::int64_t>({n}, std::span<const std::int64_t>(place))));
  };
  return {in_given_order(matmul(above, positives)), in_given_order(matmul(above, negatives)),
          in_given_order(matmul(below, negatives)), in_given_order(matmul(below, positives))};
}

}  // namespace strata
