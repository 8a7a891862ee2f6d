#include <strata/random.h>

#include <cmath>

#include "backend/philox.h"

namespace strata {
namespace {

// Two 64-bit draws lie in one block; blocks past 2^32 take the counter's step.
philox::Words block_of(std::uint64_t seed, std::uint64_t stream, std::uint64_t i) {
  const std::uint64_t block = i / 2;
  return philox::draw(seed, block >> 32, stream, static_cast<std::uint32_t>(block));
}

template <std::size_t N>
double polynomial(const double (&c)[N], double x) {
  double y = c[N - 1];
  for (std::size_t i = N - 1; i-- > 0;) y = y * x + c[i];
  return y;
}

// The normal distribution's quantile for |p - 1/2| < 1/2 - 1e-11, to about 1e-16 (Wichura, algorithm AS 241, PPND16,
// Applied Statistics 37, 1988; its two regions that a truncated normal can reach).
double normal_quantile(double p) {
  static constexpr double a[] = {3.3871328727963666080, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
                                 45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727};
  static constexpr double b[] = {1, 42.313330701600911252, 687.18700749205790830, 5394.1960214247511077,
                                 21213.794301586595867, 39307.895800092710610, 28729.085735721942674, 5226.4952788528545610};
  static constexpr double c[] = {1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
                                 1.27045825245236838258, 0.241780725177450611770, 0.0227238449892691845833, 7.74545014278341407640e-4};
  static constexpr double d[] = {1, 2.05319162663775882187, 1.67638483018380384940, 0.689767334985100004550,
                                 0.148103976427480074590, 0.0151986665636164571966, 5.47593808499534494600e-4, 1.05075007164441684324e-9};
  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * polynomial(a, r) / polynomial(b, r);
  }
  const double r = std::sqrt(-std::log(q < 0 ? p : 1 - p)) - 1.6;
  const double x = polynomial(c, r) / polynomial(d, r);
  return q < 0 ? -x : x;
}

}  // namespace

RandomStream::RandomStream(std::uint64_t seed, std::string_view name) : RandomStream(seed, hash_of(name)) {}

double RandomStream::uniform(std::uint64_t i) const {
  double draws[2];
  philox::uniform(block_of(seed_, stream_, i), draws);
  return draws[i % 2];
}

double RandomStream::normal(std::uint64_t i) const {
  double draws[2];
  philox::normal(block_of(seed_, stream_, i), draws);
  return draws[i % 2];
}

double RandomStream::truncated_normal(std::uint64_t i) const {
  static const double below = 0.5 * std::erfc(std::sqrt(2.0));  // share of a normal below -2
  return normal_quantile(below + uniform(i) * (1 - 2 * below));
}

std::uint64_t RandomStream::integer(std::uint64_t i, std::uint64_t below) const {
  const philox::Words w = block_of(seed_, stream_, i);
  const std::uint64_t bits = std::uint64_t{w.word[2 * (i % 2) + 1]} << 32 | w.word[2 * (i % 2)];
  return static_cast<std::uint64_t>((static_cast<unsigned __int128>(bits) * below) >> 64);
}

// FNV-1a, then the finalizer of MurmurHash3: short names that differ in one letter differ in every bit.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t h = 0xcbf29ce484222325u;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdu;
  h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53u;
  return h ^ (h >> 33);
}

}  // namespace strata
