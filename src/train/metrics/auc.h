#pragma once

#include <algorithm>

#include <strata/metrics/confusion.h>

namespace strata::metrics {

// Interpolation between points of the PR curve: Davis and Goadrich, "The relationship between precision-recall and ROC
// curves", 2006; PRGAIN: Flach and Kull, "Precision-recall-gain curves", 2015.
struct AUC {
  std::int64_t num_thresholds = 200;
  std::string curve = "ROC";
  std::string summation_method = "interpolation";
  std::optional<std::string> name = {};
  Config dtype = {};
  std::optional<std::vector<double>> thresholds = {};
  bool multi_label = false;
  std::optional<std::int64_t> num_labels = {};
  std::optional<std::vector<double>> label_weights = {};
  bool from_logits = false;

  static Schema schema() {
    return describe<AUC>(
        "AUC", "The area under the ROC or precision-recall curve, as a sum over thresholds.",
        field("num_thresholds", &AUC::num_thresholds, "How many thresholds make the curve.", at_least(2)),
        field("curve", &AUC::curve, "Which curve.", one_of({"ROC", "PR", "PRGAIN"})),
        field("summation_method", &AUC::summation_method, "How it goes from one threshold to the next.",
              one_of({"interpolation", "minoring", "majoring"})),
        metric_fields<AUC>(),
        field("thresholds", &AUC::thresholds, "The thresholds between 0 and 1, instead of num_thresholds even ones.",
              between(0, 1)),
        field("multi_label", &AUC::multi_label, "Whether the area is taken label by label, and then their mean."),
        field("num_labels", &AUC::num_labels, "How many labels, where they are counted apart.", at_least(1)),
        field("label_weights", &AUC::label_weights, "Weight of each label.", at_least(0)),
        field("from_logits", &AUC::from_logits, "Whether y_pred holds logits instead of probabilities."));
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    if (num_labels && !multi_label)
      throw Error(ErrorKind::spec, "the metric AUC takes num_labels only with multi_label: true");
    if (num_labels && y_pred.dim(-1).is_known() && y_pred.dim(-1) != Dim(*num_labels))
      throw Error(ErrorKind::spec, "num_labels of the metric AUC is " + std::to_string(*num_labels) +
                                       ", the predictions are " + y_pred.shape().str());
    ConfusionOptions options{.thresholds = curve_thresholds(), .by_label = multi_label};
    if (label_weights && !multi_label) options.label_weights = *label_weights;
    const Confusion c = running_confusion("AUC", s, y_true, from_logits ? sigmoid(y_pred) : y_pred, weight, options);
    const Value area =
        sum(curve == "PR" && summation_method == "interpolation" ? interpolated_precision(c) : steps(c), Axes{0});
    if (!label_weights || !multi_label) return mean(area);
    const Value of_labels = cast(constant(area, Tensor::of<double>({static_cast<std::int64_t>(label_weights->size())},
                                                                   std::span<const double>(*label_weights))),
                                 area.dtype());
    return divide_no_nan(sum(area * of_labels), sum(of_labels));
  }

 private:
  // The first lies below every probability, the last above.
  std::vector<double> curve_thresholds() const {
    std::vector<double> t = even_thresholds(num_thresholds);
    if (thresholds) {
      t = *thresholds;
      t.insert(t.end(), {0, 1});
      std::sort(t.begin(), t.end());
    }
    t.front() = -1e-7;
    t.back() = 1 + 1e-7;
    return t;
  }
  static Value low(Value x) { return slice(x, 0, 0, x.dim(0) - Dim(1)); }  // at each threshold but the last
  static Value high(Value x) { return slice(x, 0, 1, x.dim(0)); }          // at the next one

  static Value interpolated_precision(const Confusion& c) {
    const Value tp = c.true_positives, p = tp + c.false_positives;
    const Value d_tp = low(tp) - high(tp), d_p = low(p) - high(p);
    const Value slope = divide_no_nan(d_tp, maximum(d_p, 0)), intercept = high(tp) - slope * high(p);
    const Value ratio = select(logical_and(low(p) > 0, high(p) > 0), divide_no_nan(low(p), maximum(high(p), 0)), 1);
    return divide_no_nan(slope * (d_tp + intercept * log(ratio)), maximum(high(tp) + high(c.false_negatives), 0));
  }
  Value steps(const Confusion& c) const {
    const auto [x, y] = axes(c);
    const Value height = summation_method == "interpolation" ? (low(y) + high(y)) / 2
                         : summation_method == "minoring"    ? minimum(low(y), high(y))
                                                             : maximum(low(y), high(y));
    return (low(x) - high(x)) * height;
  }
  // x and y of the curve at every threshold.
  std::pair<Value, Value> axes(const Confusion& c) const {
    const Value recall = share(c.true_positives, c.false_negatives);
    if (curve == "ROC") return {share(c.false_positives, c.true_negatives), recall};
    if (curve == "PR") return {recall, share(c.true_positives, c.false_positives)};
    const Value odds = divide_no_nan(c.true_positives + c.false_negatives, c.true_negatives + c.false_positives);
    const Value found = c.true_positives > 0;
    const Value recall_gain = 1 - odds * divide_no_nan(c.false_negatives, c.true_positives);
    const Value precision_gain = 1 - odds * divide_no_nan(c.false_positives, c.true_positives);
    return {maximum(select(found, recall_gain, 0), 0), select(found, precision_gain, 1)};
  }
};

}  // namespace strata::metrics
