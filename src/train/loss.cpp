#include <strata/loss.h>

#include <tuple>

namespace strata {
namespace {

DType dtype_of_loss(const Loss& loss, Value y_pred) {
  const Config given = loss.argument("dtype");
  if (const auto* name = given.as<std::string>())
    if (const auto dtype = dtype_named(*name)) return *dtype;
  return y_pred.dtype() == DType::float64 ? DType::float64 : DType::float32;
}

bool divides_by_number(const std::string& reduction) { return reduction == "sum_over_batch_size" || reduction == "mean"; }

Value number_of(Value x, DType dtype) { return x.rank() == 0 ? full(x, {}, 1, dtype) : count(x, std::nullopt, dtype); }

// Sample weight and mask as one weight, or none. What a mean divides by is the number of all values; a mask's weight
// total / valid makes it the number of those that count.
Value merged(Value sample_weight, Value mask, const std::string& reduction, DType dtype) {
  if (sample_weight) sample_weight = cast(sample_weight, dtype);
  if (!mask) return sample_weight;
  Value counts = cast(mask, dtype);
  if (divides_by_number(reduction)) counts = counts * divide_no_nan(number_of(mask, dtype), sum(counts));
  if (!sample_weight) return counts;
  const auto [a, b] = same_rank(counts, sample_weight);
  return a * b;
}

}  // namespace

std::pair<Value, Value> same_rank(Value a, Value b) {
  if (a.rank() == b.rank() + 1 && a.dim(-1) == Dim(1))
    return b.rank() == 1 ? std::pair(a, expand_dims(b, -1)) : std::pair(squeeze(a, -1), b);
  if (b.rank() == a.rank() + 1 && b.dim(-1) == Dim(1))
    return a.rank() == 1 ? std::pair(expand_dims(a, -1), b) : std::pair(a, squeeze(b, -1));
  return {a, b};
}

void check_same_shape(const std::string& kind, const std::string& name, Value y_true, Value y_pred) {
  bool same = y_true.rank() == y_pred.rank();
  for (int i = 0; same && i < y_true.rank(); ++i) {
    const Dim& a = y_true.dim(i);
    const Dim& b = y_pred.dim(i);
    same = !a.is_known() || !b.is_known() || a == b;
  }
  if (same) return;
  const bool has_sparse_form = name == "CategoricalCrossentropy" || name == "CategoricalAccuracy" || name == "TopKCategoricalAccuracy";
  throw Error(ErrorKind::spec,
              "the " + kind + " " + name + " needs targets of the shape of the predictions " + y_pred.shape().str() + ", received " + y_true.shape().str(),
              has_sparse_form ? "class numbers go with " + (kind == "loss" ? "sparse_categorical_crossentropy" : "Sparse" + name) : "");
}

Value Loss::values(Value y_true, Value y_pred) const {
  const auto [a, b] = same_rank(y_true, y_pred);
  return functions().call(object_.get(), a, b);
}

Value Loss::mask(Value y_true, Value y_pred) const {
  if (!functions().mask) return {};
  const auto [a, b] = same_rank(y_true, y_pred);
  return functions().mask(object_.get(), a, b);
}

Value Loss::operator()(Value y_true, Value y_pred, Value sample_weight, Value mask) const {
  const DType dtype = dtype_of_loss(*this, y_pred);
  y_pred = cast(y_pred, dtype);
  const Config given = argument("reduction");
  const std::string reduction = given.is_null() ? "none" : given.str();
  if (const Value counts = this->mask(y_true, y_pred)) mask = mask ? logical_and(cast(mask, DType::boolean), counts) : counts;

  Value loss = values(y_true, y_pred), weight = merged(sample_weight, mask, reduction, dtype);
  if (weight) {
    std::tie(loss, weight) = same_rank(loss, weight);
    loss = loss * weight;
  }
  if (reduction == "none" || loss.rank() == 0) return loss;
  const Value total = sum(loss);
  if (reduction == "sum") return total;
  return divide_no_nan(total, reduction == "mean_with_sample_weight" && weight ? sum(weight) : number_of(loss, dtype));
}

}  // namespace strata
