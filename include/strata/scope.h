// What a layer's call sees of the model that is being traced: its weights, states, random stream, mode, and the layers
// inside it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <strata/constraint.h>
#include <strata/initializer.h>
#include <strata/ops.h>
#include <strata/regularizer.h>

namespace strata {

class Layer;
class Trace;

// Rows in, as many rows out. It must give a row the same result whatever the other rows are, its padding apart.
using HostFunction = std::function<Tensor(const Tensor& rows)>;

struct WeightOptions {
  Initializer initializer = "glorot_uniform";
  Regularizer regularizer = {};
  Constraint constraint = {};
  bool autocast = true;  // given in the compute dtype; else in its own
};

// The values a layer is called with, in Keras' order, and call arguments that are not values.
class Inputs {
 public:
  Inputs(std::vector<Value> values, std::map<std::string, Value> named = {}, Config::Mapping arguments = {})
      : values_(std::move(values)), named_(std::move(named)), arguments_(std::move(arguments)) {}
  std::size_t size() const { return values_.size(); }
  Value operator[](std::size_t i) const { return i < values_.size() ? values_[i] : Value(); }
  // A value given by name; "no value" where it is absent.
  Value named(const std::string& name) const {
    const auto found = named_.find(name);
    return found == named_.end() ? Value() : found->second;
  }
  const std::vector<Value>& values() const { return values_; }
  const std::map<std::string, Value>& named_values() const { return named_; }
  const Config::Mapping& arguments() const { return arguments_; }

 private:
  std::vector<Value> values_;
  std::map<std::string, Value> named_;
  Config::Mapping arguments_;
};

class Scope {
 public:
  // `of_metric`: its states are running values of an epoch, which evaluation updates as well.
  Scope(Trace& trace, std::string path, bool trainable, DType variable_dtype, DType compute_dtype, bool of_metric = false)
      : trace_(trace), path_(std::move(path)), trainable_(trainable), of_metric_(of_metric), variable_dtype_(variable_dtype), compute_dtype_(compute_dtype) {}

  // The weight `<path>/<name>`, made on the first call, in the compute dtype or in its own. Its shape must be numbers.
  Value weight(std::string_view name, const Shape& shape, const WeightOptions& options = {});
  // A variable that training updates without a gradient (moving statistics, a stateful cell), as of the last update before
  // this in call order, in its own dtype.
  Value state(std::string_view name, const Shape& shape, const Initializer& initializer = "zeros", std::optional<DType> dtype = {});
  // The state's value from here on and after the step. Outside training, states of a model are not changed.
  void update(std::string_view name, Value value);
  // The same for a state that prediction advances as well: a stateful cell.
  void advance(std::string_view name, Value value);

  struct Random { Value state; std::uint64_t stream; };
  // This call's own random stream; each use within one call is another one.
  Random random(std::optional<std::int64_t> seed = {});
  bool training() const;
  // False for a frozen layer.
  bool trainable() const { return trainable_; }
  DType variable_dtype() const { return variable_dtype_; }
  DType compute_dtype() const { return compute_dtype_; }
  const std::string& path() const { return path_; }
  Trace& trace() const { return trace_; }

  // A function of rows that only the host can compute (of texts), without a gradient. It runs before rows are batched, on
  // columns: x is an input of the model, or what another host function gave. The result has `dtype` and `shape`, the rows
  // first; an axis of -1 has a length that the data decide.
  Value on_host(Value x, DType dtype, const Shape& shape, HostFunction function);

  // A layer inside this one, under `<path>/<name>`.
  Value call(const std::string& name, const Layer& layer, Value x);
  std::vector<Value> call(const std::string& name, const Layer& layer, const Inputs& inputs);

  // A scalar added to the training loss.
  void loss(Value scalar);
  // A scalar of this batch, whose mean over the batches of an epoch is reported under `name`.
  void metric(const std::string& name, Value scalar);

  // The boolean mask that travels with x, or none.
  Value mask(Value x) const;
  void set_mask(Value y, Value mask);

 private:
  Trace& trace_;
  std::string path_;
  bool trainable_, of_metric_;
  DType variable_dtype_, compute_dtype_;
};

}  // namespace strata
