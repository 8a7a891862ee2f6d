#include "kernel.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <omp.h>

namespace strata::measure {

void Free::operator()(float* p) const { std::free(p); }

Array make_array(size_t size) {
  size_t bytes = (size * sizeof(float) + 63) / 64 * 64;
  auto* p = static_cast<float*>(std::aligned_alloc(64, bytes));
  std::memset(p, 0, bytes);
  return Array(p);
}

const dnnl::engine& cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

void Kernel::run(Part part) {
  thread_local dnnl::stream stream(cpu());
  for (auto& step : steps)
    if (part == Part::all || step.converts_weights == (part == Part::conversion)) step.execute(stream);
}

Data::Data(const Case& c) {
  uint64_t state = 1;
  for (auto& operand : c.operands) {
    bool per_row = operand.role == Role::row_input || operand.role == Role::row_output;
    sizes.push_back(operand.size * (per_row ? c.rows : 1));
    arrays.push_back(make_array(sizes.back()));
    bool input = operand.role == Role::row_input || operand.role == Role::shared_input;
    for (size_t i = 0; input && i < sizes.back(); ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      float uniform = static_cast<float>(state >> 40) * 0x1p-24f;
      arrays.back()[i] = operand.name == "variance" ? 0.5f + uniform : uniform - 0.5f;
    }
  }
}

std::vector<float*> Data::at() const {
  std::vector<float*> pointers;
  for (auto& array : arrays) pointers.push_back(array.get());
  return pointers;
}

std::vector<float*> Data::slice(const Case& c, int first_row) const {
  auto pointers = at();
  for (size_t i = 0; i < pointers.size(); ++i)
    if (c.operands[i].role == Role::row_input || c.operands[i].role == Role::row_output)
      pointers[i] += c.operands[i].size * first_row;
  return pointers;
}

Slices::Slices(const Case& c, const Data& data, int count) : case_(c), data_(data) {
  int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  for (int s = 0; s < count; ++s) {
    int first = c.rows * s / count, last = c.rows * (s + 1) / count;
    auto at = data.slice(c, first);
    auto& partial = partial_.emplace_back(c.operands.size());
    for (size_t i = 0; i < at.size(); ++i)
      if (c.operands[i].role == Role::summed_output && s > 0) {
        partial[i] = make_array(data.sizes[i]);
        at[i] = partial[i].get();
        extra_bytes_ += data.sizes[i] * sizeof(float);
      }
    kernels_.push_back(c.build(last - first, at));
    extra_bytes_ += kernels_.back().extra_bytes;
  }
  omp_set_num_threads(threads);
}

void Slices::run(bool parallel) {
  int count = static_cast<int>(kernels_.size());
  int threads = omp_get_max_threads();
  if (!parallel) omp_set_num_threads(1);      // a region has one thread inside another; outside it must be asked for
#pragma omp parallel for schedule(static, 1) if (parallel)
  for (int s = 0; s < count; ++s) kernels_[s].run();
  omp_set_num_threads(threads);
  for (size_t i = 0; i < case_.operands.size(); ++i) {
    if (case_.operands[i].role != Role::summed_output || count == 1) continue;
    float* total = data_.arrays[i].get();
    int64_t size = static_cast<int64_t>(data_.sizes[i]);
#pragma omp parallel for schedule(static) if (size > 16384)
    for (int64_t begin = 0; begin < size; begin += 4096) {
      int64_t end = begin + 4096 < size ? begin + 4096 : size;
      for (int s = 1; s < count; ++s) {
        const float* more = partial_[s][i].get();
        for (int64_t e = begin; e < end; ++e) total[e] += more[e];
      }
    }
  }
}

}      // namespace strata::measure
