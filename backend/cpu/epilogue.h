// A region with an anchor: the anchor's kernel, then the elementwise ops behind it in one pass while its output is in the
// cache.
#pragma once

#include "backend/cpu/pointwise.h"

namespace strata::cpu {

class Epilogue {
 public:
  using Answer = std::variant<Epilogue, Declined>;
  // The ops of `region` other than its anchor (whose index is given) must be elementwise.
  static Answer make(const Region& region, const Machine& machine, int anchor);

  // None: the anchor's kernel writes the region's one output itself.
  static Epilogue direct() {
    Epilogue e;
    e.output_ = 0;
    return e;
  }

  bool empty() const { return program_ == nullptr; }
  // Where the anchor's first output goes.
  void* destination(void* const* outputs, void* scratch) const { return output_ >= 0 ? outputs[output_] : scratch; }
  void run(void* const* inputs, void* const* outputs, void* scratch) const;
  std::size_t scratch_bytes() const { return product_bytes_ + program_bytes_; }

 private:
  std::shared_ptr<const Pointwise> program_;
  int inputs_ = 0, output_ = -1;
  std::size_t product_bytes_ = 0, program_bytes_ = 0;
};

// Makes a candidate of an anchor that is f(inputs, output, scratch), with whatever elementwise ops follow it.
template <class F>
Answer with_epilogue(const Region& region, const Machine& machine, std::string name, std::size_t scratch_bytes, F f) {
  const int anchor = anchor_of(region);
  auto made = Epilogue::make(region, machine, anchor);
  if (auto* declined = std::get_if<Declined>(&made)) return *declined;
  const Epilogue epilogue = std::get<Epilogue>(made);
  if (!epilogue.empty()) name += " + epilogue";
  const std::size_t own = (scratch_bytes + 63) & ~std::size_t{63};
  // The anchor's inputs as it names them.
  std::vector<int> order;
  for (const Source& s : region.ops[static_cast<std::size_t>(anchor)].inputs) order.push_back(s.index);
  return Candidate{.name = std::move(name),
                   .scratch_bytes = own + epilogue.scratch_bytes(),
                   .prepare = [=] {
                     return make_kernel([=](void* const* inputs, void* const* outputs, void* scratch) {
                       void* operands[8] = {};
                       for (std::size_t i = 0; i < order.size(); ++i) operands[i] = inputs[order[i]];
                       void* const rest = static_cast<char*>(scratch) + own;
                       f(operands, epilogue.destination(outputs, rest), scratch);
                       epilogue.run(inputs, outputs, rest);
                     });
                   }};
}

}  // namespace strata::cpu
