// Graphs compiled for the CUDA backend, and run there beside the interpreter.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "backend/reference/reference.h"
#include "src/compile/interpreter.h"
#include "src/compile/plan.h"
#include "tests/cpu/close.h"
#include "tests/cuda/plugin.h"
#include "tests/graph/examples.h"

namespace strata {

// A graph with numbers for its inputs.
struct Network {
  Graph graph;
  std::map<std::string, Tensor> inputs;

  Value input(const std::string& name, Shape shape) {
    const TensorType type{DType::float32, std::move(shape)};
    inputs[name] = example_tensor({type}, inputs.size() + 1);
    return graph.input(name, type);
  }
};

inline Backend& reference() {
  static const std::unique_ptr<Backend> backend = make_reference_backend();
  return *backend;
}

class CompiledOnDevices : public OnDevices {
 protected:
  using SharedPlan = std::shared_ptr<const Plan>;
  SharedPlan plan_of(const Graph& graph, const CompileOptions& options = {}) { return compile(graph, *device.backend, reference(), {}, options); }
  void expect_right(const SharedPlan& plan, const Network& network, double tolerance = 1e-5) {
    Arena arena(*device.backend);
    strata::Run step(plan, *device.backend, arena, {});
    for (std::size_t i = 0; i < plan->inputs.size(); ++i) step.set_input(i, network.inputs.at(plan->inputs[i].name));
    step();
    const std::vector<Tensor> expected = interpret(network.graph, network.inputs);
    ASSERT_EQ(plan->outputs.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) expect_close(expected[i], bytes_of(step.output(i)), tolerance, "output " + std::to_string(i));
  }
  static std::vector<std::string> kernels(const Plan& plan) {
    std::vector<std::string> names;
    for (const PlannedStep& s : plan.steps) names.push_back(s.kernel);
    return names;
  }
};

}  // namespace strata
