// An axis of a chart: what it reaches over and where its ticks stand, always at round numbers.
#pragma once

#include <string>
#include <vector>

namespace strata {

struct ChartAxis {
  double first = 0, last = 1;
  bool logarithmic = false;
  std::vector<double> ticks;
  std::vector<std::string> labels;  // of the ticks

  // From 0 at `first` to 1 at `last`.
  double position(double value) const;
};

// Ticks at 1, 2 or 5 times a power of ten; the axis ends at ticks. `low` and `high` may be equal.
ChartAxis linear_axis(double low, double high, int most_ticks = 6);
// Ticks at powers of ten, with 2 and 5 times those where the range is short. `low` is above 0.
ChartAxis logarithmic_axis(double low, double high, int most_ticks = 9);
// Ticks at whole numbers; the axis ends at `low` and `high`: epochs.
ChartAxis counting_axis(double low, double high, int most_ticks = 7);

// A value as people read it: four significant digits.
std::string readable(double value);

}  // namespace strata
