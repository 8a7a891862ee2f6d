// PNG and JPEG images as arrays of bytes.
#pragma once

#include <cstdint>
#include <string>

#include <strata/tensor.h>

#include "src/io/bytes.h"

namespace strata {

enum class Channels { grayscale = 1, rgb = 3, rgba = 4 };

bool is_png(ByteView file);
bool is_jpeg(ByteView file);

// (height, width, channels) of uint8. Palettes, 16-bit samples and greys become 8-bit samples of the channels asked for;
// transparency is dropped unless it is asked for; grey is the image's luma. A file that is neither kind, is damaged, or declares more than
// `pixels` pixels is an error before memory is taken for it. `name` stands in front of every message.
Tensor read_image(ByteView file, Channels channels, const std::string& name, std::int64_t pixels = std::int64_t{1} << 27);

// An 8-bit PNG of (height, width, 1, 3 or 4) or (height, width) bytes.
Bytes write_png(const Tensor& image);

}  // namespace strata
