// Regions of elementwise ops: one kernel each, compiled from text (pointwise_source.h).
#include <algorithm>

#include <fmt/format.h>

#include "backend/cuda/maker.h"
#include "backend/cuda/nvrtc.h"
#include "backend/cuda/pointwise_source.h"
#include "backend/cuda/status.h"

namespace strata::cuda {
namespace {

constexpr std::size_t most_arguments = 512;  // a region of the compiler's has 48 ops at most, of three operands

class PointwiseLaunch {
 public:
  PointwiseLaunch(PointwiseSource source, const Machine& machine)
      : source_(std::move(source)), module_(module_of(source_.text, machine.capability)), stream_(machine.stream) {
    source_.text.clear();  // the module has it
    // Enough blocks for every processor to have its fill; each goes on over the rest.
    most_blocks_ = static_cast<std::int64_t>(machine.processors) * 16;
  }

  void operator()(void* const* inputs, void* const* outputs, void*) const {
    if (source_.elements == 0) return;
    void* addresses[most_arguments];
    void* arguments[most_arguments + 1];
    bool aligned = true;
    const std::size_t count = source_.arguments.size();
    for (std::size_t i = 0; i < count; ++i) {
      const PointwiseSource::Argument& a = source_.arguments[i];
      addresses[i] = a.output ? outputs[a.index] : inputs[a.index];
      arguments[i] = &addresses[i];
      aligned = aligned && reinterpret_cast<std::uintptr_t>(addresses[i]) % a.alignment == 0;
    }
    long long n = source_.elements;
    arguments[count] = &n;
    const std::int64_t per_block = std::int64_t{PointwiseSource::threads} * (aligned ? source_.width : 1);
    const auto blocks = static_cast<unsigned>(std::clamp<std::int64_t>((n + per_block - 1) / per_block, 1, most_blocks_));
    const cudaKernel_t kernel = module_->kernel(aligned ? "vector" : "scalar");
    check(cudaLaunchKernel(reinterpret_cast<const void*>(kernel), dim3(blocks), dim3(PointwiseSource::threads), arguments, 0, stream_), "starting a pointwise kernel");
  }

 private:
  PointwiseSource source_;
  std::shared_ptr<const Module> module_;
  cudaStream_t stream_;
  std::int64_t most_blocks_;
};

}  // namespace

Answer pointwise(const Region& region, const Machine& machine) {
  auto made = pointwise_source(region);
  if (auto* reason = std::get_if<std::string>(&made)) return Declined{std::move(*reason)};
  PointwiseSource& source = std::get<PointwiseSource>(made);
  if (source.arguments.size() > most_arguments) return Declined{fmt::format("{} arguments are more than {}", source.arguments.size(), most_arguments)};
  const auto in_place = source.in_place;
  return Candidate{.name = fmt::format("kernel of {} ops", region.ops.size()),
                   .in_place = in_place,
                   .prepare = [source = std::move(source), machine] { return make_kernel(PointwiseLaunch(source, machine)); }};
}

}  // namespace strata::cuda
