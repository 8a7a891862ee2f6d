#include "layers/ordeal.h"

#include <cmath>

#include <gmock/gmock.h>

#include <strata/error.h>
#include "cuda/plugin.h"
#include "layers/golden.h"
#include "src/compile/backends.h"
#include "src/compile/plan.h"

namespace strata {
namespace {

void config_round_trip(const Layer& layer) {
  Layer again;
  again.assign(layer.config());
  EXPECT_TRUE(again.config() == layer.config()) << again.config().str() << "\n" << layer.config().str();
  EXPECT_FALSE(again.same_as(layer));
}

void every_typo_is_found(const Layer& layer) {
  const Schema& schema = layer.type().schema;
  for (const Field& f : schema.fields) {
    const std::string name(f.name), typo = name + name.back();
    try {
      make_component(layer.type(), {schema.name, {{typo, 1}}});
      FAIL() << typo << " was taken as an argument of " << schema.name;
    } catch (const Error& e) {
      EXPECT_THAT(e.what(), testing::HasSubstr("unknown argument '" + typo + "' of layer " + schema.name));
      EXPECT_THAT(e.hint(), testing::HasSubstr("'" + name + "'"));
    }
  }
}

std::vector<TensorType> types_of(const std::vector<ExampleInput>& inputs) {
  std::vector<TensorType> types;
  for (const ExampleInput& in : inputs) types.push_back(in.type);
  return types;
}

// A graph traced with an open batch has the shapes of one traced with its number, once that is bound.
void open_batch(const Layer& layer, const std::vector<ExampleInput>& inputs, bool training) {
  std::vector<TensorType> types = types_of(inputs);
  const std::int64_t batch = types[0].shape[0].value();
  Traced closed = trace_layer(layer, types, training);
  for (TensorType& t : types) t.shape[0] = Dim::symbol("batch");
  Traced open = trace_layer(layer, types, training);
  ASSERT_EQ(open.outputs.size(), closed.outputs.size());
  for (const Value& y : open.outputs) open.graph().outputs.push_back(port(y));
  const Graph bound = specialize(open.graph(), {{"batch", batch}});
  for (std::size_t i = 0; i < closed.outputs.size(); ++i) {
    EXPECT_FALSE(open.outputs[i].shape().is_known()) << "output " << i << " " << open.outputs[i].shape().str();
    EXPECT_EQ(bound.type(bound.outputs[i]).shape.str(), closed.outputs[i].shape().str());
    EXPECT_EQ(bound.type(bound.outputs[i]).dtype, closed.outputs[i].dtype());
  }
}

// A half precision policy gives half precision outputs of the same shapes, and keeps weights in float32.
void mixed_precision(const Layer& layer, const std::vector<ExampleInput>& inputs, DType half) {
  std::vector<TensorType> types = types_of(inputs);
  for (TensorType& t : types)
    if (is_floating(t.dtype)) t.dtype = DType::float32;
  Variables variables;
  Trace trace(true);
  trace.enter(variables, 7);
  std::vector<Value> values;
  for (const TensorType& t : types) values.push_back(trace.graph.input(std::to_string(values.size()), t));
  Scope scope(trace, "", true, DType::float32, half);
  for (const Value& y : scope.call("layer", layer, Inputs(values))) EXPECT_EQ(y.dtype(), half);
  for (const Variable& v : variables.list()) EXPECT_NE(v.type.dtype, half) << v.path;
}

// Values of the example: weights away from zero, so that each of them matters.
struct Point {
  std::map<std::string, Tensor> inputs;
  std::map<std::int64_t, Tensor> variables;
};
Point point_of(Traced& t, const std::vector<ExampleInput>& inputs) {
  Point p;
  for (std::size_t i = 0; i < inputs.size(); ++i) p.inputs[std::to_string(i)] = example_tensor(inputs[i], 100 + i);
  for (const std::int64_t id : t.trainable()) {
    Variable& v = t.variables->at(id);
    const Tensor shift = example_tensor({{DType::float64, Shape::of(v.type.dims)}}, 200 + static_cast<std::uint64_t>(id));
    v.value = v.value.clone();
    for (std::int64_t i = 0; i < v.value.elements(); ++i) v.value.set(i, v.value.at(i) + 0.2 * shift.at(i));
  }
  p.variables = t.values();
  return p;
}

// d sum(y * dy) along random directions of all inputs and weights, against differences.
void gradient_by_differences(const Layer& layer, const std::vector<ExampleInput>& inputs, bool training) {
  Traced t = trace_layer(layer, types_of(inputs), training);
  const Point at = point_of(t, inputs);
  std::vector<Value> wanted, cotangents;
  std::vector<std::pair<std::string, std::int64_t>> places;  // an input's name, or a variable's number
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (is_floating(inputs[i].type.dtype)) {
      wanted.push_back(t.inputs[i]);
      places.emplace_back(std::to_string(i), -1);
    }
  for (const std::int64_t id : t.trainable()) {
    wanted.push_back(t.trace->read(*t.variables, id));
    places.emplace_back("", t.trace->number(*t.variables, id));
  }
  if (wanted.empty()) return;
  std::uint64_t seed = 300;
  for (const Value& y : t.outputs) cotangents.push_back(t.graph().constant(example_tensor({{y.dtype(), y.shape()}}, seed++)));
  Value total;
  for (std::size_t i = 0; i < t.outputs.size(); ++i) {
    const Value part = sum(t.outputs[i] * cotangents[i]);
    total = total ? total + part : part;
  }
  t.graph().outputs = {port(total)};
  for (const Value& d : gradients(t.outputs, wanted, cotangents)) t.graph().outputs.push_back(port(d));
  auto variables = at.variables;
  const std::vector<Tensor> results = interpret(t.graph(), at.inputs, variables);

  for (int trial = 0; trial < 3; ++trial) {
    Point direction;
    double expected = 0;
    for (std::size_t k = 0; k < wanted.size(); ++k) {
      const Tensor v = example_tensor({{DType::float64, wanted[k].shape()}}, seed++);
      for (std::int64_t i = 0; i < v.elements(); ++i) expected += v.at(i) * results[k + 1].at(i);
      if (places[k].second < 0) direction.inputs[places[k].first] = v;
      else direction.variables[places[k].second] = v;
    }
    constexpr double step = 1e-6;
    const auto value_at = [&](double s) {
      Point moved = at;
      const auto move = [s](Tensor& x, const Tensor& v) {
        x = x.clone();
        for (std::int64_t i = 0; i < x.elements(); ++i) x.set(i, x.at(i) + s * v.at(i));
      };
      for (const auto& [name, v] : direction.inputs) move(moved.inputs.at(name), v);
      for (const auto& [number, v] : direction.variables) move(moved.variables.at(number), v);
      return interpret(t.graph(), moved.inputs, moved.variables)[0].at(0);
    };
    const double difference = (value_at(step) - value_at(-step)) / (2 * step);
    EXPECT_NEAR(expected, difference, 1e-6 * (1 + std::abs(expected))) << (training ? "training" : "inference");
  }
}

// A backend, the float type in which a layer runs on it, and how near it then is to the interpreter's numbers.
struct Machine {
  std::string backend;
  DType policy;
  double bound;
};
std::vector<Machine> machines() {
  std::vector<Machine> all{{"reference", DType::float64, 1e-12}, {"cpu", DType::float32, 1e-4}};
  for (const char* which : {"emulated", "device"})
    if (const CudaName found = cuda_name(which); !found.name.empty()) all.push_back({found.name, DType::float32, 1e-4});
  return all;
}

// The compiled plan gives what the interpreter gives, states included.
void compiled_is_interpreted(const Layer& layer, std::vector<ExampleInput> inputs, bool training, const Machine& machine) {
  SCOPED_TRACE((training ? "training on " : "inference on ") + machine.backend);
  for (ExampleInput& in : inputs)
    if (is_floating(in.type.dtype)) in.type.dtype = machine.policy;
  Traced t = trace_layer(layer, types_of(inputs), training, machine.policy);
  const Point at = point_of(t, inputs);
  std::vector<Value> wanted;
  for (const std::int64_t id : t.trainable()) wanted.push_back(t.trace->read(*t.variables, id));
  for (const Value& y : t.outputs) t.graph().outputs.push_back(port(y));
  if (!wanted.empty())
    for (const Value& d : gradients(t.outputs, wanted)) t.graph().outputs.push_back(port(d));
  t.trace->finish();
  auto values = at.variables;
  const std::vector<Tensor> expected = interpret(t.graph(), at.inputs, values);

  const auto backend = open_backend(machine.backend);
  t.variables->place(backend);
  const auto places = t.trace->places();
  const auto plan = compile(t.graph(), *backend, reference_backend(), places);
  Arena arena(*backend);
  Run run(plan, *backend, arena, t.trace->groups());
  for (std::size_t i = 0; i < plan->inputs.size(); ++i) run.set_input(i, at.inputs.at(plan->inputs[i].name));
  run();
  for (std::size_t i = 0; i < expected.size(); ++i) expect_near(run.output(i), expected[i], machine.bound, "output " + std::to_string(i));
  for (std::size_t id = 0; id < t.variables->list().size(); ++id) {
    const auto i = static_cast<std::int64_t>(id);
    expect_near(t.variables->read(i), values[t.trace->number(*t.variables, i)], machine.bound, t.variables->at(i).path + " after the step");
  }
}

}  // namespace


void ordeal(const Layer& layer, const std::vector<ExampleInput>& inputs) {
  config_round_trip(layer);
  every_typo_is_found(layer);
  for (const DType half : {DType::bfloat16, DType::float16}) mixed_precision(layer, inputs, half);
  for (const bool training : {false, true}) {
    open_batch(layer, inputs, training);
    gradient_by_differences(layer, inputs, training);
    for (const Machine& machine : machines()) compiled_is_interpreted(layer, inputs, training, machine);
  }
  const GoldenCases golden(layer.name());
  EXPECT_FALSE(golden.names().empty()) << "no golden values: give " << layer.name() << " a row in tests/golden/make_layers.py";
  for (const std::string& name : golden.names()) golden.check(name);
}

std::string error_of(const Layer& layer, const std::vector<Shape>& inputs) {
  std::vector<TensorType> types;
  for (const Shape& s : inputs) types.push_back({DType::float32, s});
  try {
    trace_layer(layer, types, true, DType::float32);
  } catch (const Error& e) {
    return std::string(e.what()) + "; " + e.hint();
  }
  return "no error";
}

// The ordeal runs on each CUDA backend that there is: these say which.
TEST(LayersOnCuda, emulated) {
  const CudaName found = cuda_name("emulated");
  if (found.name.empty()) GTEST_SKIP() << "no layer stood its ordeal there: " << found.why_not;
}
TEST(LayersOnCuda, device) {
  const CudaName found = cuda_name("device");
  if (found.name.empty()) GTEST_SKIP() << "no layer stood its ordeal on a CUDA device: " << found.why_not;
}

}  // namespace strata
