// What stands behind a Model handle.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <strata/model.h>
#include "src/compile/backends.h"
#include "src/model/batch.h"
#include "src/model/layer_graph.h"
#include "src/model/step.h"
#include "src/model/update.h"

namespace strata {

// The backend that `run` names, with its options.
std::shared_ptr<Backend> open_backend(const RunOptions& run);

class ModelState : public std::enable_shared_from_this<ModelState> {
 public:
  ModelState(LayerGraph layer_graph, std::string model_name, RunOptions options);

  LayerGraph graph;
  std::string name;
  bool sequential = false;
  RunOptions run;
  DTypePolicy policy;

  // Variables of the outermost model, and this model's path in it: "" or "encoder".
  std::shared_ptr<Variables> store = std::make_shared<Variables>();
  std::string prefix;
  std::vector<std::weak_ptr<ModelState>> inner;  // models that are layers of this one
  std::weak_ptr<void> layer_object;              // this model as a layer, while somebody holds it

  std::optional<CompileArguments> compiled;
  std::shared_ptr<OptimizerState> optimizer;  // of `compiled`, or a LossScaleOptimizer around it
  // What compile gives. A new optimizer has no slots yet.
  void take(CompileArguments arguments);
  Variables train_metrics, test_metrics;
  Variables watched_loss;  // since the epoch began; in no checkpoint
  std::set<std::string> adapted;  // layers whose statistics are known
  // Arguments that were taken from data, not given: a vocabulary. By name of the layer.
  std::map<std::string, std::set<std::string>> learned;
  void learn(Layer layer, const std::string& argument, const Config& value);
  // The layers' statistics came with weights; those of inner models too.
  void mark_adapted();
  std::vector<std::string> warnings;
  std::map<std::string, std::vector<Shape>> output_shapes;  // by the layer's path in this model

  std::shared_ptr<KernelChoices> choices = std::make_shared<KernelChoices>();

  std::shared_ptr<Backend> backend();
  CompiledStep& predict_step();
  CompiledStep& train_step(const BatchTypes& types);
  CompiledStep& test_step(const BatchTypes& types);
  // Reads the trainable flags of the layers and gives the variables their places by them: compile. True when a flag changed.
  bool read_trainable();
  // Everything traced so far is traced anew.
  void forget_steps();
  // The names under which loss and metrics are reported, in order.
  std::vector<std::string> log_names(const CompiledStep& step) const { return step.outputs(); }
  // Zeros the running values of an epoch.
  static void reset(Variables& metrics);
  // Variables that are this model's own: those under its prefix.
  std::vector<std::int64_t> own_variables() const;
  std::string own_path(const std::string& path) const;  // without the prefix

 private:
  void adopt_inner_models();
  void move_into(const std::shared_ptr<Variables>& outer, const std::string& path);
  std::unique_ptr<CompiledStep> build(const BatchTypes& types, bool training);

  std::mutex mutex_;  // of backend_ and predict_, which several threads may ask for at once
  std::shared_ptr<Backend> backend_;
  std::unique_ptr<CompiledStep> predict_;
  std::map<BatchTypes, std::shared_ptr<CompiledStep>> train_, test_;
};

}  // namespace strata
