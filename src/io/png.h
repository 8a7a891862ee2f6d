// Pictures as PNG (ISO/IEC 15948), for reports.
#pragma once

#include <cstdint>
#include <span>

#include "src/io/bytes.h"

namespace strata {

// `pixels`: rows from the top, `channels` bytes a pixel: 1 grey, 3 red, green and blue.
Bytes write_png(std::uint32_t width, std::uint32_t height, int channels, std::span<const std::uint8_t> pixels);

}  // namespace strata
