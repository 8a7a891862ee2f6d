#include "src/report/assessment.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <strata/error.h>
#include "src/report/chart_axis.h"

namespace strata {
namespace {

constexpr double least = 1e-7;  // Keras' epsilon: the logarithm of 0 stays finite

double cross_entropy(double probability) { return -std::log(std::clamp(probability, least, 1.0)); }
double sigmoid(double z) { return 1 / (1 + std::exp(-z)); }

std::string name_of(const std::vector<std::string>& names, std::int64_t number) {
  return number >= 0 && number < static_cast<std::int64_t>(names.size()) ? names[static_cast<std::size_t>(number)] : std::to_string(number);
}

std::vector<std::string> names_of(const TargetKind& kind, std::int64_t classes) {
  std::vector<std::string> names;
  for (std::int64_t c = 0; c < classes; ++c) names.push_back(name_of(kind.classes, c));
  return names;
}

class Assessor {
 public:
  Assessor(const Tensor& truth, const Tensor& prediction, const TargetKind& kind) : truth_(truth), prediction_(prediction), kind_(kind) {
    rows_ = prediction.rank() > 0 ? prediction.dim(0) : 0;
    if (rows_ == 0 || truth.rank() == 0 || truth.dim(0) != rows_) throw mismatch();
    width_ = kind.target == Target::binary ? 1 : prediction.rank() > 1 ? prediction.dim(-1) : 1;
    places_ = width_ > 0 ? prediction.elements() / rows_ / width_ : 0;
    one_hot_ = truth.elements() == prediction.elements();
    if (!one_hot_ && !(kind.target == Target::classes && truth.elements() == rows_ * places_)) throw mismatch();
    const std::int64_t classes = kind.target == Target::binary ? 2 : width_;
    if (kind.target == Target::classes || kind.target == Target::binary) result_.matrix = ConfusionMatrix(names_of(kind, classes));
    if (kind.target == Target::labels)
      for (const std::string& name : names_of(kind, width_)) result_.scores.push_back({name, 0, 0, 0});
  }

  Assessment run(std::size_t most_rows) {
    for (std::int64_t r = 0; r < rows_; ++r) {
      AssessedRow row{r, 0, "", "", std::nan("")};
      std::int64_t counted = 0;
      for (std::int64_t p = 0; p < places_; ++p) counted += place(row, r * places_ + p);
      if (counted == 0) continue;
      row.error /= static_cast<double>(counted);
      if (places_ > 1) row.truth = row.prediction = "", row.probability = std::nan("");
      result_.worst.push_back(std::move(row));
      // A heap would do; a cut now and then keeps memory small too.
      if (result_.worst.size() >= 4 * most_rows + 1024) keep_worst(most_rows);
    }
    keep_worst(most_rows);
    if (result_.matrix.size() > 0) result_.scores = class_scores(result_.matrix);
    return std::move(result_);
  }

 private:
  Error mismatch() const { return Error(ErrorKind::data, fmt::format("targets {} cannot be compared with predictions {}", truth_.str(), prediction_.str())); }

  void keep_worst(std::size_t most_rows) {
    // Not-a-number is the worst of all.
    const auto worse = [](const AssessedRow& a, const AssessedRow& b) { return std::isnan(a.error) != std::isnan(b.error) ? std::isnan(a.error) : a.error > b.error; };
    std::stable_sort(result_.worst.begin(), result_.worst.end(), worse);
    result_.worst.resize(std::min(result_.worst.size(), most_rows));
  }

  // Adds one place's error and says what it is about; 0 where it does not count.
  int place(AssessedRow& row, std::int64_t at) {
    switch (kind_.target) {
      case Target::classes: return class_place(row, at);
      case Target::binary: return binary_place(row, at);
      case Target::labels: return label_place(row, at);
      default: return value_place(row, at);
    }
  }

  std::int64_t largest(const Tensor& t, std::int64_t at) const {
    std::int64_t best = 0;
    for (std::int64_t c = 1; c < width_; ++c)
      if (t.at(at * width_ + c) > t.at(at * width_ + best)) best = c;
    return best;
  }

