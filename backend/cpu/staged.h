// A kernel of oneDNN primitives and an elementwise epilogue.
#pragma once

#include "backend/cpu/epilogue.h"
#include "backend/cpu/onednn.h"
#include "backend/cpu/parallel.h"

namespace strata::cpu {

// Stages one after the other, slices side by side (each made for one thread), then elementwise ops.
class StagedKernel final : public Kernel {
 public:
  StagedKernel(std::vector<Stage> stages, std::vector<Stage> slices, std::vector<int> order, Epilogue epilogue, std::size_t own)
      : stages_(std::move(stages)), slices_(std::move(slices)), order_(std::move(order)), epilogue_(std::move(epilogue)), own_(own) {}

  std::unique_ptr<Call> bind(std::span<void* const> inputs, std::span<void* const> outputs, void* scratch) const override {
    return std::make_unique<Bound>(*this, inputs, outputs, scratch);
  }

 private:
  class Bound final : public Call {
   public:
    Bound(const StagedKernel& kernel, std::span<void* const> inputs, std::span<void* const> outputs, void* scratch)
        : epilogue_(kernel.epilogue_), inputs_(inputs.begin(), inputs.end()), outputs_(outputs.begin(), outputs.end()),
          rest_(static_cast<char*>(scratch) + kernel.own_) {
      std::vector<void*> operands;
      for (const int i : kernel.order_) operands.push_back(inputs[static_cast<std::size_t>(i)]);
      void* const y = epilogue_.destination(outputs_.data(), rest_);
      for (const Stage& s : kernel.stages_) stages_.emplace_back(s, operands.data(), &y, scratch);
      for (const Stage& s : kernel.slices_) slices_.emplace_back(s, operands.data(), &y, scratch);
    }
    void run() override {
      for (BoundStage& s : stages_) s.run();
      parallel(static_cast<std::int64_t>(slices_.size()), parallel_work, [this](std::int64_t begin, std::int64_t end) {
        const OneThread one;
        for (std::int64_t i = begin; i < end; ++i) slices_[static_cast<std::size_t>(i)].run();
      });
      epilogue_.run(inputs_.data(), outputs_.data(), rest_);
    }

   private:
    std::vector<BoundStage> stages_, slices_;
    Epilogue epilogue_;
    std::vector<void*> inputs_, outputs_;
    void* rest_;
  };
  std::vector<Stage> stages_, slices_;
  std::vector<int> order_;
  Epilogue epilogue_;
  std::size_t own_;
};

inline std::vector<int> inputs_of(const RegionOp& op) {
  std::vector<int> order;
  for (const Source& s : op.inputs) order.push_back(s.index);
  return order;
}

// The library's reference kernels are a thousand times slower than its others; ours fills in, or the decomposition.
template <class PrimitiveDesc>
void refuse_reference(const PrimitiveDesc& pd) {
  if (std::string_view(pd.impl_info_str()).substr(0, 3) == "ref")
    throw dnnl::error(dnnl_unimplemented, "it has only its reference kernel here");
}

// Whether a convolution over one large sample was seen to have the same bits at any number of threads: its own kernels for
// AVX-512, not its products and not its kernels for AVX2.
template <class PrimitiveDesc>
bool has_equal_bits(const PrimitiveDesc& pd) {
  const std::string_view kernel = pd.impl_info_str();
  return kernel.substr(0, 4) != "gemm" && kernel.find("avx512") != kernel.npos;
}

}  // namespace strata::cpu
