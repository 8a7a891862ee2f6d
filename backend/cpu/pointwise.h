// The blocked interpreter: a graph of elementwise ops over one iteration shape, run tile by tile. A tile's values lie in
// the first-level cache, so that the graph costs one pass over memory however many ops it has (measured: one Adam update
// of 16 Mi weights at the speed of memory).
#pragma once

#include <memory>
#include <variant>

#include "backend/cpu/maker.h"

namespace strata::cpu {

class Pointwise {
 public:
  using Answer = std::variant<std::shared_ptr<const Pointwise>, Declined>;

  // The ops of `region` but its anchor, if it has one. What the anchor gives comes as further inputs.
  static Answer compile(const Region& region, const Tiles& tiles, int anchor = -1);

  // Addresses of the region's inputs, then of the anchor's outputs; of the region's outputs.
  void run(void* const* inputs, void* const* outputs, void* scratch) const;
  std::size_t scratch_bytes(int threads) const { return (registers_ + uniform_bytes_) * static_cast<std::size_t>(threads) + 64; }
  // Pairs of the region's input (the anchor's outputs count on from them) and output that may lie at one address.
  const std::vector<std::pair<int, int>>& in_place() const { return in_place_; }
  std::int64_t elements() const { return elements_; }

 private:
  struct Axis { std::int64_t size, stride; };  // in elements of the operand
  // Where a value lies while a tile runs.
  struct Slot {
    enum Kind { input, output, given_register, uniform, constant, expanded } kind;
    int index = 0;              // of input or output
    std::size_t offset = 0;     // in the thread's scratch
    std::size_t size = 4;       // bytes of an element
    bool full = true;           // moves on with the tile
    std::int64_t period = 0;    // of an expanded one, 0: none that tiles can keep
    std::vector<Axis> axes = {};  // of an expanded one, outermost first
    std::uint64_t bits = 0;     // of a constant
  };
  struct Step {
    TileLoop loop;
    int out, a, b, c;
  };

  void expand(const Slot& slot, const char* from, char* to, std::int64_t begin, std::int64_t n) const;

  std::vector<Slot> slots_;
  std::vector<Step> uniform_steps_, steps_;
  struct UniformOutput { int slot, output; std::size_t bytes; };
  std::vector<UniformOutput> uniform_outputs_;
  std::vector<std::pair<int, int>> in_place_;
  std::int64_t elements_ = 0, tile_ = 1024, work_ = 0;
  std::size_t registers_ = 0, uniform_bytes_ = 0;
};

}  // namespace strata::cpu
