// A folder of images as rows: one folder for each class inside it, or images alone.
#pragma once

#include "src/data/source.h"

namespace strata {

// x (rows, height, width, channels): uint8, or float32 where an image was resized; y (rows) are the places of the folders'
// names among the classes in sorted order, absent where images lie in `source.file` itself. Rows follow the classes, then
// the names of the files.
Rows load_image_folder(const RowSource& source, const std::vector<std::string>& known_classes);

// (height, width, channels) of uint8 to float32 of another size: bilinear with half-pixel centres and no antialiasing, as
// tf.image.resize, which Keras loads images with.
Tensor resize_image(const Tensor& image, std::int64_t height, std::int64_t width);

}  // namespace strata
