// What is steady is computed once, and again when a variable that it reads was written.
#include <gtest/gtest.h>

#include <strata/ops.h>
#include "backend/reference/reference.h"
#include "src/compile/interpreter.h"
#include "src/compile/plan.h"
#include "tests/graph/examples.h"

namespace strata {
namespace {

constexpr std::int64_t kernel = 0, bias = 1, mean = 2, variance = 3;

// A convolution with the batch norm behind it, by moving statistics; `updates`: the mean moves in every run.
struct NormedConvolution {
  TensorType x{DType::float32, {2, 6, 6, 3}}, k{DType::float32, {3, 3, 3, 5}}, row{DType::float32, {5}};
  Graph graph;
  std::map<std::string, Tensor> inputs{{"x", example_tensor({x}, 1)}};
  std::map<std::int64_t, Tensor> variables{{kernel, example_tensor({k}, 2)}, {bias, example_tensor({row}, 3)},
                                           {mean, example_tensor({row}, 4)}, {variance, example_tensor({row, Domain::positive}, 5)}};

  explicit NormedConvolution(bool updates = false) {
    const Value y = convolution(graph.input("x", x), graph.variable(kernel, k), {}) + graph.variable(bias, row);
    const Value moving_mean = graph.variable(mean, row), factor = rsqrt(graph.variable(variance, row) + 1e-3);
    graph.outputs = {port(relu(y * reshape(factor, {1, 1, 1, 5}) + reshape(negative(moving_mean * factor), {1, 1, 1, 5})))};
    if (updates) graph.updates = {{mean, port(moving_mean * 0.5)}};
  }
};

// Each variable a group of its own on the reference backend.
class Memory {
 public:
  explicit Memory(const std::map<std::int64_t, Tensor>& variables) {
    for (const auto& [id, t] : variables) {
      tensors_.push_back(t.clone());
      places_.push_back({static_cast<std::int32_t>(id), 0, {t.dtype(), t.shape()}});
    }
    writes_.resize(tensors_.size());
  }
  const std::vector<VariablePlace>& places() const { return places_; }
  std::vector<VariableMemory> groups() {
    std::vector<VariableMemory> groups;
    for (std::size_t i = 0; i < tensors_.size(); ++i) groups.push_back({tensors_[i].data(), &writes_[i]});
    return groups;
  }
  void write(std::int64_t id, double value) {
    for (std::int64_t i = 0; i < tensors_[static_cast<std::size_t>(id)].elements(); ++i) tensors_[static_cast<std::size_t>(id)].set(i, value);
    ++writes_[static_cast<std::size_t>(id)];
  }
  Tensor value(std::int64_t id) const { return tensors_[static_cast<std::size_t>(id)].clone(); }

