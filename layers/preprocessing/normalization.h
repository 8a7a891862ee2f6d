#pragma once

#include <strata/layers/normalization/statistics.h>

namespace strata {

// y = (x - mean) / max(sqrt(variance), 1e-7), or with invert x max(sqrt(variance), 1e-7) + mean. Mean and variance have an
// element for each element of the axes `axis`; they are given, or taken from the training data by adapt.
struct Normalization {
  std::optional<std::vector<std::int64_t>> axis = std::vector<std::int64_t>{-1};
  Config mean = {};
  Config variance = {};
  bool invert = false;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::passes;

  static Schema schema() {
    return describe<Normalization>("Normalization", "Mean 0 and deviation 1 for each feature over the training data.",
        field("axis", &Normalization::axis, "Axes that keep statistics of their own for each element; null: one mean and variance for all."),
        field("mean", &Normalization::mean, "The mean: a number or a list per element of axis; null: from the data."),
        field("variance", &Normalization::variance, "The variance, in the form of the mean."),
        field("invert", &Normalization::invert, "Whether the way back is taken, from normalized values to values."),
        activity_field<Normalization>(), layer_fields<Normalization>());
  }

  std::unique_ptr<Adaptation> adaptation() const {
    return mean.is_null() ? std::make_unique<Moments>(axis.value_or(std::vector<std::int64_t>{})) : nullptr;
  }

  Value call(Scope& s, Value input) const {
    if (mean.is_null() != variance.is_null())
      throw Error(ErrorKind::spec,
                  std::string("Normalization: ") + (mean.is_null() ? "variance is given without mean" : "mean is given without variance"),
                  "give both, or neither to take them from the data");
    const Value x = cast(input, s.compute_dtype());
    const Axes kept = sorted_axes("Normalization", axis.value_or(std::vector<std::int64_t>{}), x);
    std::vector<Dim> dims;
    for (const int a : kept) {
      if (!x.dim(a).is_known())
        throw Error(ErrorKind::spec, "Normalization: axis " + std::to_string(a) + " of its input " + x.shape().str() + " is open",
                    "name only axes with a number in axis");
      dims.push_back(x.dim(a));
    }
    const Shape shape(dims), broadcast = kept_shape(x, kept);
    Value m, v;
    if (mean.is_null()) {
      m = cast(s.state("mean", shape), x.dtype());
      v = cast(s.state("variance", shape, "ones"), x.dtype());
      s.state("count", {}, "zeros", DType::int32);  // in Keras' files; nothing reads it
    } else {
      m = given(x, "mean", mean, shape);
      v = given(x, "variance", variance, shape);
    }
    m = reshape(m, broadcast);
    const Value deviation = maximum(sqrt(reshape(v, broadcast)), 1e-7);
    return invert ? m + x * deviation : (x - m) / deviation;
  }

 private:
  // The numbers of lists of lists, all of shape `dims` from axis `depth` on.
  static void read(const std::string& argument, const Config& c, const std::vector<std::int64_t>& dims, std::size_t depth,
                   std::vector<double>& values) {
    const auto* list = c.as<Config::List>();
    if (list ? depth == dims.size() || dims[depth] != static_cast<std::int64_t>(list->size()) : !c.is_number() || depth != dims.size())
      throw Error(ErrorKind::spec,
                  "Normalization: " + argument + " must be a number or lists of numbers of one length, received " + c.str());
    if (!list) values.push_back(c.number());
    else for (const Config& item : *list) read(argument, item, dims, depth + 1, values);
  }

