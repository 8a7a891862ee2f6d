// A data set's columns as a model takes them: which input, target or weight each is, and its type.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <strata/dataset.h>

namespace strata {

class ModelState;

// Types of a batch's columns, which a training graph is traced for: the target's rank and dtype are the data's.
struct BatchColumn { std::string name; DType dtype; std::vector<std::int64_t> row; };  // row: shape without axis 0
struct BatchTypes {
  std::vector<BatchColumn> x, y, sample_weight;
  bool resident = false;  // whole columns lie in memory and batches are gathered by row number
  friend bool operator<(const BatchTypes& a, const BatchTypes& b);
};

// Columns of a data set under the names that a training graph gives its inputs: "x:image", "y:label", "weight:label".
// Rows that disagree and inputs of another shape than the model's are Errors.
std::map<std::string, Tensor> named_columns(const ModelState& state, const Dataset& data);
BatchTypes batch_types(const ModelState& state, const Dataset& data, bool resident);

// The columns that a compiled model would be given, as far as that can be told without data; -1: an open axis.
BatchTypes assumed_types(const ModelState& state, bool resident);
// The batch that a compiled model would be given, as far as that can be told without data: targets have the shapes of the
// predictions, class numbers one axis less. An open axis is an Error.
struct AssumedBatch {
  BatchTypes types;
  std::map<std::string, std::vector<std::int64_t>> shapes;  // under the names of named_columns; "order" where resident
};
AssumedBatch assumed_batch(const ModelState& state, std::int64_t batch_size, bool resident);

}  // namespace strata
