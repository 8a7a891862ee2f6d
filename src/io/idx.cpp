#include "src/io/idx.h"

#include <cstring>
#include <functional>
#include <optional>

#include <fmt/format.h>
#include <strata/error.h>
#include <strata/shape.h>

#include "src/io/gzip.h"
#include "src/io/integers.h"

namespace strata {

// Big endian: 0, 0, type, rank; rank axes of 32 bits; the elements, last axis fastest.
Tensor read_idx(ByteView file, const std::string& name, std::uint64_t limit) {
  const auto refuse = [&](const std::string& why) { throw Error(ErrorKind::data, name + ": " + why); };
  std::optional<GzipReader> gzip;
  if (is_gzip(file)) gzip.emplace(file, name);
  const auto read = [&](std::span<std::byte> out) {
    if (gzip) return gzip->read(out);
    const std::size_t n = std::min(out.size(), file.size());
    std::copy_n(file.begin(), n, out.begin());
    file = file.subspan(n);
    return n;
  };
  const auto number = [&] {
    std::byte b[4];
    if (read(b) != 4) refuse("is an IDX file that ends in its header");
    return std::to_integer<std::uint32_t>(b[0]) << 24 | std::to_integer<std::uint32_t>(b[1]) << 16 |
           std::to_integer<std::uint32_t>(b[2]) << 8 | std::to_integer<std::uint32_t>(b[3]);
  };

  const std::uint32_t magic = number();
  const std::uint32_t type = magic >> 8, rank = magic & 0xff;
  const std::size_t width = type == 0x08 || type == 0x09 ? 1 : type == 0x0b ? 2 : type == 0x0c || type == 0x0d ? 4
                            : type == 0x0e ? 8 : 0;
  if (width == 0 || rank < 1 || rank > 8)
    refuse(fmt::format("is not an IDX file: its magic number is 0x{:08x}; that of images is 0x00000803, of labels 0x00000801",
                       magic));
  std::vector<std::int64_t> shape;
  for (std::uint32_t i = 0; i < rank; ++i) shape.push_back(number());
  const auto size = byte_count(shape, width);
  const std::string shown = Shape::of(shape).str();
  if (!size || *size > limit) refuse(fmt::format("declares the shape {}, more than {} bytes", shown, limit));
  constexpr std::uint64_t deflate_ratio = 1032;  // the most that deflate can expand
  if (*size > file.size() * (gzip ? deflate_ratio : 1))
    refuse(fmt::format("declares the shape {}, {} bytes; the file holds {}", shown, *size, file.size()));

  Bytes data(*size);
  if (const std::size_t found = read(data); found != *size)
    refuse(fmt::format("declares the shape {}, {} bytes; the file holds {}", shown, *size, found));
  std::byte more;
  if (read({&more, 1}) > 0) refuse(fmt::format("holds more than the {} bytes of its shape {}", *size, shown));
  swap_endianness(data, width);
  if (type == 0x09) return widen_integers<std::int8_t>(data, shape, name);
  if (type == 0x0b) return widen_integers<std::int16_t>(data, shape, name);
  Tensor tensor(type == 0x08   ? DType::uint8
                : type == 0x0c ? DType::int32
                : type == 0x0d ? DType::float32
                               : DType::float64,
                shape);
  if (!data.empty()) std::memcpy(tensor.data(), data.data(), data.size());
  return tensor;
}

}  // namespace strata
