// Gradients of gradients as plans of the CPU backend: its kernels keep hidden values in forms of their own, which second
// derivatives must not read.
#include <gtest/gtest.h>

#include "src/compile/backends.h"
#include "src/compile/interpreter.h"
#include "src/compile/plan.h"
#include "tests/cpu/plugin.h"
#include "tests/graph/examples.h"

namespace strata {
namespace {

TEST(SecondOrder, EqualsTheInterpreter) {
  const std::unique_ptr<Backend> backend = cpu_backend(2);
  for (const auto& [dtype, tolerance] : {std::pair(DType::float64, 1e-11), std::pair(DType::float32, 2e-4)})
    for (const OpExample& example : op_examples(dtype)) {
      if (op_named(example.op).kind != OpKind::fused) continue;
      const SecondOrder second = second_order(example);
      if (!second.example) continue;
      const Graph& graph = second.example->graph;
      const auto plan = compile(graph, *backend, reference_backend(), {}, {});
      Arena arena(*backend);
      strata::Run run(plan, *backend, arena, {});
      for (std::size_t i = 0; i < plan->inputs.size(); ++i) run.set_input(i, second.example->inputs.at(plan->inputs[i].name));
      run();
      const std::vector<Tensor> expected = interpret(graph, second.example->inputs);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        const Tensor found = run.output(i);
        double scale = 1;
        for (std::int64_t e = 0; e < found.elements(); ++e) scale = std::max(scale, std::abs(expected[i].at(e)));
        for (std::int64_t e = 0; e < found.elements(); ++e)
          ASSERT_NEAR(found.at(e), expected[i].at(e), tolerance * scale) << example.op << ", output " << i << ", element " << e;
      }
    }
}

}  // namespace
}  // namespace strata
