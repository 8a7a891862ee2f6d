#include <strata/optimizer.h>
#include "tests/train/golden.h"

namespace strata {
namespace {

const Golden& golden_optimizers() {
  static const Golden file("optimizers");
  return file;
}

// One weight under a rule, step by step, with its slots as variables of the graph.
class OneWeight : public UpdateScope {
 public:
  OneWeight(const Optimizer& optimizer, std::string path, Tensor w, double rate)
      : optimizer_(optimizer), path_(std::move(path)), w_(std::move(w)), rate_(rate) {}

  void update(const Tensor& gradient) {
    Graph graph;
    graph_ = &graph;
    current_.clear();
    ++step_;
    const TensorType type{DType::float64, Shape::of(w_.shape())};
    Value w = graph.input("w", type);
    w_shape_ = type.shape;
    if (const auto decay = optimizer_.decay_of(path_, type.shape)) w = w - w * (*decay * rate_);
    graph.outputs = {port(optimizer_.update(*this, w, graph.input("g", type)))};
    std::map<std::int64_t, Tensor> variables;
    for (std::size_t i = 0; i < slots_.size(); ++i) variables[static_cast<std::int64_t>(i)] = slots_[i].second;
    for (const auto& [name, value] : current_) graph.updates.emplace_back(number(name), port(value));
    w_ = interpret(graph, {{"w", w_}, {"g", gradient}}, variables)[0];
    for (std::size_t i = 0; i < slots_.size(); ++i) slots_[i].second = variables[static_cast<std::int64_t>(i)];
  }
  const Tensor& weight() const { return w_; }
  const std::vector<std::pair<std::string, Tensor>>& slots() const { return slots_; }

  Value slot(std::string_view name, double initial) override { return slot(name, w_shape_, initial); }
  Value slot_like_weight(std::string_view name) override {
    if (number(std::string(name)) < 0) slots_.emplace_back(name, w_);
    return graph_->variable(number(std::string(name)), {DType::float64, w_shape_});
  }
  Value slot(std::string_view name, const Shape& shape, double initial) override {
    if (number(std::string(name)) < 0) {
      Tensor t(DType::float64, shape.values());
      for (std::int64_t i = 0; i < t.elements(); ++i) t.set(i, initial);
      slots_.emplace_back(name, t);
    }
    return graph_->variable(number(std::string(name)), {DType::float64, shape});
  }
  void set_slot(std::string_view name, Value value) override { current_[std::string(name)] = value; }
  Value scalar(std::string_view name, double initial) override {
    scalars_.insert(std::string(name));
    return slot(name, Shape{}, initial);
  }
  void set_scalar(std::string_view name, Value value) override { set_slot(name, value); }
  Value learning_rate() override { return graph_->constant(DType::float64, rate_); }
  Value step() override { return graph_->constant(DType::float64, static_cast<double>(step_)); }
  std::string path() const override { return path_; }
  bool is_scalar(const std::string& slot) const { return scalars_.contains(slot); }

 private:
  std::int64_t number(const std::string& name) const {
    for (std::size_t i = 0; i < slots_.size(); ++i)
      if (slots_[i].first == name) return static_cast<std::int64_t>(i);
    return -1;
  }

  const Optimizer& optimizer_;
  std::string path_;
  Tensor w_;
  double rate_;
  Shape w_shape_;
  std::int64_t step_ = 0;
  Graph* graph_ = nullptr;
  std::vector<std::pair<std::string, Tensor>> slots_;  // and scalars
  std::set<std::string> scalars_;
  std::map<std::string, Value> current_;
};

const std::vector<std::string> weights = {"kernel", "bias", "tensor"};

// Clipping, averages, accumulation and loss scale are the trainer's, not the rule's.
bool is_of_the_rule(const ObjectConfig& object) {
  for (const auto& [name, value] : object.arguments)
    for (const char* common : {"clipnorm", "clipvalue", "global_clipnorm", "use_ema", "gradient_accumulation_steps", "loss_scale_factor"})
      if (name == common) return false;
  return true;
}

TEST(Optimizers, what_is_not_there_is_named_here) {
  EXPECT_THAT(classes_missing(golden_optimizers(), Optimizer::kind), testing::IsEmpty());
}

TEST(Optimizers, ten_updates_and_the_slots_are_those_of_keras) {
  int compared = 0;
  for (const std::string& name : golden_optimizers().cases()) {
    const ObjectConfig object = golden_optimizers().object(name);
    if (!find_component(Optimizer::kind, object.name) || !is_of_the_rule(object)) continue;
    ++compared;
    Optimizer optimizer;
    optimizer.assign(object);
    std::vector<OneWeight> each;
    for (const std::string& w : weights) each.emplace_back(optimizer, w, golden_optimizers().at("initial/" + w), 0.1);
    for (int step = 0; step < 10; ++step)
      for (std::size_t i = 0; i < weights.size(); ++i) {
        const std::string at = "/step" + std::to_string(step) + "/" + weights[i];
        each[i].update(golden_optimizers().at("gradient" + at));
        expect_close(each[i].weight(), golden_optimizers().at(name + at), name + at);
      }
    // Keras' order: iteration, learning_rate, then group by group.
    std::size_t index = 2;
    for (int group = 0; group < 3; ++group)
      for (std::size_t i = 0; i < weights.size(); ++i)
        for (const auto& [slot, value] : each[i].slots())
          if (optimizer.slot_group(slot) == group && !each[i].is_scalar(slot)) expect_close(value, golden_optimizers().at(name + "/slots/" + std::to_string(index++)), name + " " + weights[i] + " " + slot);
    for (const auto& [slot, value] : each[0].slots())  // one for all weights
      if (each[0].is_scalar(slot)) expect_close(value, golden_optimizers().at(name + "/slots/" + std::to_string(index++)), name + " " + slot);
    EXPECT_FALSE(golden_optimizers().has(name + "/slots/" + std::to_string(index))) << name << " has more slots in Keras";
  }
  EXPECT_EQ(compared, 39);
}

// Where a rule says that elements do not see each other, two weights laid end to end must move as they do apart.
TEST(Optimizers, elementwise_rules_are) {
  for (const ComponentType* type : components(Optimizer::kind)) {
    if (Optimizer(*type, type->create()).wraps()) continue;  // it has no rule
    Optimizer optimizer;
    optimizer.assign(ObjectConfig{type->schema.name, {}});
    if (!optimizer.elementwise()) continue;
    const Tensor a = Tensor::of<double>({2}, {0.5, -1}), b = Tensor::of<double>({1}, {40}), both = Tensor::of<double>({3}, {0.5, -1, 40});
    OneWeight wa(optimizer, "a", a, 0.1), wb(optimizer, "b", b, 0.1), whole(optimizer, "both", both, 0.1);
    for (int step = 0; step < 3; ++step) {
      wa.update(Tensor::of<double>({2}, {0.1, 7}));
      wb.update(Tensor::of<double>({1}, {-3}));
      whole.update(Tensor::of<double>({3}, {0.1, 7, -3}));
    }
    EXPECT_EQ(whole.weight().at(0), wa.weight().at(0)) << type->schema.name;
    EXPECT_EQ(whole.weight().at(1), wa.weight().at(1)) << type->schema.name;
    EXPECT_EQ(whole.weight().at(2), wb.weight().at(0)) << type->schema.name;
  }
}

}  // namespace
}  // namespace strata
