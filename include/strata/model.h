// Models: layers put together, compiled, trained and used. Names, arguments and defaults are Keras'.
//
//     auto x = Input({28, 28, 1});
//     Model model(x, x | Flatten{} | Dense{.units = 10});
//     model.compile({.optimizer = Adam{}, .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
//     model.fit(x_train, y_train, {.epochs = 5, .batch_size = 128});
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <strata/callback.h>
#include <strata/dataset.h>
#include <strata/layer.h>
#include <strata/loss.h>
#include <strata/metric.h>
#include <strata/optimizer.h>

namespace strata {

struct LayerCall;  // one call of one layer in a layer graph
class ModelState;

// What a layer gives when it is called on other layers' outputs: an edge of the layer graph.
class LayerOutput {
 public:
  LayerOutput() = default;
  LayerOutput(std::shared_ptr<LayerCall> call, int index) : call_(std::move(call)), index_(index) {}
  const std::shared_ptr<LayerCall>& call() const { return call_; }
  int index() const { return index_; }
  // Another output of the same call (a layer with several).
  LayerOutput operator[](int index) const { return {call_, index}; }
  friend bool operator==(const LayerOutput&, const LayerOutput&) = default;

 private:
  std::shared_ptr<LayerCall> call_;
  int index_ = 0;
};

struct InputOptions {
  std::string name = {};
  DType dtype = DType::float32;
  std::optional<std::int64_t> batch_size = {};
};
// Shape without the batch axis; Dim(-1) leaves an axis open.
LayerOutput Input(Shape shape, InputOptions options = {});

LayerOutput operator|(const LayerOutput& x, const Layer& layer);
LayerOutput operator|(const std::vector<LayerOutput>& xs, const Layer& layer);

struct CallOptions {
  std::string name = {};                          // of this call, where a shared layer's outputs need one
  std::map<std::string, LayerOutput> named = {};  // inputs given by argument name
  Config::Mapping arguments = {};                 // Keras' call arguments: use_causal_mask, ...
};
LayerOutput call(const Layer& layer, const std::vector<LayerOutput>& inputs, CallOptions options = {});

// --- compile, fit, evaluate, predict -----------------------------------------------------------------------------------
namespace detail {
template <class T> struct ElementOf { struct type {}; };
template <class E> struct ElementOf<std::vector<E>> { using type = E; };
}  // namespace detail

// One per output: a single entry for all, a list in output order, or a map by output name.
template <class T>
class PerOutput {
 public:
  PerOutput() = default;
  PerOutput(T one) : list_{std::move(one)}, single_(true) {}  // NOLINT
  template <class U> requires(std::is_convertible_v<U, T> && !std::is_same_v<std::decay_t<U>, T> && !std::is_same_v<std::decay_t<U>, PerOutput>)
  PerOutput(U&& one) : list_{T(std::forward<U>(one))}, single_(true) {}  // NOLINT
  // Where an entry is a list itself, braces are that list: .metrics = {"accuracy", "mae"}.
  PerOutput(std::initializer_list<typename detail::ElementOf<T>::type> entry)
    requires(!std::is_same_v<T, Loss> && !std::is_same_v<T, double>)
      : list_{T(entry)}, single_(true) {}
  static PerOutput list(std::vector<T> entries) { PerOutput p; p.list_ = std::move(entries); return p; }
  static PerOutput map(std::vector<std::pair<std::string, T>> entries) { PerOutput p; p.map_ = std::move(entries); return p; }
  bool empty() const { return list_.empty() && map_.empty(); }
  bool single() const { return single_; }
  const std::vector<T>& entries() const { return list_; }
  const std::vector<std::pair<std::string, T>>& by_name() const { return map_; }

 private:
  std::vector<T> list_;
  std::vector<std::pair<std::string, T>> map_;
  bool single_ = false;
};

// A metric object, or one of the names that resolve by shape and loss: "accuracy", "acc", "crossentropy", "ce".
class MetricChoice {
 public:
  MetricChoice(const char* name) : name_(name) {}                          // NOLINT
  MetricChoice(std::string name) : name_(std::move(name)) {}               // NOLINT
  MetricChoice(Metric metric) : metric_(std::move(metric)) {}              // NOLINT
  template <Described T> MetricChoice(T metric) : metric_(std::move(metric)) {}  // NOLINT
  const std::string& name() const { return name_; }
  const Metric& metric() const { return metric_; }

