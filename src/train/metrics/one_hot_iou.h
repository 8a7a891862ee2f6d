#pragma once

#include <strata/metrics/overlap.h>

namespace strata::metrics {

struct OneHotIoU {
  Required<std::int64_t> num_classes = unset;
  Required<std::vector<std::int64_t>> target_class_ids = unset;
  std::optional<std::string> name = {};
  Config dtype = {};
  std::optional<std::int64_t> ignore_class = {};
  bool sparse_y_pred = false;
  std::int64_t axis = -1;

  static Schema schema() {
    return describe<OneHotIoU>(
        "OneHotIoU", "The mean overlap, both / (true + predicted - both), of some classes; y_true is one-hot.",
        field("num_classes", &OneHotIoU::num_classes, "How many classes there are.", at_least(1)),
        field("target_class_ids", &OneHotIoU::target_class_ids, "Classes that are averaged over.", at_least(0)),
        metric_fields<OneHotIoU>(),
        field("ignore_class", &OneHotIoU::ignore_class, "Class whose elements do not count; null: none."),
        field("sparse_y_pred", &OneHotIoU::sparse_y_pred,
              "Whether y_pred holds class numbers instead of a value for each class."),
        field("axis", &OneHotIoU::axis, "Axis of the classes, where there is one."));
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    return running_overlap("OneHotIoU", s, y_true, y_pred, weight,
                           {.num_classes = *num_classes,
                            .target_class_ids = *target_class_ids,
                            .ignore_class = ignore_class,
                            .sparse_y_true = false,
                            .sparse_y_pred = sparse_y_pred,
                            .axis = axis,
                            .dtype = dtype});
  }
};

}  // namespace strata::metrics
