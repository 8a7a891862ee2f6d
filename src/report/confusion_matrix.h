// How often rows of one class were taken for another.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/report/markup.h"

namespace strata {

struct ConfusionMatrix {
  std::vector<std::string> classes;
  std::vector<std::int64_t> counts;  // row: the true class, column: the predicted one

  explicit ConfusionMatrix(std::vector<std::string> names = {}) : classes(std::move(names)), counts(classes.size() * classes.size()) {}
  std::size_t size() const { return classes.size(); }
  std::int64_t& at(std::size_t truth, std::size_t predicted) { return counts[truth * size() + predicted]; }
  std::int64_t at(std::size_t truth, std::size_t predicted) const { return counts[truth * size() + predicted]; }
  std::int64_t rows_of(std::size_t truth) const;
  std::int64_t predictions_of(std::size_t predicted) const;
};

// Of one class against all others. A quotient without rows is NaN.
struct ClassScore {
  std::string name;
  std::int64_t rows = 0, predicted = 0, hits = 0;
  double precision() const { return static_cast<double>(hits) / static_cast<double>(predicted); }
  double recall() const { return static_cast<double>(hits) / static_cast<double>(rows); }
  double f1() const { return 2 * static_cast<double>(hits) / static_cast<double>(rows + predicted); }
};
std::vector<ClassScore> class_scores(const ConfusionMatrix& matrix);

struct Confusion {
  std::size_t truth, predicted;
  std::int64_t count;
};
// The most frequent ones, at most `most`.
std::vector<Confusion> worst_confusions(const ConfusionMatrix& matrix, std::size_t most);

// More classes than this are too many for one picture.
constexpr std::size_t most_drawn_classes = 40;
// The shade of a cell is the square root of its share of the row, so that rare confusions are seen; hits and confusions have
// colours of their own.
Drawing draw(const ConfusionMatrix& matrix);

}  // namespace strata
