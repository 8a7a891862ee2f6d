// The charts of one training run, or of several laid over each other: one per metric, training and validation in it.
#pragma once

#include <string>
#include <vector>

#include "src/report/line_chart.h"

namespace strata {

// What a log held: "loss", "val_loss", ... x counts epochs from 1; an epoch in which it was not measured has no point.
struct LoggedMetric {
  std::string name;
  std::vector<CurvePoint> points;
};
struct LoggedRun {
  std::string label;
  std::vector<LoggedMetric> metrics;
};

enum class Scale { automatic, linear, logarithmic };

// The metrics of the runs without Keras' "val_", in the order of the logs.
std::vector<std::string> metric_names(const std::vector<LoggedRun>& runs);

// One run: training and validation differ by colour and are named at the ends of the lines. Several: a colour per run,
// training is dashed. Scale::automatic: logarithmic for a loss that falls to less than a fiftieth.
std::vector<LineChart> learning_curves(const std::vector<LoggedRun>& runs, const std::vector<std::string>& metrics, Scale scale = Scale::automatic);

// All charts as one drawing, two beside each other, with a legend of the runs above where there are several.
Drawing learning_curve_sheet(const std::vector<LoggedRun>& runs, const std::vector<std::string>& metrics, Scale scale = Scale::automatic);

}  // namespace strata
