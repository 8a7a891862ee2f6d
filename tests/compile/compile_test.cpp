// Compiled graphs against the interpreter, over the examples of every op: the plan, its memory and its unrolled scans
// change no bit on the reference backend, with every pass on and with each one off.
#include <gtest/gtest.h>

#include <cstring>

#include "backend/reference/reference.h"
#include "src/compile/interpreter.h"
#include "src/compile/plan.h"
#include "tests/graph/examples.h"

namespace strata {
namespace {

std::vector<Tensor> run_compiled(const Graph& graph, const std::map<std::string, Tensor>& inputs, const CompileOptions& options) {
  static const std::unique_ptr<Backend> reference = make_reference_backend();
  const auto plan = compile(graph, *reference, *reference, {}, options);
  Arena arena(*reference);
  Run run(plan, *reference, arena, {});
  for (std::size_t i = 0; i < plan->inputs.size(); ++i) run.set_input(i, inputs.at(plan->inputs[i].name));
  run();
  run();  // a second step finds the arena as the first one left it
  std::vector<Tensor> outputs;
  for (std::size_t i = 0; i < plan->outputs.size(); ++i) outputs.push_back(run.output(i));
  return outputs;
}

struct Case { const char* name; CompileOptions options; };
std::vector<Case> cases() {
  std::vector<Case> all{{"every pass", {}}};
  all.push_back({"no fold", {}}); all.back().options.fold = false;
  all.push_back({"no merge", {}}); all.back().options.merge = false;
  all.push_back({"no prune", {}}); all.back().options.prune = false;
  all.push_back({"no fuse", {}}); all.back().options.fuse = false;
  all.push_back({"no absorb", {}}); all.back().options.absorb = false;
  all.push_back({"no prepare", {}}); all.back().options.prepare = false;
  all.push_back({"no reorder", {}}); all.back().options.reorder = false;
  all.push_back({"no reuse", {}}); all.back().options.reuse = false;
  return all;
}

class Compiled : public testing::TestWithParam<Case> {};

TEST_P(Compiled, EqualsTheInterpreterForEveryOpAndItsGradient) {
  for (const DType dtype : {DType::float32, DType::float64})
    for (const OpExample& example : op_examples(dtype)) {
      SCOPED_TRACE(std::string(example.op));
      for (const bool with_gradients : {false, true}) {
        const auto e = example_graph(example, with_gradients);
        const std::vector<Tensor> expected = interpret(e->graph, e->inputs);
        const std::vector<Tensor> found = run_compiled(e->graph, e->inputs, GetParam().options);
        ASSERT_EQ(found.size(), expected.size());
        for (std::size_t i = 0; i < found.size(); ++i)
          EXPECT_TRUE(same_bytes(found[i], expected[i])) << example.op << " output " << i << " of " << expected[i].str();
      }
    }
}

INSTANTIATE_TEST_SUITE_P(Passes, Compiled, testing::ValuesIn(cases()), [](const auto& info) {
  std::string name = info.param.name;
  for (char& c : name) c = c == ' ' ? '_' : c;
  return name;
});

}  // namespace
}  // namespace strata