 private:
  std::string name_;
  Metric metric_;
};
using MetricList = std::vector<MetricChoice>;

struct CompileArguments {
  Optimizer optimizer = "rmsprop";
  PerOutput<Loss> loss = {};
  PerOutput<double> loss_weights = {};
  PerOutput<MetricList> metrics = {};
  PerOutput<MetricList> weighted_metrics = {};
  std::int64_t steps_per_execution = 1;  // in one launch of a device; 1: as many as last some milliseconds, 32 at most
  bool auto_scale_loss = true;  // under mixed_float16 the optimizer is wrapped by a LossScaleOptimizer
};

// Where and how a model runs.
struct RunOptions {
  std::string backend = "auto";  // cpu, cuda, reference, auto
  int threads = 0;               // 0: every core this process may use
  bool reproducible = true;
  bool tensor_float32 = false;   // on cuda float32 products round their operands to 10 bits of mantissa; other backends do not
  std::uint64_t seed = 0;
  std::string dtype = "float32";  // policy: float32, float64, bfloat16, float16, mixed_bfloat16, mixed_float16
  bool skip_nonfinite_updates = false;  // an update with a non-finite loss or gradient changes nothing and is counted
};

struct FitArguments {
  std::int64_t batch_size = 32;
  int epochs = 1;
  int verbose = 1;  // 0: silent
  std::vector<Callback> callbacks = {};
  double validation_split = 0;
  std::optional<Dataset> validation_data = {};
  bool shuffle = true;
  std::map<std::int64_t, double> class_weight = {};
  int initial_epoch = 0;
  std::optional<std::int64_t> steps_per_epoch = {};
  std::optional<std::int64_t> validation_steps = {};
  std::optional<std::int64_t> validation_batch_size = {};
  int validation_freq = 1;
  bool terminate_on_nan = false;
};

struct History {
  std::vector<int> epoch;
  std::vector<std::pair<std::string, std::vector<double>>> history;  // in the order of the logs
  const std::vector<double>& operator[](const std::string& name) const;
};

// Called after each batch with the rows that are done, and how many there are.
using RowsDone = std::function<void(std::int64_t rows, std::int64_t of)>;
struct PredictArguments {
  std::int64_t batch_size = 32;
  RowsDone progress = {};
};
struct EvaluateArguments {
  std::int64_t batch_size = 32;
  Arrays sample_weight = {};
  RowsDone progress = {};
};

struct ModelOptions {
  std::string name = {};
  std::vector<std::string> output_names = {};  // absent: those of the outputs' layers
};

struct SummaryRow {
  std::string name, class_name;
  std::vector<Shape> output_shapes;
  std::int64_t params = 0;
  bool trainable = true;
  std::vector<std::string> inputs;
};
struct Summary {
  std::string model_name, model_class;
  std::vector<SummaryRow> layers;
  std::int64_t total_params = 0, trainable_params = 0, non_trainable_params = 0;
};

// Bytes that training takes on the device, by the plan of its step.
struct MemoryPlan {
  std::int64_t weights = 0;      // and states
  std::int64_t optimizer = 0;    // slots and counters
  std::int64_t activations = 0;  // gradients and scratch memory with them
  std::int64_t activations_live = 0;  // the most that is alive at one time: no plan can take less
  std::int64_t total() const { return weights + optimizer + activations; }
};

class Model {
 public:
  Model(std::vector<LayerOutput> inputs, std::vector<LayerOutput> outputs, ModelOptions options = {}, RunOptions run = {});
  Model(LayerOutput input, LayerOutput output, ModelOptions options = {}, RunOptions run = {})
      : Model(std::vector{input}, std::vector{output}, std::move(options), std::move(run)) {}
  // Copies are handles on the same model.

  void compile(CompileArguments arguments);
  History fit(Arrays x, Arrays y, FitArguments arguments = {}) { return fit(Dataset{std::move(x), std::move(y), {}}, std::move(arguments)); }
  History fit(Dataset data, FitArguments arguments = {});
  // Loss and metrics over all rows, in Keras' order: loss first.
  Logs evaluate(const Dataset& data, EvaluateArguments arguments = {});
  Logs evaluate(Arrays x, Arrays y, EvaluateArguments arguments = {}) { return evaluate(Dataset{std::move(x), std::move(y), {}}, std::move(arguments)); }
  // One tensor per output, named as the output layers. May be called from several threads at once.
  Arrays predict(const Arrays& x, PredictArguments arguments = {}) const;
  // Batches of outputs in order, for data that should not be held at once.
  void predict(const Arrays& x, const std::function<void(const Arrays& outputs)>& sink, PredictArguments arguments = {}) const;
  Logs train_on_batch(const Dataset& batch);
  Logs test_on_batch(const Dataset& batch);

  // Statistics that layers take from the data (Normalization), layer by layer in graph order; fit does it for layers that
  // were never adapted.
  void adapt(const Arrays& x);

  const std::string& name() const;
  std::vector<std::string> input_names() const;
  std::vector<std::string> output_names() const;
  Layer layer(const std::string& name) const;
  std::vector<std::string> layer_names() const;
  // Freezes or unfreezes a layer (and the layers inside it); takes effect with the next compile().
  void set_trainable(const std::string& layer, bool trainable);
  Summary summary() const;
  // What a training step of this batch size will take, rows of data apart. Needs compile(); every axis but the batch must be
  // a number.
  MemoryPlan memory(std::int64_t batch_size);

  // Weights and states by path, "encoder/dense/kernel".
  std::map<std::string, Tensor> weights() const;
  void set_weights(const std::map<std::string, Tensor>& weights);
  std::int64_t weight_count() const;
  void reset_states();  // of stateful layers

  // .keras, .weights.h5, .h5 by the ending; optimizer state included where the form has a place for it.
  void save(const std::string& path) const;
  void load_weights(const std::string& path);

  // The model as a layer of another one, under its own name.
  Layer as_layer() const;
  operator Layer() const { return as_layer(); }  // NOLINT

  ModelState& state() const { return *state_; }

 private:
  std::shared_ptr<ModelState> state_;
};

// A stack of layers. Its input is an Input as the first layer's.
class Sequential {
 public:
  Sequential(std::initializer_list<Layer> layers = {}, ModelOptions options = {}) : layers_(layers), options_(std::move(options)) {}
  // Keras' Input(shape=...) as the first entry.
  Sequential(LayerOutput input, std::initializer_list<Layer> layers, ModelOptions options = {})
      : input_(std::move(input)), layers_(layers), options_(std::move(options)) {}
  void add(Layer layer) { layers_.push_back(std::move(layer)); model_.reset(); }
  void add(LayerOutput input) { input_ = std::move(input); model_.reset(); }
  // The model of the layers so far.
  Model& model();
  Model* operator->() { return &model(); }
  operator Model() { return model(); }  // NOLINT

 private:
  std::optional<LayerOutput> input_;
  std::vector<Layer> layers_;
  ModelOptions options_;
  std::shared_ptr<Model> model_;
};

}  // namespace strata
