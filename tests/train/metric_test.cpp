#include "src/train/metric.h"

#include "src/model/trace.h"
#include "tests/train/golden.h"

namespace strata {
namespace {

const Golden& golden_metrics() {
  static const Golden file("metrics");
  return file;
}

// A metric over several batches: its states live from one to the next.
class Running {
 public:
  explicit Running(Metric metric) : metric_(std::move(metric)) {}

  Tensor update(const std::vector<Tensor>& tensors) {
    Trace trace(false);
    trace.enter(store_, 0);
    std::vector<Value> v;
    std::map<std::string, Tensor> named;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const std::string name = "x" + std::to_string(i);
      v.push_back(tensors[i] ? trace.graph.input(name, {tensors[i].dtype(), Shape::of(tensors[i].shape())}) : Value());
      if (tensors[i]) named[name] = tensors[i];
    }
    Scope scope(trace, "metric", false, DType::float64, DType::float64, true);
    trace.graph.outputs = {port(metric_(scope, v[0], v[1], v[2]))};
    trace.finish();
    std::map<std::int64_t, Tensor> variables;
    for (std::size_t id = 0; id < store_.list().size(); ++id)
      variables[trace.number(store_, static_cast<std::int64_t>(id))] = store_.list()[id].value;
    const Tensor result = interpret(trace.graph, named, variables)[0];
    for (std::size_t id = 0; id < store_.list().size(); ++id)
      store_.at(static_cast<std::int64_t>(id)).value = variables[trace.number(store_, static_cast<std::int64_t>(id))];
    return result;
  }

 private:
  Metric metric_;
  Variables store_;
};

TEST(Metrics, what_is_not_there_is_named_here) {
  EXPECT_THAT(classes_missing(golden_metrics(), Metric::kind), testing::IsEmpty());
}

TEST(Metrics, three_updates_are_those_of_keras) {
  for (const std::string& name : golden_metrics().cases()) {
    const ObjectConfig object = golden_metrics().object(name);
    if (!find_component(Metric::kind, object.name)) continue;
    Metric metric;
    metric.assign(object);
    Running running(metric);
    for (int step = 0; golden_metrics().has(name + "/step" + std::to_string(step) + "/result"); ++step) {
      const std::string at = name + "/step" + std::to_string(step);
      const Tensor weight = golden_metrics().has(at + "/mask") ? golden_metrics().at(at + "/mask").astype(DType::float64) : golden_metrics().find(at + "/sample_weight");
      const Tensor y_pred = golden_metrics().has(at + "/values") ? golden_metrics().at(at + "/values") : golden_metrics().at(at + "/y_pred").astype(DType::float64);
      const Tensor& want = golden_metrics().at(at + "/result");
      // IoU and its kin end in float32 in Keras.
      expect_close(running.update({golden_metrics().find(at + "/y_true"), y_pred, weight}), want, at, want.dtype() == DType::float32 ? 1e-6 : 1e-9);
    }
  }
}

TEST(Metrics, accuracy_means_what_the_shapes_say) {
  const Dim n = Dim::symbol("n");
  const auto name = [&](const char* metric, const Shape& y_true, const Shape& y_pred) { return resolve_metric(metric, y_true, y_pred, nullptr).name(); };
  EXPECT_EQ(name("accuracy", {n, 1}, {n, 1}), "BinaryAccuracy");
  EXPECT_EQ(name("acc", {n}, {n, 10}), "SparseCategoricalAccuracy");
  EXPECT_EQ(name("accuracy", {n, 1}, {n, 10}), "SparseCategoricalAccuracy");
  EXPECT_EQ(name("accuracy", {n, 10}, {n, 10}), "CategoricalAccuracy");
  EXPECT_EQ(name("ce", {n}, {n, 10}), "SparseCategoricalCrossentropy");
  EXPECT_EQ(name("mse", {n}, {n, 10}), "MeanSquaredError");
}

TEST(Metrics, report_under_the_name_they_were_given) {
  EXPECT_EQ(resolve_metric("acc", {4}, {4, 10}, nullptr).log_name(), "acc");
  EXPECT_EQ(resolve_metric("mse", {4}, {4}, nullptr).log_name(), "mse");
  EXPECT_EQ(Metric("MeanSquaredError").log_name(), "mean_squared_error");
}

TEST(Metrics, a_cross_entropy_takes_its_options_from_the_loss) {
  Loss loss;
  loss.assign(ObjectConfig{"SparseCategoricalCrossentropy", {{"from_logits", true}, {"ignore_class", 255}}});
  const Metric metric = resolve_metric("crossentropy", {4}, {4, 10}, &loss);
  EXPECT_EQ(metric.argument("from_logits"), Config(true));
  EXPECT_EQ(metric.argument("ignore_class"), Config(255));
}

}  // namespace
}  // namespace strata
