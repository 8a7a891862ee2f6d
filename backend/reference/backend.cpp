#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "backend/reference/kernels.h"
#include "backend/reference/reference.h"

namespace strata {
namespace reference {

Definition refuse_dtype(const Operation& op, DType dtype) {
  return refuse(std::string(op.name) + " is not defined for " + std::string(name_of(dtype)));
}

namespace {

Definition define(const Operation& op) {
  for (const auto group : {elementwise, movement, reduction, contraction, random})
    if (Definition d = group(op); d.run || !d.refusal.empty()) return d;
  return refuse("the reference has no kernel for " + std::string(op.name));
}

bool is_constant(const RegionOp& op) { return op.name == "constant"; }

// A definition with the scalar constants that feed it.
class RegionKernel final : public Kernel {
 public:
  RegionKernel(Definition definition, std::vector<Source> sources, std::vector<std::array<std::byte, 8>> constants)
      : definition_(std::move(definition)), sources_(std::move(sources)), constants_(std::move(constants)) {}

  std::unique_ptr<Call> bind(std::span<void* const> inputs, std::span<void* const> outputs, Workspace workspace) const override {
    auto call = std::make_unique<Bound>(definition_.run, constants_, outputs[0], workspace.scratch);
    for (const Source& s : sources_) {
      const auto i = static_cast<std::size_t>(s.op < 0 ? s.index : s.op);
      call->operands.push_back(s.op < 0 ? inputs[i] : call->constants[i].data());
    }
    return call;
  }

 private:
  struct Bound final : Call {
    Bound(std::function<void(const Arguments&)> f, std::vector<std::array<std::byte, 8>> c, void* o, void* s)
        : run_definition(std::move(f)), constants(std::move(c)), output(o), scratch(s) {}
    void run() override { run_definition({operands.data(), output, scratch}); }

    std::function<void(const Arguments&)> run_definition;
    std::vector<std::array<std::byte, 8>> constants;
    std::vector<const void*> operands;
    void *output, *scratch;
  };

  Definition definition_;
  std::vector<Source> sources_;                       // of the operation's operands
  std::vector<std::array<std::byte, 8>> constants_;   // one element per op of the region; others are unused
};

class ReferenceBackend final : public Backend {
 public:
  std::string name() const override { return "reference"; }
  std::string description() const override { return "naive loops on one core, the definition of every operation"; }
  bool uses_host_memory() const override { return true; }

  void* allocate(std::size_t bytes) override {
    const std::size_t rounded = (std::max<std::size_t>(bytes, 1) + 63) / 64 * 64;
    void* memory = std::aligned_alloc(64, rounded);
    if (memory) std::memset(memory, 0, rounded);
    return memory;
  }
  void release(void* memory, std::size_t) override { std::free(memory); }
  void copy_in(void* device, const void* host, std::size_t bytes) override { copy(device, host, bytes); }
  void copy_out(void* host, const void* device, std::size_t bytes) override { copy(host, device, bytes); }

  std::vector<Candidate> candidates(const Region& region, std::vector<Refusal>& refusals) override {
    const auto decline = [&](std::string reason) {
      refusals.push_back({"reference", std::move(reason)});
      return std::vector<Candidate>{};
    };
    const auto computing = std::count_if(region.ops.begin(), region.ops.end(), [](const RegionOp& op) { return !is_constant(op); });
    if (computing > 1) return decline("it runs one operation at a time, and the region has " + std::to_string(computing));
    if (region.ops.empty()) return decline("the region has no operation");
    const auto anchor = computing == 0 ? region.ops.begin()
                                       : std::find_if_not(region.ops.begin(), region.ops.end(), is_constant);
    const Source result{static_cast<int>(anchor - region.ops.begin()), 0};
    if (region.outputs != std::vector<Source>{result}) return decline("the region gives more than its operation's output");

    Operation op{anchor->name, *anchor->attributes, {}, region.type(result)};
    for (const Source& s : anchor->inputs) op.inputs.push_back(region.type(s));
    Definition definition = define(op);
    if (!definition.run) return decline(std::move(definition.refusal));

    std::vector<std::array<std::byte, 8>> constants(region.ops.size());
    for (std::size_t i = 0; i < region.ops.size(); ++i) {
      const RegionOp& o = region.ops[i];
      if (static_cast<int>(i) == result.op || !is_constant(o)) continue;
      if (o.outputs[0].elements() != 1) return decline("a constant inside a region must be a scalar");
      define({o.name, *o.attributes, {}, o.outputs[0]}).run({nullptr, constants[i].data(), nullptr});
    }
    Candidate candidate;
    candidate.name = "reference " + std::string(op.name);
    candidate.scratch_bytes = definition.scratch_bytes;
    candidate.prepare = [definition, sources = anchor->inputs, constants]() -> std::shared_ptr<const Kernel> {
      return std::make_shared<const RegionKernel>(definition, sources, constants);
    };
    return {std::move(candidate)};
  }

  void run(std::span<const std::unique_ptr<Call>> calls) override {
    for (const auto& call : calls) call->run();
  }
  void synchronize() override {}

 private:
  static void copy(void* to, const void* from, std::size_t bytes) {
    if (bytes) std::memcpy(to, from, bytes);
  }
};

}  // namespace
}  // namespace reference

std::unique_ptr<Backend> make_reference_backend() { return std::make_unique<reference::ReferenceBackend>(); }

}  // namespace strata
