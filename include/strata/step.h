// A training step of a program's own, for what compile and fit cannot say: several models, several optimizers, losses
// that are no function of targets and predictions. It is traced once and runs as one plan, as fit's own step does.
//
//     Step step([&](StepScope& s) {
//       Value real = s.input("real", {784}), noise = s.input("noise", {64});
//       Value yes = s.call(discriminator, real);
//       Value no = s.call(discriminator, stop_gradient(s.call(generator, noise)));
//       Value d_loss = bce(ones_like(yes), yes) + bce(zeros_like(no), no);
//       s.minimize(d_loss, {discriminator}, Adam{.learning_rate = 2e-4});
//       Value judged = s.call(discriminator, s.call(generator, noise));  // by the discriminator just updated
//       Value g_loss = bce(ones_like(judged), judged);
//       s.minimize(g_loss, {generator}, Adam{.learning_rate = 1e-4});
//       s.report("d_loss", d_loss);
//       s.report("g_loss", g_loss);
//     });
//     for (...) Logs logs = step({{"real", images}, {"noise", noise}});
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <strata/model.h>

namespace strata {

class StepState;

// What the definition of a step sees while it is traced.
class StepScope {
 public:
  explicit StepScope(StepState& state) : state_(state) {}

  // The column `name` of the batch; `row` is its shape without the batch axis, Dim(-1) leaves an axis open. Under the
  // float64 policy float32 is read as float64.
  Value input(const std::string& name, const Shape& row, DType dtype = DType::float32);

  // A model's output on x, with its weights as of now: after a minimize, the updated ones. training = false calls it as
  // predict does (no dropout, moving statistics); its weights can still be trained through the call.
  Value call(const Model& model, Value x, bool training = true);
  std::vector<Value> call(const Model& model, const std::vector<Value>& xs, bool training = true);

  // What a model adds to a loss: scalars that its layers added in the calls so far, and the penalties of its trainable
  // weights. minimize does not add them by itself.
  std::vector<Value> losses(const Model& model);
  // Of every model called so far.
  std::vector<Value> losses();
  // The scalars that layers gave to Scope::metric in the calls so far. report shows them.
  struct Metric {
    std::string name;
    Value value;
  };
  std::vector<Metric> metrics() const;

  // One update of the trainable weights of `models`, and of nothing else, down the gradient of a scalar. What is called
  // afterwards uses the new weights; no gradient flows through an update. A weight is updated once in a step at most.
  // The optimizer's state stays with the step, under `name`, else under its own: adam, adam_1, ... It is taken as it is: a
  // model of the policy mixed_float16 wants a LossScaleOptimizer{.inner_optimizer = ...}.
  void minimize(Value loss, const std::vector<Model>& models, const Optimizer& optimizer, const std::string& name = {});

  // A scalar of this step, under `name` in the logs.
  void report(const std::string& name, Value scalar);

  // A random stream for random_uniform, random_normal and dropout; another one at each call, and other numbers at each
  // step.
  Scope::Random random();

 private:
  StepState& state_;
};

class Step {
 public:
  // Traces the definition. The step runs where its models run; of `run`, seed, dtype and skip_nonfinite_updates are the
  // step's own, a backend other than auto must be that of the models. It is traced again when a compile has frozen or
  // unfrozen weights; optimizers then keep the state of what they still train.
  explicit Step(std::function<void(StepScope&)> definition, RunOptions run = {});

  // One step on a batch: the columns by the names of the inputs. Gives what was reported, in order, and under
  // skip_nonfinite_updates "skipped_updates": 1 where a loss or a gradient was not finite and nothing was changed.
  Logs operator()(const std::map<std::string, Tensor>& batch);

  // State of the optimizers and of the random streams, the models' too: "adam/iteration", "adam/learning_rate",
  // "adam/dense/kernel/momentum", "random_state", "generator/random_state"; to change a rate, to go on from. A state that
  // is not named stays. Where one optimizer serves several models, the model's name stands before the weight's path.
  std::map<std::string, Tensor> state() const;
  void set_state(const std::map<std::string, Tensor>& state);

  // The models that the step calls, each under a name of its own: a second "encoder" is "encoder_1".
  std::vector<std::pair<std::string, Model>> models() const;

  // All that the step needs to go on with the same bits, in one HDF5 file, written at once or not at all: its models'
  // weights and its state. load takes it into a step of the same definition; a file of another one is an Error that
  // changes nothing.
  void save(const std::string& path) const;
  void load(const std::string& path);

 private:
  std::shared_ptr<StepState> state_;
};

}  // namespace strata
