// A kernel of oneDNN primitives and an elementwise epilogue.
#pragma once

#include <cstring>

#include "backend/cpu/epilogue.h"
#include "backend/cpu/onednn.h"
#include "backend/cpu/parallel.h"

namespace strata::cpu {

// Stages one after the other, slices side by side (each made for one thread), then elementwise ops. Renewals make what is kept
// of steady inputs.
struct Stages {
  std::vector<Stage> renewals = {}, stages = {}, slices = {};
  std::vector<int> order = {};  // the region's inputs as the stages number them
  int begins_as = -1;           // the region's input that the stages add to: the output begins as it
  std::size_t output_bytes = 0;
  Epilogue epilogue = {};
  std::size_t scratch_bytes = 0;  // of the stages; the epilogue's follow
};

class StagedKernel final : public Kernel {
 public:
  explicit StagedKernel(Stages parts) : parts_(std::move(parts)) {}

  std::unique_ptr<Call> bind(std::span<void* const> inputs, std::span<void* const> outputs, Workspace workspace) const override {
    return std::make_unique<Bound>(parts_, inputs, outputs, workspace);
  }

 private:
  class Bound final : public Call {
   public:
    Bound(const Stages& parts, std::span<void* const> inputs, std::span<void* const> outputs, Workspace workspace)
        : epilogue_(parts.epilogue), inputs_(inputs.begin(), inputs.end()), outputs_(outputs.begin(), outputs.end()),
          rest_(static_cast<char*>(workspace.scratch) + parts.scratch_bytes), output_bytes_(parts.output_bytes) {
      if (parts.begins_as >= 0) summand_ = inputs_[static_cast<std::size_t>(parts.begins_as)];
      std::vector<void*> operands;
      for (const int i : parts.order) operands.push_back(inputs[static_cast<std::size_t>(i)]);
      void* const y = epilogue_.destination(outputs_.data(), rest_);
      const auto bound = [&](const std::vector<Stage>& stages, std::vector<BoundStage>& to) {
        to.reserve(stages.size());
        for (const Stage& s : stages) to.emplace_back(s, operands.data(), &y, workspace);
      };
      bound(parts.renewals, renewals_);
      bound(parts.stages, stages_);
      bound(parts.slices, slices_);
    }
    void renew() override {
      for (BoundStage& s : renewals_) s.run();
    }
    void run() override {
      if (summand_ != nullptr && summand_ != outputs_[0]) copy_summand();
      for (BoundStage& s : stages_) s.run();
      parallel(static_cast<std::int64_t>(slices_.size()), parallel_work, [this](std::int64_t begin, std::int64_t end) {
        const OneThread one;
        for (std::int64_t i = begin; i < end; ++i) slices_[static_cast<std::size_t>(i)].run();
      });
      epilogue_.run(inputs_.data(), outputs_.data(), rest_);
    }

   private:
    void copy_summand() {
      constexpr std::size_t block = 1 << 14;
      parallel(static_cast<std::int64_t>((output_bytes_ + block - 1) / block), static_cast<std::int64_t>(output_bytes_ / 4),
               [this](std::int64_t begin, std::int64_t end) {
                 const std::size_t from = static_cast<std::size_t>(begin) * block, to = std::min(static_cast<std::size_t>(end) * block, output_bytes_);
                 std::memcpy(static_cast<char*>(outputs_[0]) + from, static_cast<const char*>(summand_) + from, to - from);
               });
    }

    std::vector<BoundStage> renewals_, stages_, slices_;
    Epilogue epilogue_;
    std::vector<void*> inputs_, outputs_;
    void* rest_;
    const void* summand_ = nullptr;
    std::size_t output_bytes_;
  };
  Stages parts_;
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
