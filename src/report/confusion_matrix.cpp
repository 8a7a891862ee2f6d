#include "src/report/confusion_matrix.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace strata {

std::int64_t ConfusionMatrix::rows_of(std::size_t truth) const {
  std::int64_t sum = 0;
  for (std::size_t p = 0; p < size(); ++p) sum += at(truth, p);
  return sum;
}

std::int64_t ConfusionMatrix::predictions_of(std::size_t predicted) const {
  std::int64_t sum = 0;
  for (std::size_t t = 0; t < size(); ++t) sum += at(t, predicted);
  return sum;
}

std::vector<ClassScore> class_scores(const ConfusionMatrix& m) {
  std::vector<ClassScore> scores;
  for (std::size_t c = 0; c < m.size(); ++c) scores.push_back({m.classes[c], m.rows_of(c), m.predictions_of(c), m.at(c, c)});
  return scores;
}

std::vector<Confusion> worst_confusions(const ConfusionMatrix& m, std::size_t most) {
  std::vector<Confusion> found;
  for (std::size_t t = 0; t < m.size(); ++t)
    for (std::size_t p = 0; p < m.size(); ++p)
      if (t != p && m.at(t, p) > 0) found.push_back({t, p, m.at(t, p)});
  std::stable_sort(found.begin(), found.end(), [](const Confusion& a, const Confusion& b) { return a.count > b.count; });
  found.resize(std::min(found.size(), most));
  return found;
}

Drawing draw(const ConfusionMatrix& m) {
  constexpr std::size_t longest = 14;
  const std::size_t n = m.size();
  std::int64_t largest = 0;
  for (const std::int64_t count : m.counts) largest = std::max(largest, count);
  const bool numbers = n <= 20;
  const double cell = n <= 20 ? std::max(n <= 12 ? 32.0 : 26.0, text_width(std::to_string(largest), 11) + 8) : 17;
  double label = 0;
  std::vector<std::string> names;
  for (const std::string& name : m.classes) {
    names.push_back(shortened(name, longest));
    label = std::max(label, text_width(names.back(), 12));
  }
  const bool slanted = label > cell - 4;
  const double left = 24 + std::ceil(label) + 8, top = 24 + (slanted ? std::ceil(label * 0.72) + 12 : 20), side = cell * static_cast<double>(n);
  Drawing d{left + side + (slanted ? std::ceil(label * 0.72) : 2), top + side + 2, "confusion matrix", ""};
  std::string& s = d.inside;
  s = fmt::format(R"svg(<text class="faint small" x="{}" y="12">predicted class</text><text class="faint small end" transform="translate(12 {}) rotate(-90)">true class</text>)svg",
                  coordinate(left), coordinate(top));
  for (std::size_t c = 0; c < n; ++c) {
    const double middle = (static_cast<double>(c) + 0.5) * cell;
    s += slanted ? fmt::format(R"svg(<text transform="translate({} {}) rotate(-45)">{}</text>)svg", coordinate(left + middle + 4), coordinate(top - 7), escaped(names[c]))
                 : fmt::format(R"(<text class="middle" x="{}" y="{}">{}</text>)", coordinate(left + middle), coordinate(top - 7), escaped(names[c]));
    s += fmt::format(R"(<text class="end" x="{}" y="{}">{}</text>)", coordinate(left - 8), coordinate(top + middle + 4), escaped(names[c]));
  }
  for (std::size_t t = 0; t < n; ++t) {
    const std::int64_t rows = m.rows_of(t);
    for (std::size_t p = 0; p < n; ++p) {
      const std::int64_t count = m.at(t, p);
      const double x = left + cell * static_cast<double>(p), y = top + cell * static_cast<double>(t);
      const double share = rows > 0 ? static_cast<double>(count) / static_cast<double>(rows) : 0, shade = std::sqrt(share);
      const std::string place = fmt::format(R"(x="{}" y="{}" width="{}" height="{}")", coordinate(x + 0.5), coordinate(y + 0.5), coordinate(cell - 1), coordinate(cell - 1));
      s += fmt::format(R"(<rect class="cell" {}/>)", place);
      if (count == 0) continue;
      s += fmt::format(R"(<rect class="{}" fill-opacity="{:.2f}" {}><title>{}</title></rect>)", t == p ? "right" : "wrong", shade, place,
                       escaped(fmt::format("{} taken for {}: {} of {} ({:.1f} %)", m.classes[t], m.classes[p], count, rows, 100 * share)));
      if (numbers)
        s += fmt::format(R"(<text class="small middle{}" x="{}" y="{}" pointer-events="none">{}</text>)", shade > 0.62 ? " strong" : "", coordinate(x + cell / 2),
                         coordinate(y + cell / 2 + 4), count);
    }
    s += "\n";
  }
  return d;
}

}  // namespace strata