 private:
  std::vector<Tensor> tensors_;
  std::vector<VariablePlace> places_;
  std::vector<std::uint64_t> writes_;
};

Backend& reference() {
  static const std::unique_ptr<Backend> backend = make_reference_backend();
  return *backend;
}

void expect_close(const Tensor& a, const Tensor& b, double tolerance) {
  ASSERT_EQ(a.shape(), b.shape());
  for (std::int64_t i = 0; i < a.elements(); ++i) ASSERT_NEAR(a.at(i), b.at(i), tolerance) << "element " << i;
}

// Over images: what is computed of the weights alone has fewer elements, or fewer axes.
std::size_t count(const Graph& graph, std::string_view op) {
  std::size_t n = 0;
  for (const OpNode& node : graph.nodes()) n += node.op->name == op && node.outputs[0].shape.rank() == 4 && node.outputs[0].shape[0].value() == 2;
  return n;
}

TEST(Absorb, ABatchNormThatDoesNotLearnGoesIntoItsConvolution) {
  NormedConvolution c;
  Memory memory(c.variables);
  const auto plan = compile(c.graph, reference(), reference(), memory.places());
  const Graph absorbed = simplify(absorb(c.graph, [](std::int64_t) { return true; }), {}, reference());
  EXPECT_EQ(count(absorbed, "multiply"), 0u);
  EXPECT_EQ(count(absorbed, "add"), 1u) << "the bias and the batch norm's shift are one row";
  Arena arena(reference());
  strata::Run run(plan, reference(), arena, memory.groups());
  run.set_input(0, c.inputs.at("x"));
  run();
  expect_close(run.output(0), interpret(c.graph, c.inputs, c.variables)[0], 1e-5);
}

TEST(Absorb, LeavesAProductThatIsReadElsewhereOrScaledByWhatChanges) {
  NormedConvolution moving(true);
  EXPECT_EQ(count(absorb(moving.graph, [](std::int64_t id) { return id != variance; }), "multiply"), 1u);
  NormedConvolution read_twice;
  for (std::int32_t i = 0; i < static_cast<std::int32_t>(read_twice.graph.nodes().size()); ++i)
    if (read_twice.graph.node(i).op->name == "convolution") read_twice.graph.outputs.push_back({i, 0});
  EXPECT_EQ(count(absorb(read_twice.graph, [](std::int64_t) { return true; }), "multiply"), 1u);
}

TEST(Prepare, GivesTheSameBitsAndFollowsWhatIsWritten) {
  NormedConvolution c;
  Memory memory(c.variables);
  CompileOptions without;
  without.prepare = false;
  const auto once = compile(c.graph, reference(), reference(), memory.places());
  const auto always = compile(c.graph, reference(), reference(), memory.places(), without);
  EXPECT_FALSE(once->preparation.empty());
  EXPECT_TRUE(always->preparation.empty());
  EXPECT_LT(once->calls.size(), always->calls.size());
  Arena arena(reference()), other(reference());
  strata::Run a(once, reference(), arena, memory.groups()), b(always, reference(), other, memory.groups());
  a.set_input(0, c.inputs.at("x"));
  b.set_input(0, c.inputs.at("x"));
  const auto same = [&] {
    a();
    b();
    EXPECT_TRUE(same_bytes(a.output(0), b.output(0)));
    return a.output(0);
  };
  const Tensor first = same();
  for (const std::int64_t id : {kernel, bias, mean, variance}) {
    const Tensor before = same();
    memory.write(id, 0.25);
    EXPECT_FALSE(same_bytes(same(), before)) << "variable " << id;
  }
  arena.reserve(arena.bytes() + 4096);  // what was bound to the old memory is bound anew
  same();
}

TEST(Prepare, AVariableThatTheStepWritesIsNotSteady) {
  NormedConvolution c(true);
  Memory memory(c.variables);
  const auto plan = compile(c.graph, reference(), reference(), memory.places());
  EXPECT_EQ(plan->written, std::vector<std::int32_t>{mean});
  Arena arena(reference());
  strata::Run run(plan, reference(), arena, memory.groups());
  run.set_input(0, c.inputs.at("x"));
  auto variables = c.variables;
  for (int step = 0; step < 3; ++step) {
    const Tensor expected = interpret(c.graph, c.inputs, variables)[0];
    run();
    expect_close(run.output(0), expected, 1e-5);
    EXPECT_TRUE(same_bytes(memory.value(mean), variables[mean]));
  }
}

// A second step that writes what the first one prepared from.
TEST(Prepare, FollowsAnotherStepsUpdates) {
  NormedConvolution reads, writes(true);
  Memory memory(reads.variables);
  const auto plan = compile(reads.graph, reference(), reference(), memory.places());
  const auto update = compile(writes.graph, reference(), reference(), memory.places());
  Arena arena(reference()), other(reference());
  strata::Run run(plan, reference(), arena, memory.groups()), step(update, reference(), other, memory.groups());
  run.set_input(0, reads.inputs.at("x"));
  step.set_input(0, reads.inputs.at("x"));
  auto variables = reads.variables;
  for (int i = 0; i < 3; ++i) {
    run();
    expect_close(run.output(0), interpret(reads.graph, reads.inputs, variables)[0], 1e-5);
    step();
    variables[mean] = memory.value(mean);
  }
}

}  // namespace
}  // namespace strata
