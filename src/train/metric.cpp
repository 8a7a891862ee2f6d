#include "src/train/metric.h"

#include <tuple>

namespace strata {
namespace {

// "Binary", "SparseCategorical" or "Categorical".
std::string kind_of_targets(const Shape& y_true, const Shape& y_pred) {
  const auto last_is_one = [](const Shape& s) { return s.rank() > 0 && s[-1] == Dim(1); };
  if (last_is_one(y_pred)) return "Binary";
  if (y_true.rank() < y_pred.rank() || last_is_one(y_true)) return "SparseCategorical";
  return "Categorical";
}

Axes trailing(int first, int rank) {
  Axes axes;
  for (int i = first; i < rank; ++i) axes.push_back(i);
  return axes;
}

Value mean_from_axis(Value x, int first) { return x.rank() > first ? mean(x, trailing(first, x.rank())) : x; }

}  // namespace

std::string Metric::log_name() const {
  const Config name = argument("name");
  return name.is_null() ? snake_case(type().schema.name) : name.str();
}

// Keras' reduce_to_samplewise_values and Mean: per row the mean of values times weights, and the mean of the weights.
Value running_mean(Scope& s, Value values, Value weight) {
  const DType dtype = values.dtype() == DType::float64 ? DType::float64 : DType::float32;
  values = cast(values, dtype);
  Value rows;  // how many rows, weighted
  if (weight) {
    std::tie(values, weight) = same_rank(values, cast(weight, dtype));
    values = mean_from_axis(values, weight.rank());
    weight = broadcast_to(weight, values.shape());
    values = values * weight;
    rows = sum(mean_from_axis(weight, 1));
  }
  values = mean_from_axis(values, 1);
  if (!weight) rows = values.rank() > 0 ? count(values, Axes{0}, dtype) : full(values, {}, 1, dtype);

  const Value total = s.state("total", {}, "zeros", dtype) + sum(values);
  const Value number = s.state("count", {}, "zeros", dtype) + rows;
  s.update("total", total);
  s.update("count", number);
  return divide_no_nan(total, number);
}

Value running_sum(Scope& s, std::string_view name, Value value) {
  const Value total = s.state(name, value.shape(), "zeros", value.dtype()) + value;
  s.update(name, total);
  return total;
}

Value with_axes_of(Value weight, Value values) {
  while (weight.rank() > values.rank() && weight.dim(-1) == Dim(1)) weight = squeeze(weight, -1);
  while (weight.rank() < values.rank()) weight = expand_dims(weight, -1);
  return weight;
}

Metric resolve_metric(const std::string& name, const Shape& y_true, const Shape& y_pred, const Loss* loss) {
  const bool accuracy = name == "accuracy" || name == "acc", crossentropy = name == "crossentropy" || name == "ce";
  ObjectConfig config{name, {{"name", name}}};
  if (accuracy) config.name = kind_of_targets(y_true, y_pred) + "Accuracy";
  if (crossentropy) {
    config.name = kind_of_targets(y_true, y_pred) + "Crossentropy";
    const Schema& schema = component_named(Metric::kind, config.name).schema;
    for (const char* shared : {"from_logits", "label_smoothing", "ignore_class"}) {
      const Config value = loss && *loss ? loss->argument(shared) : Config();
      if (!value.is_null() && schema.find(shared)) config.arguments.emplace_back(shared, value);
    }
  }
  Metric metric;
  metric.assign(config);
  return metric;
}

}  // namespace strata
