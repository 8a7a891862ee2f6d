#pragma once

#include <strata/metrics/overlap.h>

namespace strata::metrics {

struct BinaryIoU {
  std::vector<std::int64_t> target_class_ids = {0, 1};
  double threshold = 0.5;
  std::optional<std::string> name = {};
  Config dtype = {};

  static Schema schema() {
    return describe<BinaryIoU>(
        "BinaryIoU", "The mean overlap, both / (true + predicted - both), of the classes 0 and 1, or of one of them.",
        field("target_class_ids", &BinaryIoU::target_class_ids, "Classes that are averaged over.", between(0, 1)),
        field("threshold", &BinaryIoU::threshold, "Predictions at least this large are 1."),
        metric_fields<BinaryIoU>());
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    return running_overlap("BinaryIoU", s, y_true, cast(y_pred >= threshold, DType::int64), weight,
                           {.num_classes = 2, .target_class_ids = target_class_ids, .dtype = dtype});
  }
};

}  // namespace strata::metrics
