// Draws, and dropout, whose mask is drawn again wherever it is needed and never stored.
#include "backend/cpu/epilogue.h"
#include "backend/cpu/parallel.h"

namespace strata::cpu {

// random_uniform and random_normal. Input: int64 {seed, step}.
Answer random(const Region& region, const Machine& machine) {
  const RegionOp& op = anchor(region);
  const ArrayType& y = op.outputs[0];
  if (!is_float32(y)) return Declined{"it is not float32"};
  const auto stream = static_cast<std::uint64_t>(op.attributes->integer("stream"));
  const std::int64_t n = y.elements();
  const bool normal = op.name == "random_normal";
  const auto draw = normal ? machine.tiles->random_normal : machine.tiles->random_uniform;
  return with_epilogue(region, machine, normal ? "normal draws" : "uniform draws", 0, [=](void* const* inputs, void* output, void*) {
    const std::uint64_t seed = in<std::uint64_t>(inputs, 0)[0], step = in<std::uint64_t>(inputs, 0)[1];
    parallel((n + 255) / 256, n * 4, [&](std::int64_t begin, std::int64_t end) {
      draw(static_cast<float*>(output), begin * 256, std::min(end * 256, n), seed, step, stream);
    });
  });
}

Answer dropout(const Region& region, const Machine& machine) {
  const RegionOp& op = anchor(region);
  const ArrayType& x = op.outputs[0];
  if (!is_float32(x)) return Declined{"it is not float32"};
  const double rate = op.attributes->number("rate");
  const auto stream = static_cast<std::uint64_t>(op.attributes->integer("stream"));
  const std::int64_t n = x.elements();
  return with_epilogue(region, machine, "dropout", 0, [=, &tiles = *machine.tiles](void* const* inputs, void* output, void*) {
    const std::uint64_t seed = in<std::uint64_t>(inputs, 1)[0], step = in<std::uint64_t>(inputs, 1)[1];
    parallel((n + 255) / 256, n * 4, [&](std::int64_t begin, std::int64_t end) {
      tiles.dropout(in(inputs, 0), static_cast<float*>(output), begin * 256, std::min(end * 256, n), seed, step, stream,
                    static_cast<float>(rate), static_cast<float>(1 / (1 - rate)));
    });
  });
}

}  // namespace strata::cpu
