// The part of a report that needs rows: what the model makes of rows that it was not trained on.
#pragma once

#include <string>
#include <vector>

#include "apps/strata/loaded_model.h"
#include "src/report/page.h"

namespace strata {

struct HeldOutRows {
  Rows rows;
  std::string origin;          // "data.test"
  std::int64_t first_row = 0;  // of the file, that row 0 is; -1 where rows were taken from here and there
};
// --x, else data.test, else data.validation, else what fit.validation_split keeps back. An Error where there are none.
HeldOutRows held_out_rows(const DataChoice& choice, const LoadedModel& loaded, const CommonOptions& common);

struct PredictionParts {
  Logs logs;                // of evaluate; empty where the model has no loss
  bool classifies = false;  // every output has classes
  std::string predictions;  // confusion matrices, scores, scatter charts
  std::string worst;        // the examples that were predicted worst
};
PredictionParts prediction_parts(LoadedModel& loaded, const HeldOutRows& held_out, std::int64_t batch_size);

}  // namespace strata
