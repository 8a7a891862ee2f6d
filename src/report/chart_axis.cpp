#include "src/report/chart_axis.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace strata {
namespace {

// The smallest of 1, 2, 5 times a power of ten that is at least `width`.
double round_step(double width) {
  const double power = std::pow(10, std::floor(std::log10(width)));
  for (const double times : {1.0, 2.0, 5.0})
    if (times * power >= width * (1 - 1e-9)) return times * power;
  return 10 * power;
}

std::string with_minus(std::string text) {
  if (!text.empty() && text[0] == '-') text.replace(0, 1, "−");
  return text;
}

std::string tick_label(double value, double step, double largest) {
  if (largest >= 1e6 || step < 1e-4) return with_minus(fmt::format("{:.3g}", value));
  const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
  return with_minus(fmt::format("{:.{}f}", value, decimals));
}

}  // namespace

double ChartAxis::position(double value) const {
  if (logarithmic) return (std::log10(value) - std::log10(first)) / (std::log10(last) - std::log10(first));
  return (value - first) / (last - first);
}

ChartAxis linear_axis(double low, double high, int most_ticks) {
  low = std::clamp(low, -1e300, 1e300);
  high = std::clamp(high, -1e300, 1e300);
  const double size = std::max(std::abs(low), std::abs(high));
  if (high - low <= 1e-9 * size || high - low < 1e-300) {  // one value: room on both sides
    const double room = size > 1e-290 ? 0.1 * size : 1;
    low -= room;
    high += room;
  }
  ChartAxis axis;
  double step = round_step((high - low) / most_ticks);
  const auto whole = [&](double s) { return std::ceil(high / s - 1e-9) - std::floor(low / s + 1e-9); };
  if (whole(step) + 1 > most_ticks) step = round_step(step * 1.5);
  const double first = std::floor(low / step + 1e-9), count = whole(step);
  for (int i = 0; i <= static_cast<int>(count); ++i) axis.ticks.push_back((first + i) * step);
  axis.first = axis.ticks.front();
  axis.last = axis.ticks.back();
  const double largest = std::max(std::abs(axis.first), std::abs(axis.last));
  for (const double t : axis.ticks) axis.labels.push_back(tick_label(t, step, largest));
  return axis;
}

ChartAxis logarithmic_axis(double low, double high, int most_ticks) {
  ChartAxis axis;
  axis.logarithmic = true;
  // Every tick is 10^(k / 3) rounded to 1, 2, 5: its number is 3 decade + {0, 1, 2}.
  constexpr double times[] = {1, 2, 5};
  const auto tick = [&](int number) {
    const int decade = number >= 0 ? number / 3 : -((2 - number) / 3);
    // Through text: pow(10, -5) is not the double that 1e-05 is.
    return std::strtod(fmt::format("{:.0f}e{}", times[number - 3 * decade], decade).c_str(), nullptr);
  };
  int first = 3 * static_cast<int>(std::floor(std::log10(low))), last = 3 * static_cast<int>(std::ceil(std::log10(high))) + 3;
  while (tick(first + 1) <= low * (1 + 1e-9)) ++first;
  while (tick(last - 1) >= high * (1 - 1e-9)) --last;
  if (first == last) ++last;
  axis.first = tick(first);
  axis.last = tick(last);
  if (last - first + 1 <= most_ticks) {
    for (int n = first; n <= last; ++n) axis.ticks.push_back(tick(n));
  } else {
    const int decades = (last - first) / 3 + 1, every = (decades + most_ticks - 1) / most_ticks;
    for (int n = first; n <= last; ++n)
      if (((n % 3) + 3) % 3 == 0 && (n / 3) % every == 0) axis.ticks.push_back(tick(n));
  }
  for (const double t : axis.ticks) axis.labels.push_back(t >= 1e-4 && t < 1e6 ? fmt::format("{}", t) : fmt::format("{:.0e}", t));
  for (std::string& label : axis.labels)  // 1.0 is 1
    if (label.ends_with(".0")) label.resize(label.size() - 2);
  return axis;
}

ChartAxis counting_axis(double low, double high, int most_ticks) {
  ChartAxis axis;
  const double step = std::max(1.0, round_step(std::max(high - low, 1.0) / most_ticks));
  for (double t = std::ceil(low / step) * step; t <= high + 1e-9; t += step) axis.ticks.push_back(t);
  for (const double t : axis.ticks) axis.labels.push_back(fmt::format("{:.0f}", t));
  axis.first = low == high ? low - 0.5 : low;
  axis.last = low == high ? high + 0.5 : high;
  return axis;
}

std::string readable(double value) {
  if (std::isnan(value)) return "not a number";
  if (std::isinf(value)) return value > 0 ? "infinite" : "−infinite";
  return with_minus(fmt::format("{:.4g}", value));
}

}  // namespace strata
