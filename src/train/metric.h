// What a metric's name means for one output of a model.
#pragma once

#include <string>

#include <strata/loss.h>
#include <strata/metric.h>

namespace strata {

// "accuracy", "acc", "crossentropy" and "ce" become binary where the last axis of y_pred is 1, sparse categorical where
// y_true holds class numbers, else categorical; a cross-entropy takes from_logits and the like from the loss. Every other
// name is that of a metric. The metric reports under the given name.
Metric resolve_metric(const std::string& name, const Shape& y_true, const Shape& y_pred, const Loss* loss);

}  // namespace strata
