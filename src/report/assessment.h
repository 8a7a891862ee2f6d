// Predictions beside the truth: which classes are taken for which, and which rows are predicted worst.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <strata/tensor.h>
#include "src/report/confusion_matrix.h"

namespace strata {

// What an output's numbers are.
enum class Target {
  classes,  // the last axis holds a probability per class; the truth is a class number, or a 1 in its class' place
  binary,   // one probability
  labels,   // a probability per label, independent of each other
  values,   // anything else
};
struct TargetKind {
  Target target = Target::values;
  bool from_logits = false;           // log-odds instead of probabilities
  std::vector<std::string> classes;   // names; empty: the class numbers
};

struct AssessedRow {
  std::int64_t row = 0;
  double error = 0;  // classes, binary, labels: cross-entropy; values: mean absolute error; mean over a row with several places
  std::string truth, prediction;
  double probability = 0;  // of the predicted class; NaN where there is none
};

struct Assessment {
  ConfusionMatrix matrix;           // classes, binary
  std::vector<ClassScore> scores;   // of classes, or of labels at 1/2
  std::int64_t places = 0, hits = 0;  // predictions that were compared, and that were right: classes, binary
  std::vector<AssessedRow> worst;   // the worst first
};

// Axis 0 of both counts rows. Truths that are no class number (a padding value) do not count. Shapes that do not fit each
// other are an Error.
Assessment assess(const Tensor& truth, const Tensor& prediction, const TargetKind& kind, std::size_t most_rows);

}  // namespace strata
