// Bytes in memory, and the checked arithmetic with which every reader measures what a file declares.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

// A named piece of a container: a file of a directory, a member of an archive.
struct NamedBytes {
  std::string name;
  Bytes bytes;
};

inline std::string_view as_text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
inline ByteView as_bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }
inline Bytes to_bytes(std::string_view text) {
  const ByteView view = as_bytes(text);
  return Bytes(view.begin(), view.end());
}

// width * product(dims), or nothing where an axis is negative or the product leaves 62 bits.
inline std::optional<std::uint64_t> byte_count(std::span<const std::int64_t> dims, std::size_t width) {
  std::uint64_t product = width;
  for (const std::int64_t d : dims)
    if (d < 0 || __builtin_mul_overflow(product, static_cast<std::uint64_t>(d), &product) || product >> 62) return {};
  return product;
}

// Reverses the bytes of every element: big endian to little endian and back.
inline void swap_endianness(std::span<std::byte> bytes, std::size_t width) {
  if (width < 2) return;
  for (std::size_t i = 0; i + width <= bytes.size(); i += width)
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i), bytes.begin() + static_cast<std::ptrdiff_t>(i + width));
}

}  // namespace strata
