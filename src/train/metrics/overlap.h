// How far predicted and true classes cover the same elements, over everything seen: what IoU and its kin are computed
// from.
#pragma once

#include <optional>
#include <vector>

#include <strata/metric.h>

namespace strata {

struct OverlapOptions {
  std::int64_t num_classes = 0;
  std::vector<std::int64_t> target_class_ids;       // the classes that are averaged over; empty: all
  std::optional<std::int64_t> ignore_class = {};    // elements of this class do not count
  bool sparse_y_true = true, sparse_y_pred = true;  // class numbers, or a value for each class along `axis`
  std::int64_t axis = -1;
  Config dtype = {};  // null: weights are cut to integers, as Keras' are
};

// The mean over the classes of both / (true + predicted - both); a class that is nowhere does not count, nor does an
// element with a class number outside.
Value running_overlap(const std::string& metric, Scope& s, Value y_true, Value y_pred, Value weight,
                      const OverlapOptions& options);

}  // namespace strata
