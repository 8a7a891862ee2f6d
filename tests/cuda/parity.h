// An example's ops, forward and gradient, by every kernel of a backend against the reference.
#pragma once

#include <set>

#include <gtest/gtest.h>

#include "tests/cpu/close.h"
#include "tests/cpu/plugin.h"
#include "tests/cuda/regions.h"
#include "tests/graph/examples.h"

namespace strata {

// Compiles the kernels of every node of the example's graph.
inline void prepare_example(Backend& device, const OpExample& example) {
  const auto built = example_graph(example, true);
  for (const OpNode& n : built->graph.nodes()) {
    if (n.op->kind == OpKind::leaf || n.op->kind == OpKind::alias || n.op->kind == OpKind::scan) continue;
    std::vector<Refusal> refusals;
    for (const Candidate& candidate : device.candidates(region_of(built->graph, n), refusals)) candidate.prepare();
  }
}

// Runs every node of a graph that the backend has kernels for; their ops go to `covered`. A gradient kernel reads what the forward
// kernel of its pair wrote; without one it is left out.
inline void check_graph(Backend& device, const Graph& graph, const std::map<std::string, Tensor>& values, DType dtype, std::set<std::string>& covered,
                        double widen = 1) {
  using Bytes = std::vector<std::vector<char>>;
  const std::vector<std::vector<Tensor>> made = interpret_nodes(graph, values);
  std::vector<std::vector<std::pair<std::string, Bytes>>> results(made.size());
  for (std::size_t i = 0; i < made.size(); ++i) {
    const OpNode& n = graph.node(static_cast<std::int32_t>(i));
    if (n.op->kind == OpKind::leaf || n.op->kind == OpKind::alias || n.op->kind == OpKind::scan) continue;
    std::string what(n.op->name);
    Bytes inputs;
    bool all = true;
    for (const Port& p : n.inputs) {
      const Tensor& t = made[static_cast<std::size_t>(p.node)][static_cast<std::size_t>(p.output)];
      all = all && t;
      inputs.push_back(t ? bytes_of(t) : std::vector<char>());
      what += " " + std::string(name_of(graph.type(p).dtype)) + graph.type(p).shape.str();
    }
    if (!all && n.op->forward.empty()) continue;
    const Region region = region_of(graph, n);
    std::vector<Refusal> refusals;
    const auto found = device.candidates(region, refusals);
    EXPECT_TRUE(!found.empty() || !refusals.empty()) << what << ": neither a kernel nor a reason";
    for (const Refusal& r : refusals) EXPECT_FALSE(r.reason.empty()) << what;
    for (const Candidate& candidate : found) {
      const std::string name = what + " by " + candidate.name;
      Bytes in = inputs;
      bool is_paired = candidate.pair.empty() || n.op->forward.empty();
      if (!is_paired)
        for (std::size_t k = 0; k < n.inputs.size(); ++k)
          for (const auto& [pair, bytes] : results[static_cast<std::size_t>(n.inputs[k].node)])
            if (pair == candidate.pair) {
              in[k] = bytes[static_cast<std::size_t>(n.inputs[k].output)];
              is_paired = true;
            }
      if (!is_paired) continue;
      const Bytes got = run_candidate(device, region, candidate, in);
      for (std::size_t o = 0; o < got.size(); ++o)
        if (made[i][o] && (candidate.pair.empty() || o + candidate.hidden_bytes.size() < got.size()))
          expect_close(made[i][o], got[o], tolerance_of(dtype) * widen, name + ", output " + std::to_string(o));
      for (const auto& pair : candidate.in_place)
        EXPECT_EQ(run_candidate(device, region, candidate, in, &pair), got) << name << ", output " << pair.second << " in the place of input " << pair.first;
      results[i].emplace_back(candidate.pair, got);
      covered.insert(std::string(n.op->name));
    }
    if (::testing::Test::HasFatalFailure()) return;
  }
}

// `instead` stands in for inputs of the example.
inline void check_example(Backend& device, const OpExample& example, DType dtype, std::set<std::string>& covered, double widen = 1,
                          const std::map<std::string, Tensor>& instead = {}) {
  const auto built = example_graph(example, true);
  for (const auto& [name, tensor] : instead) built->inputs[name] = tensor;
  check_graph(device, built->graph, built->inputs, dtype, covered, widen);
}

struct ExampleCase {
  OpExample example;
  DType dtype = DType::float32;
  double widen = 1;
  std::map<std::string, Tensor> instead = {};
};

// All are compiled before the first runs: the host that stands for a device compiles together what waits. Gives the ops that ran.
inline std::set<std::string> check_examples(Backend& device, const std::vector<ExampleCase>& cases) {
  std::set<std::string> covered;
  for (const ExampleCase& c : cases) prepare_example(device, c.example);
  for (const ExampleCase& c : cases) check_example(device, c.example, c.dtype, covered, c.widen, c.instead);
  return covered;
}

}  // namespace strata
