#include "src/io/png.h"

#include <stdexcept>
#include <string_view>

#include <zlib.h>

#include <strata/error.h>

namespace strata {
namespace {

void append(Bytes& out, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::byte>(number >> shift & 0xFF));
}

void append_chunk(Bytes& png, std::string_view type, std::span<const std::uint8_t> data) {
  append(png, static_cast<std::uint32_t>(data.size()));
  const std::size_t checked = png.size();
  for (const char c : type) png.push_back(static_cast<std::byte>(c));
  for (const std::uint8_t b : data) png.push_back(static_cast<std::byte>(b));
  append(png, static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(png.data() + checked), static_cast<uInt>(png.size() - checked))));
}

}  // namespace

Bytes write_png(std::uint32_t width, std::uint32_t height, int channels, std::span<const std::uint8_t> pixels) {
  const std::size_t line = std::size_t{width} * static_cast<std::size_t>(channels);
  if (width == 0 || height == 0 || (channels != 1 && channels != 3) || pixels.size() != line * height)
    throw std::logic_error("write_png: the pixels do not fill the picture");
  std::vector<std::uint8_t> lines;  // each begins with its filter: 0, none
  lines.reserve((line + 1) * height);
  for (std::size_t y = 0; y < height; ++y) {
    lines.push_back(0);
    lines.insert(lines.end(), pixels.begin() + static_cast<std::ptrdiff_t>(y * line), pixels.begin() + static_cast<std::ptrdiff_t>((y + 1) * line));
  }
  uLongf size = compressBound(static_cast<uLong>(lines.size()));
  std::vector<std::uint8_t> packed(size);
  if (compress(packed.data(), &size, lines.data(), static_cast<uLong>(lines.size())) != Z_OK) throw Error(ErrorKind::runtime, "a picture could not be compressed");
  packed.resize(size);

  Bytes png;
  for (const int b : {0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A})  // \x89PNG\r\n\x1a\n
    png.push_back(static_cast<std::byte>(b));
  std::vector<std::uint8_t> header;
  for (const std::uint32_t number : {width, height})
    for (int shift = 24; shift >= 0; shift -= 8) header.push_back(static_cast<std::uint8_t>(number >> shift));
  header.insert(header.end(), {8, static_cast<std::uint8_t>(channels == 1 ? 0 : 2), 0, 0, 0});  // bits, grey or colour; no interlace
  append_chunk(png, "IHDR", header);
  append_chunk(png, "IDAT", packed);
  append_chunk(png, "IEND", {});
  return png;
}

}  // namespace strata
