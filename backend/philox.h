// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011) and the draws that Strata makes
// from it, for host and device. A CUDA source defines STRATA_HOST_DEVICE as __host__ __device__ before it includes this.
//
// Layout. Four 32-bit words come from one block:
//   key     = {seed bits 0-31, seed bits 32-63}
//   counter = {block, step bits 0-31, stream bits 0-31, stream bits 32-63}
// Elements of a tensor are numbered in row-major order. A 32-bit draw (float32, bfloat16, float16) takes word e % 4 of
// block e / 4; a 64-bit draw (float64) takes words 2 (e % 2), the low half, and 2 (e % 2) + 1, the high half, of block
// e / 2. So one tensor has at most 2^32 blocks, and the draws of a stream come round again after 2^32 steps.
//
//   uniform float32   upper 24 bits of the word / 2^24             in [0, 1)
//   uniform float64   upper 53 bits of the double word / 2^53      in [0, 1)
//   uniform bfloat16  upper 8 bits / 2^8; float16: upper 11 bits / 2^11 (rounding a float32 would give 1)
//   normal            Box-Muller on two neighbours, elements 2i and 2i + 1: with u, v their uniforms and
//                     r = sqrt(-2 log(u + 2^-24)) (2^-53 for float64), r cos(2 pi v) and r sin(2 pi v)
// Uniform draws have equal bits on every device; a normal one may differ by the rounding of log, sin and cos.
#pragma once

#include <cmath>
#include <cstdint>

#ifndef STRATA_HOST_DEVICE
#define STRATA_HOST_DEVICE
#endif

namespace strata::philox {

struct Words {
  std::uint32_t word[4];
};

// Most blocks that one tensor can draw.
inline constexpr std::int64_t max_blocks = std::int64_t{1} << 32;

STRATA_HOST_DEVICE inline Words philox4x32_10(Words counter, std::uint32_t key0, std::uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * counter.word[0], p1 = std::uint64_t{0xCD9E8D57u} * counter.word[2];
    counter = {{static_cast<std::uint32_t>(p1 >> 32) ^ counter.word[1] ^ key0, static_cast<std::uint32_t>(p1),
                static_cast<std::uint32_t>(p0 >> 32) ^ counter.word[3] ^ key1, static_cast<std::uint32_t>(p0)}};
    key0 += 0x9E3779B9u;  // golden ratio
    key1 += 0xBB67AE85u;  // sqrt(3) - 1
  }
  return counter;
}

STRATA_HOST_DEVICE inline Words draw(std::uint64_t seed, std::uint64_t step, std::uint64_t stream, std::uint32_t block) {
  return philox4x32_10({{block, static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(stream),
                         static_cast<std::uint32_t>(stream >> 32)}},
                       static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32));
}

// The uppermost `bits` (at most 24) of a word as a fraction.
STRATA_HOST_DEVICE inline float fraction(std::uint32_t word, int bits) {
  return static_cast<float>(word >> (32 - bits)) * (1.0f / static_cast<float>(1u << bits));
}

// Four draws of one block; two of float64.
STRATA_HOST_DEVICE inline void uniform(const Words& w, float (&out)[4], int bits = 24) {
  for (int i = 0; i < 4; ++i) out[i] = fraction(w.word[i], bits);
}
STRATA_HOST_DEVICE inline void uniform(const Words& w, double (&out)[2]) {
  for (int i = 0; i < 2; ++i) {
    const std::uint64_t bits = std::uint64_t{w.word[2 * i + 1]} << 32 | w.word[2 * i];
    out[i] = static_cast<double>(bits >> 11) * 0x1p-53;
  }
}
STRATA_HOST_DEVICE inline void normal(const Words& w, float (&out)[4]) {
  uniform(w, out);
  for (int i = 0; i < 4; i += 2) {
    const float r = std::sqrt(-2 * std::log(out[i] + 0x1p-24f)), angle = 6.2831853071795865f * out[i + 1];
    out[i] = r * std::cos(angle);
    out[i + 1] = r * std::sin(angle);
  }
}
STRATA_HOST_DEVICE inline void normal(const Words& w, double (&out)[2]) {
  uniform(w, out);
  const double r = std::sqrt(-2 * std::log(out[0] + 0x1p-53)), angle = 6.2831853071795865 * out[1];
  out[0] = r * std::cos(angle);
  out[1] = r * std::sin(angle);
}

}  // namespace strata::philox
