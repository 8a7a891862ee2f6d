// Regions on the CPU plug-in, opened as a program opens it.
#pragma once

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <dlfcn.h>

#include <strata/tensor.h>
#include "backend/backend.h"
#include "src/graph/graph.h"

namespace strata {

inline BackendFactory cpu_factory() {
  static const BackendFactory factory = [] {
    const auto path = std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "lib" / "libstrata-cpu.so";
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(dlerror());
    return reinterpret_cast<BackendFactory>(dlsym(library, "strata_backend"));
  }();
  return factory;
}

// With `isa` "v2", "v3" or "v4": at most that instruction set.
inline std::unique_ptr<Backend> cpu_backend(int threads, const std::string& isa = {}) {
  if (!isa.empty()) setenv("STRATA_CPU_ISA", isa.c_str(), 1);
  std::unique_ptr<Backend> backend(cpu_factory()(BackendOptions{.threads = threads}));
  unsetenv("STRATA_CPU_ISA");
  return backend;
}

inline ArrayType array_type(const TensorType& t) { return {t.dtype, t.shape.values()}; }

// One node of a graph as a region: all its inputs, all its outputs.
inline Region region_of(const Graph& graph, const OpNode& node) {
  Region region;
  RegionOp op{node.op->name, &node.attributes, {}, {}};
  for (const Port& p : node.inputs) {
    op.inputs.push_back({-1, static_cast<int>(region.inputs.size())});
    region.inputs.push_back(array_type(graph.type(p)));
  }
  for (const TensorType& t : node.outputs) {
    region.outputs.push_back({0, static_cast<int>(op.outputs.size())});
    op.outputs.push_back(array_type(t));
  }
  region.ops.push_back(std::move(op));
  return region;
}

// A whole graph as a region; its inputs in the order of the graph.
inline Region region_of(const Graph& graph) {
  Region region;
  std::vector<Source> made;
  for (const OpNode& n : graph.nodes()) {
    if (n.op->name == "input") {
      made.push_back({-1, static_cast<int>(region.inputs.size())});
      region.inputs.push_back(array_type(n.outputs[0]));
      continue;
    }
    RegionOp op{n.op->name, &n.attributes, {}, {}};
    for (const Port& p : n.inputs) op.inputs.push_back({made[static_cast<std::size_t>(p.node)].op, made[static_cast<std::size_t>(p.node)].index + p.output});
    for (const TensorType& t : n.outputs) op.outputs.push_back(array_type(t));
    made.push_back({static_cast<int>(region.ops.size()), 0});
    region.ops.push_back(std::move(op));
  }
  for (const Port& p : graph.outputs) region.outputs.push_back({made[static_cast<std::size_t>(p.node)].op, p.output});
  return region;
}

// Memory of a backend.
struct Block {
  Backend& backend;
  std::size_t bytes;
  char* data;
  Block(Backend& b, std::size_t n) : backend(b), bytes(n), data(static_cast<char*>(b.allocate(std::max<std::size_t>(n, 1)))) {}
  Block(const Block&) = delete;
  ~Block() { backend.release(data, bytes); }
  void cover() {  // what was there must not matter
    const std::vector<char> other(bytes, 0x7F);
    backend.copy_in(data, other.data(), bytes);
  }
};

struct RenewalOf final : Call {
  explicit RenewalOf(Call& c) : call(c) {}
  void run() override { call.renew(); }
  Call& call;
};

// Runs a candidate. `inputs` and the result are bytes. With `alias`, input alias->first lies where output alias->second
// does. Every address is `shift` bytes behind one that is aligned. What it keeps of steady inputs is renewed before, and these inputs are lost then.
inline std::vector<std::vector<char>> run_candidate(Backend& backend, const Region& region, const Candidate& candidate,
                                                    const std::vector<std::vector<char>>& inputs,
                                                    const std::pair<int, int>* alias = nullptr, std::size_t shift = 0) {
  const auto kernel = candidate.prepare();
  std::vector<std::unique_ptr<Block>> blocks;
  std::vector<void*> in, out;
  for (std::size_t i = 0; i < region.outputs.size(); ++i) {
    std::size_t bytes = region.type(region.outputs[i]).bytes();
    // Hidden outputs are the last of the anchor's.
    const std::size_t all = region.ops[0].outputs.size(), hidden = candidate.hidden_bytes.size();
    if (region.ops.size() == 1 && i + hidden >= all) bytes = candidate.hidden_bytes[i + hidden - all];
    blocks.push_back(std::make_unique<Block>(backend, bytes + shift));
    blocks.back()->cover();
    out.push_back(blocks.back()->data + shift);
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (alias != nullptr && static_cast<int>(i) == alias->first) in.push_back(out[static_cast<std::size_t>(alias->second)]);
    else {
      blocks.push_back(std::make_unique<Block>(backend, inputs[i].size() + shift));
      in.push_back(blocks.back()->data + shift);
    }
    backend.copy_in(in.back(), inputs[i].data(), inputs[i].size());
  }
  Block scratch(backend, candidate.scratch_bytes);
  scratch.cover();
  Block kept(backend, candidate.kept_bytes);
  std::vector<std::unique_ptr<Call>> calls, renewals;
  calls.push_back(kernel->bind(in, out, {scratch.data, kept.data}));
  if (candidate.kept_bytes) {
    renewals.push_back(std::make_unique<RenewalOf>(*calls[0]));
    backend.run(renewals);
    for (const int i : candidate.kept_inputs) {
      const std::vector<char> other(inputs[static_cast<std::size_t>(i)].size(), 0x7F);
      backend.copy_in(in[static_cast<std::size_t>(i)], other.data(), other.size());
    }
    scratch.cover();
  }
  backend.run(calls);
  std::vector<std::vector<char>> first;
  const auto take = [&] {
    std::vector<std::vector<char>> results;
    for (std::size_t i = 0; i < out.size(); ++i) {
      results.emplace_back(blocks[i]->bytes - shift);
      backend.copy_out(results.back().data(), out[i], results.back().size());
    }
    return results;
  };
  first = take();
  if (alias == nullptr) {  // every further run must give the same: by itself, captured, launched again
    const auto sequence = backend.sequence(calls);
    for (int i = 0; i < 3; ++i) {
      for (std::size_t k = 0; k < out.size(); ++k) blocks[k]->cover();
      sequence->run();
      if (take() != first) throw std::runtime_error(candidate.name + " gives other bits when it runs again");
    }
  }
  return first;
}

inline std::vector<char> bytes_of(const Tensor& t) {
  const char* data = static_cast<const char*>(t.data());
  return {data, data + t.bytes()};
}

}  // namespace strata
