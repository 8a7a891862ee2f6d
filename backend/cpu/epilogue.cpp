#include "backend/cpu/epilogue.h"

#include <array>

namespace strata::cpu {
namespace {
constexpr std::size_t most_inputs = 64;
}

Epilogue::Answer Epilogue::make(const Region& region, const Machine& machine, int anchor) {
  Epilogue e;
  const RegionOp& op = region.ops[static_cast<std::size_t>(anchor)];
  for (const Source& s : op.inputs)
    if (s.op >= 0) return Declined{"its anchor reads what the region computes"};
  for (std::size_t i = 0; i < region.outputs.size(); ++i)
    if (region.outputs[i] == Source{anchor, 0}) e.output_ = static_cast<int>(i);
  if (region.ops.size() == 1) return region.outputs.size() == 1 ? Answer(e) : Answer(Declined{"it has several outputs"});
  if (region.inputs.size() + op.outputs.size() > most_inputs) return Declined{"it has too many inputs"};

  auto compiled = Pointwise::compile(region, *machine.tiles, anchor);
  if (auto* declined = std::get_if<Declined>(&compiled)) return *declined;
  e.program_ = std::get<std::shared_ptr<const Pointwise>>(compiled);
  e.inputs_ = static_cast<int>(region.inputs.size());
  for (const auto& [input, output] : e.program_->in_place())
    if (e.output_ < 0 && input == e.inputs_) e.output_ = output;
  if (e.output_ < 0) e.product_bytes_ = (op.outputs[0].bytes() + 63) & ~std::size_t{63};
  e.program_bytes_ = e.program_->scratch_bytes(machine.threads);
  return e;
}

std::optional<BiasSumRelu> bias_sum_relu(const Region& region, int anchor) {
  BiasSumRelu found;
  Source at{anchor, 0};
  const ArrayType& y = region.type(at);
  for (int i = 0; i < static_cast<int>(region.ops.size()); ++i) {
    if (i == anchor) continue;
    const RegionOp& op = region.ops[static_cast<std::size_t>(i)];
    if (op.name == "add" && i > anchor && !found.relu) {
      const Source other = op.inputs[0] == at ? op.inputs[1] : op.inputs[0];
      if (!(op.inputs[0] == at || op.inputs[1] == at) || other.op >= 0) return std::nullopt;
      const ArrayType& added = region.type(other);
      const bool is_row = added.elements() == y.dim(-1) && added.rank() >= 1 && added.dim(-1) == y.dim(-1);
      if (is_row && found.bias < 0 && found.sum < 0) found.bias = other.index;
      else if (added == y && found.sum < 0) found.sum = other.index;
      else return std::nullopt;
    } else if (op.name == "relu" && i > anchor && !found.relu && op.inputs[0] == at) {
      found.relu = true;
    } else {
      return std::nullopt;
    }
    at = {i, 0};
  }
  if (region.outputs.size() != 1 || region.outputs[0] != at) return std::nullopt;
  return found;
}

void Epilogue::run(void* const* inputs, void* const* outputs, void* scratch) const {
  if (!program_) return;
  std::array<void*, most_inputs> all;
  std::copy_n(inputs, inputs_, all.begin());
  all[static_cast<std::size_t>(inputs_)] = destination(outputs, scratch);
  program_->run(all.data(), outputs, static_cast<char*>(scratch) + product_bytes_);
}

}  // namespace strata::cpu
