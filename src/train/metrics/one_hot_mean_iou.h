#pragma once

#include <strata/metrics/overlap.h>

namespace strata::metrics {

struct OneHotMeanIoU {
  Required<std::int64_t> num_classes = unset;
  std::optional<std::string> name = {};
  Config dtype = {};
  std::optional<std::int64_t> ignore_class = {};
  bool sparse_y_pred = false;
  std::int64_t axis = -1;

  static Schema schema() {
    return describe<OneHotMeanIoU>(
        "OneHotMeanIoU", "The mean overlap, both / (true + predicted - both), of all classes; y_true is one-hot.",
        field("num_classes", &OneHotMeanIoU::num_classes, "How many classes there are.", at_least(1)),
        metric_fields<OneHotMeanIoU>(),
        field("ignore_class", &OneHotMeanIoU::ignore_class, "Class whose elements do not count; null: none."),
        field("sparse_y_pred", &OneHotMeanIoU::sparse_y_pred,
              "Whether y_pred holds class numbers instead of a value for each class."),
        field("axis", &OneHotMeanIoU::axis, "Axis of the classes, where there is one."));
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    return running_overlap("OneHotMeanIoU", s, y_true, y_pred, weight,
                           {.num_classes = *num_classes,
                            .target_class_ids = {},
                            .ignore_class = ignore_class,
                            .sparse_y_true = false,
                            .sparse_y_pred = sparse_y_pred,
                            .axis = axis,
                            .dtype = dtype});
  }
};

}  // namespace strata::metrics
