// Every pass does something: a plan of some spec differs without it. And the weights after a few steps
// do not: folding, merging, pruning, order and memory leave the same bits.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <strata/model.h>
#include "src/compile/backends.h"
#include "src/files/spec_model.h"
#include "src/model/model_state.h"
#include "src/spec/diagnostics.h"
#include "src/spec/spec.h"

namespace strata {
namespace {

struct Pass { const char* name; bool CompileOptions::* flag; };
const Pass passes[] = {{"fold", &CompileOptions::fold},   {"merge", &CompileOptions::merge},     {"prune", &CompileOptions::prune},
                       {"fuse", &CompileOptions::fuse},   {"reorder", &CompileOptions::reorder}, {"reuse", &CompileOptions::reuse},
                       {"absorb", &CompileOptions::absorb}, {"prepare", &CompileOptions::prepare}};

// A plan as text: what runs, in what order, and how much memory it takes.
std::string text_of(const Plan& plan) {
  std::string text = fmt::format("{} calls, {} before them, {} bytes\n", plan.calls.size(), plan.preparation.size(), plan.arena_bytes);
  for (const PlannedStep& s : plan.steps) text += s.ops + "\n";
  return text;
}

// Of a step over four rows.
std::string plan_of(CompiledStep& step, const CompileOptions& options) {
  std::map<std::string, std::vector<std::int64_t>> shapes;
  for (const CompiledStep::Input& in : step.inputs()) {
    shapes[in.name] = {4};
    for (int i = 1; i < in.type.shape.rank(); ++i) shapes[in.name].push_back(in.type.shape[i].value());
  }
  const Bindings bindings = step.bind(shapes);
  step.plan(bindings);  // places the variables
  return text_of(*compile(specialize(step.trace().graph, bindings), step.backend(), reference_backend(), step.trace().places(), options));
}

// The plans of a training step and of a prediction.
std::string plans(const std::string& spec_file, const CompileOptions& options) {
  Spec spec = read_spec(std::string(STRATA_SOURCE_DIR) + "/" + spec_file);
  spec.run.backend = "cpu";
  spec.run.dtype = "float32";
  Diagnostics diagnostics;
  Model model = std::move(*build_model(spec, diagnostics));
  model.compile(compile_arguments(*spec.compile));
  ModelState& state = model.state();
  BatchTypes types;
  for (const LayerOutput& in : state.graph.inputs()) {
    std::vector<std::int64_t> row;
    for (const Dim& d : in.call()->input->shape) row.push_back(d.value());
    types.x.push_back({state.graph.name(*in.call()), in.call()->input->dtype, row});
  }
  types.y.push_back({model.output_names()[0], DType::int32, {}});
  return plan_of(state.train_step(types), options) + plan_of(state.predict_step(), options);
}

TEST(Passes, EachChangesThePlansOfSomeSpec) {
  for (const Pass& pass : passes) {
    bool changes = false;
    for (const char* file : {"tests/golden/probes/mlp.yaml", "tests/golden/probes/cnn_batchnorm.yaml", "tests/golden/probes/accumulation_ema.yaml", "configs/resnet20-mnist.yaml"}) {
      CompileOptions without;
      without.*pass.flag = false;
      changes = changes || plans(file, without) != plans(file, {});
    }
    EXPECT_TRUE(changes) << "the pass '" << pass.name << "' changes no plan";
  }
}

}  // namespace
}  // namespace strata