  // A given statistic, with the last axes of `shape` or those broadcast.
  static Value given(Value x, const std::string& argument, const Config& c, const Shape& shape) {
    std::vector<std::int64_t> dims;
    for (const Config* at = &c; const auto* list = at->as<Config::List>(); at = &list->front()) {
      dims.push_back(static_cast<std::int64_t>(list->size()));
      if (list->empty()) break;
    }
    std::vector<double> values;
    read(argument, c, dims, 0, values);
    bool fits = static_cast<int>(dims.size()) <= shape.rank() && !values.empty();
    for (std::size_t i = 0; fits && i < dims.size(); ++i) {
      const std::int64_t n = shape[static_cast<int>(i) - static_cast<int>(dims.size())].value();
      fits = dims[i] == n || dims[i] == 1;
    }
    if (!fits)
      throw Error(ErrorKind::spec, "Normalization: " + argument + " has shape " + Shape::of(dims).str() + ", axis of its input " +
                                       x.shape().str() + " asks for " + shape.str(), "give a number for each element of axis, or one number");
    const Tensor t = Tensor::of<double>(dims, values).astype(x.dtype());
    return broadcast_to(constant(x, t), shape);
  }

  // Mean and biased variance over batches, joined pair by pair in float64.
  // Source: Chan, Golub & LeVeque 1983.
  class Moments : public Adaptation {
   public:
    explicit Moments(std::vector<std::int64_t> axis) : axis_(std::move(axis)) {}

    void observe(const Tensor& batch) override {
      std::vector<bool> kept(static_cast<std::size_t>(batch.rank()));
      for (const std::int64_t a : axis_) {
        const std::int64_t at = a < 0 ? a + batch.rank() : a;
        if (at < 0 || at >= batch.rank())
          throw Error(ErrorKind::spec, "Normalization: axis " + std::to_string(a) + " is outside its data " + Shape::of(batch.shape()).str());
        kept[static_cast<std::size_t>(at)] = true;
      }
      std::vector<std::int64_t> shape, strides(kept.size());
      std::int64_t elements = 1;
      for (std::size_t i = 0; i < kept.size(); ++i)
        if (kept[i]) shape.push_back(batch.shape()[i]);
      for (std::size_t i = kept.size(); i-- > 0;)
        if (kept[i]) {
          strides[i] = elements;
          elements *= batch.shape()[i];
        }
      if (mean_.empty()) {
        shape_ = shape;
        mean_.assign(static_cast<std::size_t>(elements), 0);
        squares_ = mean_;
      }
      if (shape != shape_)
        throw Error(ErrorKind::data, "Normalization: the data's batches differ in the axes that it keeps, " +
                                         Shape::of(shape_).str() + " and " + Shape::of(shape).str());
      if (elements == 0 || batch.elements() == 0) return;

      const auto place = [&](std::int64_t i) {  // of element i among those kept
        std::int64_t at = 0;
        for (std::size_t d = kept.size(); d-- > 0;) {
          at += i % batch.shape()[d] * strides[d];
          i /= batch.shape()[d];
        }
        return static_cast<std::size_t>(at);
      };
      const double n = static_cast<double>(batch.elements() / elements), total = count_ + n;
      std::vector<double> mean(mean_.size()), squares(mean_.size());
      for (std::int64_t i = 0; i < batch.elements(); ++i) mean[place(i)] += batch.at(i) / n;
      for (std::int64_t i = 0; i < batch.elements(); ++i) {
        const double d = batch.at(i) - mean[place(i)];
        squares[place(i)] += d * d;
      }
      for (std::size_t i = 0; i < mean_.size(); ++i) {
        const double d = mean[i] - mean_[i];
        squares_[i] += squares[i] + d * d * count_ * n / total;
        mean_[i] += d * n / total;
      }
      count_ = total;
    }

    std::map<std::string, Tensor> finish() override {
      if (count_ == 0) throw Error(ErrorKind::data, "Normalization: there is no data to take mean and variance from");
      std::vector<double> variance;
      for (const double s : squares_) variance.push_back(s / count_);
      return {{"mean", Tensor::of<double>(shape_, mean_)}, {"variance", Tensor::of<double>(shape_, variance)}};
    }

   private:
    std::vector<std::int64_t> axis_, shape_;
    std::vector<double> mean_, squares_;  // squares: sum of (x - mean)^2
    double count_ = 0;
  };
};

}  // namespace strata
