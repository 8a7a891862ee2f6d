#pragma once

#include <algorithm>
#include <cmath>

#include <strata/layers/preprocessing/category.h>

namespace strata {

// Numbers to the bins they fall in: bin i is [bin_boundaries[i - 1], bin_boundaries[i]). The boundaries are given, or learned by
// adapt as the quantiles that make num_bins bins of equal weight.
struct Discretization {
  std::optional<std::vector<double>> bin_boundaries = {};
  std::optional<std::int64_t> num_bins = {};
  double epsilon = 0.01;
  std::string output_mode = "int";
  bool sparse = false;
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr bool autocast = false;  // a value is compared as it is, in a half precision policy too

  static Schema schema() {
    return describe<Discretization>("Discretization", "Numbers to the bins they fall in.",
        field("bin_boundaries", &Discretization::bin_boundaries,
              "Where one bin ends and the next begins, ascending; null: learned from the data."),
        field("num_bins", &Discretization::num_bins, "How many bins adapt makes.", at_least(1)),
        field("epsilon", &Discretization::epsilon, "Part of the data that a learned boundary may be away from its quantile.", above(0)),
        field("output_mode", &Discretization::output_mode,
              "int: numbers of bins; one_hot, multi_hot, count: vectors of as many elements as bins.", category_modes()),
        field("sparse", &Discretization::sparse, "Sparse vectors; not supported."),
        own_fields());
  }

  std::unique_ptr<Adaptation> adaptation() const {
    return !bin_boundaries && num_bins ? std::make_unique<Quantiles>(*num_bins, epsilon) : nullptr;
  }

  Value call(Scope& s, Value x) const {
    refuse_sparse("Discretization", sparse);
    if (!bin_boundaries && !num_bins) throw Error(ErrorKind::spec, "Discretization needs bin_boundaries or num_bins");
    std::vector<double> boundaries = bin_boundaries.value_or(std::vector<double>{});
    if (!std::is_sorted(boundaries.begin(), boundaries.end())) throw Error(ErrorKind::spec, "Discretization: bin_boundaries must ascend");
    const Value value = is_floating(x.dtype()) && size_of(x.dtype()) >= 4 ? x : cast(x, DType::float32);
    const Value bin = search_sorted(value, Tensor::of<double>({static_cast<std::int64_t>(boundaries.size())}, boundaries).astype(value.dtype()));
    if (output_mode == "int") return bin;
    const std::int64_t bins = bin_boundaries ? static_cast<std::int64_t>(boundaries.size()) + 1 : *num_bins;
    return encode_categories("Discretization", bin, output_mode, bins, s.compute_dtype());
  }

 private:
  static Fields own_fields() {
    Fields fields = layer_fields<Discretization>();
    for (Field& f : fields) f.in_keras = f.name != "trainable";  // which Keras' class does not take
    return fields;
  }

  // Quantiles of all values by a summary of at most about 1 / epsilon values with weights, in float32 as in Keras.
  class Quantiles : public Adaptation {
   public:
    Quantiles(std::int64_t bins, double epsilon) : bins_(bins), epsilon_(epsilon) {}

    void observe(const Tensor& batch) override {
      for (std::int64_t i = 0; i < batch.elements(); ++i) values_.push_back(static_cast<float>(batch.at(i)));
    }

    std::map<std::string, Tensor> finish() override {
      if (values_.empty()) throw Error(ErrorKind::data, "Discretization: there is no data to take bin boundaries from");
      std::sort(values_.begin(), values_.end());
      const double step = std::max(static_cast<double>(values_.size()) * epsilon_, 1.0);
      Summary summary;
      for (auto i = static_cast<std::size_t>(step - 1); i < values_.size(); i += static_cast<std::size_t>(step)) {
        summary.values.push_back(values_[i]);
        summary.weights.push_back(static_cast<float>(step));
      }
      summary = compressed(compressed(summary, epsilon_), 1.0 / static_cast<double>(bins_));
      summary.values.pop_back();
      return {{"bin_boundaries", Tensor::of<float>({static_cast<std::int64_t>(summary.values.size())}, summary.values)}};
    }

   private:
    struct Summary { std::vector<float> values, weights; };

    // Values at the percentiles epsilon, 2 epsilon, ... of the cumulative weight, between two values by a line.
    static Summary compressed(const Summary& summary, double epsilon) {
      const std::size_t n = summary.values.size();
      if (static_cast<double>(n) * epsilon < 1) return summary;
      std::vector<float> cumulative, share;
      float sum = 0;
      for (const float w : summary.weights) cumulative.push_back(sum += w);
      for (const float c : cumulative) share.push_back(c / sum);
      const auto at = [&](double percent, const std::vector<float>& y) -> double {
        const auto above = [](double p, float s) { return p < static_cast<double>(s); };
        const auto right = static_cast<std::size_t>(std::upper_bound(share.begin(), share.end(), percent, above) - share.begin());
        if (right == 0) return y.front();
        if (right == n) return y.back();
        const double x0 = share[right - 1], slope = (static_cast<double>(y[right]) - y[right - 1]) / (static_cast<double>(share[right]) - x0);
        return slope * (percent - x0) + y[right - 1];
      };
      Summary result;
      double before = 0;
      const auto count = static_cast<std::int64_t>(std::ceil(1 / epsilon));
      for (std::int64_t i = 0; i < count; ++i) {
        const double percent = epsilon + static_cast<double>(i) * epsilon, weight = at(percent, cumulative);
        result.values.push_back(static_cast<float>(at(percent, summary.values)));
        result.weights.push_back(static_cast<float>(weight - before));
        before = weight;
      }
      return result;
    }

    std::int64_t bins_;
    double epsilon_;
    std::vector<float> values_;
  };
};

}  // namespace strata
