// Draws and dropout: the layout of backend/philox.h, 64 blocks at a time.
#include "backend/cpu/tiles/loops.h"
#include "backend/cpu/tiles/math.h"
#include "backend/cpu/tiles/vector.h"

namespace strata::cpu::STRATA_ISA {
namespace {

constexpr std::int64_t at_once = 64;
struct Blocks { std::uint32_t word[4][at_once]; };

STRATA_INLINE void philox(Blocks& w, std::uint32_t key0, std::uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
STRATA_NO_ALIAS
    for (std::int64_t i = 0; i < at_once; ++i) {
      const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * w.word[0][i], p1 = std::uint64_t{0xCD9E8D57u} * w.word[2][i];
      const std::uint32_t w1 = w.word[1][i], w3 = w.word[3][i];
      w.word[0][i] = static_cast<std::uint32_t>(p1 >> 32) ^ w1 ^ key0;
      w.word[1][i] = static_cast<std::uint32_t>(p1);
      w.word[2][i] = static_cast<std::uint32_t>(p0 >> 32) ^ w3 ^ key1;
      w.word[3][i] = static_cast<std::uint32_t>(p0);
    }
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

constexpr std::int64_t draws_at_once = 4 * at_once;

// The uniform draws of elements [e, e + draws_at_once).
STRATA_INLINE void draw(float (&u)[draws_at_once], std::int64_t e, std::uint64_t seed, std::uint64_t step, std::uint64_t stream) {
  Blocks w;
  for (std::int64_t i = 0; i < at_once; ++i) {
    w.word[0][i] = static_cast<std::uint32_t>(e / 4 + i);
    w.word[1][i] = static_cast<std::uint32_t>(step);
    w.word[2][i] = static_cast<std::uint32_t>(stream);
    w.word[3][i] = static_cast<std::uint32_t>(stream >> 32);
  }
  philox(w, static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32));
  for (std::int64_t i = 0; i < at_once; ++i)
    for (int k = 0; k < 4; ++k) u[4 * i + k] = static_cast<float>(static_cast<std::int32_t>(w.word[k][i] >> 8)) * 0x1p-24f;
}

STRATA_INLINE std::int64_t count_from(std::int64_t e, std::int64_t end) { return end - e < draws_at_once ? end - e : draws_at_once; }

}  // namespace

void random_uniform(float* y, std::int64_t begin, std::int64_t end, std::uint64_t seed, std::uint64_t step, std::uint64_t stream) {
  for (std::int64_t e = begin; e < end; e += draws_at_once) {
    float u[draws_at_once];
    draw(u, e, seed, step, stream);
    const std::int64_t n = count_from(e, end);
    for (std::int64_t i = 0; i < n; ++i) y[e + i] = u[i];
  }
}

void random_normal(float* y, std::int64_t begin, std::int64_t end, std::uint64_t seed, std::uint64_t step, std::uint64_t stream) {
  for (std::int64_t e = begin; e < end; e += draws_at_once) {
    float u[draws_at_once], z[draws_at_once];
    draw(u, e, seed, step, stream);
STRATA_NO_ALIAS
    for (std::int64_t i = 0; i < draws_at_once / 2; ++i) {
      const float r = sqrt_(-2.0f * log_(u[2 * i] + 0x1p-24f)), angle = 6.2831853071795865f * u[2 * i + 1];
      z[2 * i] = r * cos_(angle);
      z[2 * i + 1] = r * sin_(angle);
    }
    const std::int64_t n = count_from(e, end);
    for (std::int64_t i = 0; i < n; ++i) y[e + i] = z[i];
  }
}

void dropout(const float* x, float* y, std::int64_t begin, std::int64_t end, std::uint64_t seed, std::uint64_t step,
             std::uint64_t stream, float rate, float scale) {
  for (std::int64_t e = begin; e < end; e += draws_at_once) {
    float u[draws_at_once];
    draw(u, e, seed, step, stream);
    const std::int64_t n = count_from(e, end);
STRATA_NO_ALIAS
    for (std::int64_t i = 0; i < n; ++i) y[e + i] = u[i] >= rate ? x[e + i] * scale : 0.0f;
  }
}

}  // namespace strata::cpu::STRATA_ISA
