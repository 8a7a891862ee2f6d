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

void Epilogue::run(void* const* inputs, void* const* outputs, void* scratch) const {
  if (!program_) return;
  std::array<void*, most_inputs> all;
  std::copy_n(inputs, inputs_, all.begin());
  all[static_cast<std::size_t>(inputs_)] = destination(outputs, scratch);
  program_->run(all.data(), outputs, static_cast<char*>(scratch) + product_bytes_);
}

}  // namespace strata::cpu
