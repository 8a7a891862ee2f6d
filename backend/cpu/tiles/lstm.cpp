// The elementwise part of an lstm's step, forward and back.
#include "backend/cpu/tiles/loops.h"
#include "backend/cpu/tiles/math.h"

namespace strata::cpu::STRATA_ISA {
namespace {
STRATA_INLINE float sigmoid_(float x) { return 1.0f / (1.0f + exp_(-x)); }
}

void lstm_step(const LstmStep& s, std::int64_t rows, std::int64_t units) {
  for (std::int64_t r = 0; r < rows; ++r) {
    float* gates = s.gates + r * 4 * units;
    for (std::int64_t j = 0; j < 2 * units; ++j) gates[j] = sigmoid_(gates[j]);
    for (std::int64_t j = 2 * units; j < 3 * units; ++j) gates[j] = tanh_(gates[j]);
    for (std::int64_t j = 3 * units; j < 4 * units; ++j) gates[j] = sigmoid_(gates[j]);
    const float *i = gates, *f = gates + units, *g = gates + 2 * units, *o = gates + 3 * units;
    const float *c_before = s.c_before + r * units, *h_before = s.h_before + r * units;
    float *c = s.c + r * units, *h = s.h + r * units;
    if (s.mask != nullptr && s.mask[r] == 0) {
STRATA_NO_ALIAS
      for (std::int64_t j = 0; j < units; ++j) c[j] = c_before[j], h[j] = h_before[j];
    } else {
STRATA_NO_ALIAS
      for (std::int64_t j = 0; j < units; ++j) {
        const float next = f[j] * c_before[j] + i[j] * g[j];
        c[j] = next;
        h[j] = o[j] * tanh_(next);
      }
    }
  }
}

void lstm_step_gradient(const LstmStepGradient& s, std::int64_t rows, std::int64_t units) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* gates = s.gates + r * 4 * units;
    const float *i = gates, *f = gates + units, *g = gates + 2 * units, *o = gates + 3 * units;
    const float *c = s.c + r * units, *c_before = s.c_before + r * units, *dsequence = s.dsequence + r * units;
    float *dh = s.dh + r * units, *dc = s.dc + r * units, *dz = s.dz + r * 4 * units;
    if (s.mask != nullptr && s.mask[r] == 0) {  // h passes through as it is
      for (std::int64_t j = 0; j < 4 * units; ++j) dz[j] = 0.0f;
STRATA_NO_ALIAS
      for (std::int64_t j = 0; j < units; ++j) dh[j] += dsequence[j];
      continue;
    }
    // One gate at a time: five results in one loop are too many pointers to tell apart.
STRATA_NO_ALIAS
    for (std::int64_t j = 0; j < units; ++j) {
      const float t = tanh_(c[j]), d = dh[j] + dsequence[j];
      dz[3 * units + j] = d * t * (o[j] * (1.0f - o[j]));
      dc[j] += d * o[j] * (1.0f - t * t);
      dh[j] = 0.0f;
    }
STRATA_NO_ALIAS
    for (std::int64_t j = 0; j < units; ++j) {
      const float d = dc[j];
      dz[j] = d * g[j] * (i[j] * (1.0f - i[j]));
      dz[units + j] = d * c_before[j] * (f[j] * (1.0f - f[j]));
      dz[2 * units + j] = d * i[j] * (1.0f - g[j] * g[j]);
      dc[j] = d * f[j];
    }
  }
}

}  // namespace strata::cpu::STRATA_ISA
