#include <strata/text_hash.h>

#include <bit>
#include <cstring>
#include <utility>

namespace strata {
namespace {

constexpr std::uint64_t k0 = 0xc3a5c85c97cb3127, k1 = 0xb492b66fbe98f273, k2 = 0x9ae16a3b2f90404f;

// Little endian, as every machine that Strata runs on is.
std::uint64_t word(const char* s) {
  std::uint64_t v;
  std::memcpy(&v, s, 8);
  return v;
}
std::uint64_t half_word(const char* s) {
  std::uint32_t v;
  std::memcpy(&v, s, 4);
  return v;
}
std::uint64_t rotated(std::uint64_t v, int right) { return std::rotr(v, right); }
std::uint64_t shifted(std::uint64_t v) { return v ^ (v >> 47); }
std::uint64_t mixed(std::uint64_t u, std::uint64_t v, std::uint64_t factor) { return shifted((v ^ shifted((u ^ v) * factor)) * factor) * factor; }

std::uint64_t up_to_16(const char* s, std::size_t n) {
  const std::uint64_t factor = k2 + n * 2;
  if (n >= 8) {
    const std::uint64_t a = word(s) + k2, b = word(s + n - 8);
    return mixed(rotated(b, 37) * factor + a, (rotated(a, 25) + b) * factor, factor);
  }
  if (n >= 4) return mixed(n + (half_word(s) << 3), half_word(s + n - 4), factor);
  if (n == 0) return k2;
  const auto byte = [&](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(s[i])}; };
  return shifted((byte(0) + (byte(n >> 1) << 8)) * k2 ^ (n + (byte(n - 1) << 2)) * k0) * k2;
}

std::uint64_t up_to_32(const char* s, std::size_t n) {
  const std::uint64_t factor = k2 + n * 2, a = word(s) * k1, b = word(s + 8), c = word(s + n - 8) * factor, d = word(s + n - 16) * k2;
  return mixed(rotated(a + b, 43) + rotated(c, 30) + d, a + rotated(b + k2, 18) + c, factor);
}

std::uint64_t up_to_64(const char* s, std::size_t n) {
  const std::uint64_t factor = k2 + n * 2, a = word(s) * k2, b = word(s + 8), c = word(s + n - 8) * factor, d = word(s + n - 16) * k2;
  const std::uint64_t y = rotated(a + b, 43) + rotated(c, 30) + d, z = mixed(y, a + rotated(b + k2, 18) + c, factor);
  const std::uint64_t e = word(s + 16) * factor, f = word(s + 24), g = (y + word(s + n - 32)) * factor, h = (z + word(s + n - 24)) * factor;
  return mixed(rotated(e + f, 43) + rotated(g, 30) + h, e + rotated(f + a, 18) + g, factor);
}

using Pair = std::pair<std::uint64_t, std::uint64_t>;
Pair of_32_bytes(const char* s, std::uint64_t a, std::uint64_t b) {
  a += word(s);
  b = rotated(b + a + word(s + 24), 21);
  const std::uint64_t c = a;
  a += word(s + 8) + word(s + 16);
  b += rotated(a, 44);
  return {a + word(s + 24), b + c};
}

}  // namespace

std::uint64_t fingerprint64(std::string_view text) {
  const char* s = text.data();
  const std::size_t n = text.size();
  if (n <= 16) return up_to_16(s, n);
  if (n <= 32) return up_to_32(s, n);
  if (n <= 64) return up_to_64(s, n);
  std::uint64_t x = 81, y = 81 * k1 + 113, z = shifted(y * k2 + 113) * k2;
  Pair v{0, 0}, w{0, 0};
  x = x * k2 + word(s);
  const auto block = [&](std::uint64_t factor, std::uint64_t nine) {
    x = rotated(x + y + v.first + word(s + 8), 37) * factor;
    y = rotated(y + v.second + word(s + 48), 42) * factor;
    x ^= w.second * nine;
    y += v.first * nine + word(s + 40);
    z = rotated(z + w.first, 33) * factor;
    v = of_32_bytes(s, v.second * factor, x + w.first);
    w = of_32_bytes(s + 32, z + w.second, y + word(s + 16));
    std::swap(z, x);
  };
  const char* const end = s + (n - 1) / 64 * 64;
  for (; s != end; s += 64) block(k1, 1);
  const std::uint64_t factor = k1 + ((z & 0xff) << 1);
  s = text.data() + n - 64;  // the last 64 bytes, some of them a second time
  w.first += (n - 1) & 63;
  v.first += w.first;
  w.first += v.first;
  block(factor, 9);
  return mixed(mixed(v.first, w.first, factor) + shifted(y) * k0 + z, mixed(v.second, w.second, factor) + x, factor);
}

std::uint64_t keyed_hash(std::string_view text, const std::array<std::uint64_t, 2>& key) {
  std::uint64_t v0 = key[0] ^ 0x736f6d6570736575, v1 = key[1] ^ 0x646f72616e646f6d, v2 = key[0] ^ 0x6c7967656e657261, v3 = key[1] ^ 0x7465646279746573;
  const auto rounds = [&](int count) {
    for (; count > 0; --count) {
      v0 += v1, v1 = std::rotl(v1, 13) ^ v0, v0 = std::rotl(v0, 32);
      v2 += v3, v3 = std::rotl(v3, 16) ^ v2;
      v0 += v3, v3 = std::rotl(v3, 21) ^ v0;
      v2 += v1, v1 = std::rotl(v1, 17) ^ v2, v2 = std::rotl(v2, 32);
    }
  };
  const auto take = [&](std::uint64_t m) {
    v3 ^= m;
    rounds(2);
    v0 ^= m;
  };
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) take(word(text.data() + at));
  std::uint64_t last = std::uint64_t{text.size()} << 56;
  for (std::size_t i = 0; at + i < text.size(); ++i) last |= std::uint64_t{static_cast<unsigned char>(text[at + i])} << (8 * i);
  take(last);
  v2 ^= 0xff;
  rounds(4);
  return v0 ^ v1 ^ v2 ^ v3;
}

}  // namespace strata
