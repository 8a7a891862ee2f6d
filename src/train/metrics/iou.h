#pragma once

#include <strata/metrics/overlap.h>

namespace strata::metrics {

struct IoU {
  Required<std::int64_t> num_classes = unset;
  Required<std::vector<std::int64_t>> target_class_ids = unset;
  std::optional<std::string> name = {};
  Config dtype = {};
  std::optional<std::int64_t> ignore_class = {};
  bool sparse_y_true = true;
  bool sparse_y_pred = true;
  std::int64_t axis = -1;

  static Schema schema() {
    return describe<IoU>(
        "IoU", "The mean overlap, both / (true + predicted - both), of some classes.",
        field("num_classes", &IoU::num_classes, "How many classes there are.", at_least(1)),
        field("target_class_ids", &IoU::target_class_ids, "Classes that are averaged over.", at_least(0)),
        metric_fields<IoU>(),
        field("ignore_class", &IoU::ignore_class, "Class whose elements do not count; null: none."),
        field("sparse_y_true", &IoU::sparse_y_true,
              "Whether y_true holds class numbers instead of a value for each class."),
        field("sparse_y_pred", &IoU::sparse_y_pred,
              "Whether y_pred holds class numbers instead of a value for each class."),
        field("axis", &IoU::axis, "Axis of the classes, where there is one."));
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    return running_overlap("IoU", s, y_true, y_pred, weight,
                           {.num_classes = *num_classes,
                            .target_class_ids = *target_class_ids,
                            .ignore_class = ignore_class,
                            .sparse_y_true = sparse_y_true,
                            .sparse_y_pred = sparse_y_pred,
                            .axis = axis,
                            .dtype = dtype});
  }
};

}  // namespace strata::metrics
