// Sums that go along with an anchor: the compiler offers them, a backend takes them or not, and what comes out is the same.
#include <deque>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <strata/ops.h>
#include "backend/reference/reference.h"
#include "src/compile/backends.h"
#include "src/compile/interpreter.h"
#include "src/compile/plan.h"
#include "tests/graph/examples.h"

namespace strata {
namespace {

using testing::ElementsAre;
using testing::Not;

// The ops of a region one after another by the reference's kernels, as one call.
class InTurn final : public Kernel {
 public:
  InTurn(const Region& region, Backend& reference) : region_(region) {
    for (const RegionOp& op : region.ops) {
      if (op.name == "reshape") {
        kernels_.push_back(nullptr);
        continue;
      }
      Region one{{op}, {}, {{0, 0}}};
      for (std::size_t i = 0; i < op.inputs.size(); ++i) {
        one.inputs.push_back(region.type(op.inputs[i]));
        one.ops[0].inputs[i] = {-1, static_cast<int>(i)};
      }
      std::vector<Refusal> refusals;
      kernels_.push_back(reference.candidates(one, refusals).at(0).prepare());
    }
  }

  std::unique_ptr<Call> bind(std::span<void* const> inputs, std::span<void* const> outputs, Workspace) const override {
    auto call = std::make_unique<Bound>();
    std::vector<void*> made(region_.ops.size());
    for (std::size_t i = 0; i < region_.ops.size(); ++i) {
      std::vector<void*> in;
      for (const Source& s : region_.ops[i].inputs) in.push_back(s.op < 0 ? inputs[static_cast<std::size_t>(s.index)] : made[static_cast<std::size_t>(s.op)]);
      if (!kernels_[i]) {
        made[i] = in[0];
        continue;
      }
      for (std::size_t o = 0; o < region_.outputs.size(); ++o)
        if (region_.outputs[o].op == static_cast<int>(i)) made[i] = outputs[o];
      if (made[i] == nullptr) made[i] = call->values.emplace_back(region_.ops[i].outputs[0].bytes()).data();
      call->calls.push_back(kernels_[i]->bind(in, {&made[i], 1}, {}));
    }
    return call;
  }

 private:
  struct Bound final : Call {
    std::deque<std::vector<char>> values;  // that stay inside
    std::vector<std::unique_ptr<Call>> calls;
    void run() override {
      for (const auto& call : calls) call->run();
    }
  };
  Region region_;
  std::vector<std::shared_ptr<const Kernel>> kernels_;
};

// The reference, and whole regions of several ops that `takes` says yes to.
class Taking final : public Backend {
 public:
  explicit Taking(std::function<bool(const Region&)> t) : takes(std::move(t)) {}
  std::string name() const override { return "taking"; }
  std::string description() const override { return reference_->description(); }
  bool uses_host_memory() const override { return true; }
  void* allocate(std::size_t bytes) override { return reference_->allocate(bytes); }
  void release(void* memory, std::size_t bytes) override { reference_->release(memory, bytes); }
  void copy_in(void* device, const void* host, std::size_t bytes) override { reference_->copy_in(device, host, bytes); }
  void copy_out(void* host, const void* device, std::size_t bytes) override { reference_->copy_out(host, device, bytes); }
  std::vector<Candidate> candidates(const Region& region, std::vector<Refusal>& refusals) override {
    if (region.ops.size() == 1) return reference_->candidates(region, refusals);
    offered.push_back(signature(region));
    if (takes(region))
      return {{.name = "in turn", .prepare = [region, this] { return std::make_shared<const InTurn>(region, *reference_); }}};
    refusals.push_back({"taking", "it is not to"});
    return {};
  }
  void run(std::span<const std::unique_ptr<Call>> calls) override { reference_->run(calls); }
  void synchronize() override {}

  std::function<bool(const Region&)> takes;
  std::vector<std::string> offered;

 private:
  std::unique_ptr<Backend> reference_ = make_reference_backend();
};

// The gradient of a kernel with that of a bias.
bool has_sum(const Region& region) {
  return region.ops[0].name == "matmul" && region.ops[0].attributes->flag("transpose_a") && region.ops.back().name == "reduce_sum";
}

// A dense layer with its gradients: y = x w + b of 3 units, dy given.
struct Dense {
  std::shared_ptr<Graph> graph = std::make_shared<Graph>();
  std::map<std::string, Tensor> values;
  explicit Dense(const Shape& rows) {
    const auto any = [&](const char* name, Shape shape, std::uint64_t seed) {
      const TensorType type{DType::float32, std::move(shape)};
      values[name] = example_tensor({type}, seed);
      return graph->input(name, type);
    };
    const Value x = any("x", rows + Shape{4}, 1), w = any("w", {4, 3}, 2), b = any("b", {3}, 3), dy = any("dy", rows + Shape{3}, 4);
    const Value y = matmul(x, w) + b;
    for (const Value& d : gradients(sum(y * tanh(dy)), {x, w, b})) graph->outputs.push_back(port(d));
  }