  double class_probability(std::int64_t at, std::int64_t c) const {
    if (!kind_.from_logits) return prediction_.at(at * width_ + c);
    const double top = prediction_.at(at * width_ + largest(prediction_, at));
    double sum = 0;
    for (std::int64_t i = 0; i < width_; ++i) sum += std::exp(prediction_.at(at * width_ + i) - top);
    return std::exp(prediction_.at(at * width_ + c) - top) / sum;
  }

  int class_place(AssessedRow& row, std::int64_t at) {
    const bool sparse = !one_hot_ || width_ == 1;
    const double number = sparse ? truth_.at(at) : static_cast<double>(largest(truth_, at));
    if (!(number >= 0 && number < static_cast<double>(width_))) return 0;
    const auto truth = static_cast<std::int64_t>(number);
    const std::int64_t predicted = largest(prediction_, at);
    count(static_cast<std::size_t>(truth), static_cast<std::size_t>(predicted));
    row.error += cross_entropy(class_probability(at, truth));
    row.truth = name_of(kind_.classes, truth);
    row.prediction = name_of(kind_.classes, predicted);
    row.probability = class_probability(at, predicted);
    return 1;
  }

  int binary_place(AssessedRow& row, std::int64_t at) {
    const double z = prediction_.at(at), p = kind_.from_logits ? sigmoid(z) : z, truth = truth_.at(at);
    if (!(truth >= 0 && truth <= 1)) return 0;
    const std::int64_t is = truth > 0.5, predicted = p > 0.5;
    count(static_cast<std::size_t>(is), static_cast<std::size_t>(predicted));
    row.error += truth * cross_entropy(p) + (1 - truth) * cross_entropy(1 - p);
    row.truth = name_of(kind_.classes, is);
    row.prediction = name_of(kind_.classes, predicted);
    row.probability = predicted ? p : 1 - p;
    return 1;
  }

  int label_place(AssessedRow& row, std::int64_t at) {
    const auto append = [&](std::string& list, std::size_t label) { list += (list.empty() ? "" : ", ") + result_.scores[label].name; };
    double error = 0;
    for (std::int64_t l = 0; l < width_; ++l) {
      const double z = prediction_.at(at * width_ + l), p = kind_.from_logits ? sigmoid(z) : z, truth = truth_.at(at * width_ + l);
      error += truth * cross_entropy(p) + (1 - truth) * cross_entropy(1 - p);
      ClassScore& score = result_.scores[static_cast<std::size_t>(l)];
      score.rows += truth > 0.5;
      score.predicted += p > 0.5;
      score.hits += truth > 0.5 && p > 0.5;
      if (truth > 0.5) append(row.truth, static_cast<std::size_t>(l));
      if (p > 0.5) append(row.prediction, static_cast<std::size_t>(l));
    }
    row.error += error / static_cast<double>(width_);
    return 1;
  }

  int value_place(AssessedRow& row, std::int64_t at) {
    constexpr std::int64_t shown = 6;
    double error = 0;
    for (std::int64_t i = 0; i < width_; ++i) {
      const double truth = truth_.at(at * width_ + i), p = prediction_.at(at * width_ + i);
      error += std::abs(p - truth);
      if (i > shown) continue;
      const char* before = i == 0 ? "" : ", ";
      row.truth += i == shown ? ", …" : before + readable(truth);
      row.prediction += i == shown ? ", …" : before + readable(p);
    }
    row.error += error / static_cast<double>(width_);
    return 1;
  }

  void count(std::size_t truth, std::size_t predicted) {
    ++result_.matrix.at(truth, predicted);
    ++result_.places;
    result_.hits += truth == predicted;
  }

  const Tensor &truth_, &prediction_;
  const TargetKind& kind_;
  std::int64_t rows_ = 0, width_ = 1, places_ = 1;
  bool one_hot_ = false;
  Assessment result_;
};

}  // namespace

Assessment assess(const Tensor& truth, const Tensor& prediction, const TargetKind& kind, std::size_t most_rows) {
  return Assessor(truth, prediction, kind).run(most_rows);
}

}  // namespace strata