  std::shared_ptr<const Plan> plan(Backend& backend, const CompileOptions& options = {}) const {
    return compile(*graph, backend, reference_backend(), {}, options);
  }
  // The plan's values are the interpreter's, bit for bit.
  void check(Backend& backend, const std::shared_ptr<const Plan>& plan) const {
    Arena arena(backend);
    Run run(plan, backend, arena, {});
    for (std::size_t i = 0; i < plan->inputs.size(); ++i) run.set_input(i, values.at(plan->inputs[i].name));
    const std::vector<Tensor> expected = interpret(*graph, values);
    for (int step = 0; step < 2; ++step) {
      run();
      for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_TRUE(same_bytes(run.output(i), expected[i])) << i;
    }
  }
};

std::vector<std::string> signatures_with(const Plan& plan, const std::string& op) {
  std::vector<std::string> found;
  for (const PlannedStep& s : plan.steps)
    if (s.signature.find(op) != s.signature.npos) found.push_back(s.signature);
  return found;
}

TEST(Sums, GoAlongWithTheProductThatReadsTheSameValue) {
  Taking backend(has_sum);
  const Dense dense({8});
  const auto plan = dense.plan(backend);
  EXPECT_THAT(signatures_with(*plan, "reduce_sum"),
              ElementsAre("float32(8,4) float32(8,3): matmul[transpose_a=1](x0,x1) reduce_sum[axes=[0]](x1) -> %1 %0"));
  dense.check(backend, plan);
}

// The product reads the rows of all leading axes.
TEST(Sums, OfTheSameElementsInAnotherShapeReadThroughAReshape) {
  Taking backend(has_sum);
  const Dense dense({2, 5});
  const auto plan = dense.plan(backend);
  EXPECT_THAT(signatures_with(*plan, "reduce_sum"), ElementsAre("float32(10,4) float32(10,3): matmul[transpose_a=1](x0,x1) "
                                                                "reshape[shape=(2,5,3)](x1) reduce_sum[axes=[0,1]](%1) -> %2 %0"));
  dense.check(backend, plan);
}

TEST(Sums, ThatNoKernelTakesAlongRunByThemselves) {
  Taking willing(has_sum), unwilling([](const Region&) { return false; });
  const Dense dense({8});
  const auto plan = dense.plan(unwilling);
  EXPECT_THAT(signatures_with(*plan, "reduce_sum"), ElementsAre("float32(8,3): reduce_sum[axes=[0]](x0) -> %0"));
  const std::string whole = signatures_with(*dense.plan(willing), "reduce_sum").at(0);
  EXPECT_THAT(unwilling.offered, testing::Contains(whole));
  EXPECT_EQ(plan->choices.at(whole), split_choice);
  dense.check(unwilling, plan);
}

TEST(Sums, AreSplitOffAgainByARecordedChoice) {
  Taking backend(has_sum);
  const Dense dense({8});
  const auto whole = dense.plan(backend);
  const std::string region = signatures_with(*whole, "reduce_sum").at(0);
  EXPECT_EQ(whole->choices.at(region), "in turn");
  CompileOptions options;
  options.choices = {{region, split_choice}};
  const auto split = dense.plan(backend, options);
  EXPECT_EQ(split->steps.size(), whole->steps.size() + 1);
  EXPECT_TRUE(split->unserved.empty());
  options.choices = whole->choices;
  EXPECT_EQ(dense.plan(backend, options)->choices, whole->choices);
  options = {};
  options.fuse = false;
  backend.offered.clear();
  dense.plan(backend, options);
  EXPECT_TRUE(backend.offered.empty());
}

// A product whose other operand follows from the sum cannot take it along.
TEST(Sums, ThatTheProductWaitsForAreNotOffered) {
  Taking backend(has_sum);
  auto graph = std::make_shared<Graph>();
  const Value x = graph->input("x", {DType::float32, {8, 3}});
  const Value total = sum(x, Axes{0}, true);
  graph->outputs = {port(matmul(tanh(total), x, false, true)), port(total)};
  const auto plan = compile(*graph, backend, reference_backend(), {});
  EXPECT_THAT(backend.offered, testing::Each(Not(testing::ContainsRegex("matmul.*reduce_sum"))));
  EXPECT_EQ(plan->steps.size(), 3u);
}

// An epilogue and a sum behind one product.
TEST(Sums, StandBehindTheEpilogue) {
  Taking backend([](const Region& region) { return region.ops[0].name == "matmul" && region.ops.back().name == "reduce_sum"; });
  Graph graph;
  const Value x = graph.input("x", {DType::float32, {8, 4}}), dy = graph.input("dy", {DType::float32, {8, 3}}), w = graph.input("w", {DType::float32, {4, 3}});
  graph.outputs = {port(sum(dy, Axes{0})), port(matmul(x, dy, true) + w)};
  const auto plan = compile(graph, backend, reference_backend(), {});
  ASSERT_EQ(plan->steps.size(), 1u);
  EXPECT_EQ(plan->steps[0].signature,
            "float32(8,4) float32(8,3) float32(4,3): matmul[transpose_a=1](x0,x1) add(%0,x2) reduce_sum[axes=[0]](x1) -> %1 %2");
}

}  // namespace
}  // namespace strata
