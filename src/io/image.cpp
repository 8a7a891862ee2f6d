#include "src/io/image.h"

#include <csetjmp>
#include <cstdio>  // jpeglib.h wants FILE
#include <cstring>

#include <jpeglib.h>
#include <png.h>

#include <fmt/format.h>
#include <strata/error.h>

namespace strata {
namespace {

bool begins_with(ByteView file, std::string_view magic) {
  return file.size() >= magic.size() && as_text(file.first(magic.size())) == magic;
}

Tensor array(std::int64_t height, std::int64_t width, Channels channels, std::int64_t pixels, const std::string& name) {
  if (height < 1 || width < 1) throw Error(ErrorKind::data, fmt::format("{}: declares an image of {} x {} pixels", name, height, width));
  if (height > pixels / width)
    throw Error(ErrorKind::data, fmt::format("{}: declares {} x {} pixels; at most {} are read", name, height, width, pixels), "scale the image down");
  return Tensor(DType::uint8, {height, width, static_cast<std::int64_t>(channels)});
}

// libpng and libjpeg leave their calls by longjmp: nothing with a destructor may live between setjmp and them.
struct Png {
  png_structp reader = nullptr;
  png_infop info = nullptr;
  ByteView left;
  char message[256] = "it cannot be read";

  explicit Png(ByteView file) : left(file) {
    const auto on_error = [](png_structp png, png_const_charp text) {
      Png& self = *static_cast<Png*>(png_get_error_ptr(png));
      std::snprintf(self.message, sizeof self.message, "%s", text);
      png_longjmp(png, 1);
    };
    reader = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, [](png_structp, png_const_charp) {});
    if (reader) info = png_create_info_struct(reader);
    if (!info) throw Error(ErrorKind::runtime, "libpng does not start");
    png_set_read_fn(reader, this, [](png_structp png, png_bytep out, std::size_t n) {
      Png& self = *static_cast<Png*>(png_get_io_ptr(png));
      if (n > self.left.size()) png_error(png, "it ends too early");
      std::memcpy(out, self.left.data(), n);
      self.left = self.left.subspan(n);
    });
  }
  ~Png() { png_destroy_read_struct(&reader, &info, nullptr); }

  bool read_header(Channels channels) {
    if (setjmp(png_jmpbuf(reader))) return false;
    png_read_info(reader, info);
    const auto type = png_get_color_type(reader, info);
    const bool has_alpha = (type & PNG_COLOR_MASK_ALPHA) != 0 || png_get_valid(reader, info, PNG_INFO_tRNS) != 0;
    png_set_expand(reader);  // palettes to colours, samples to 8 bits, a transparent colour to alpha
    png_set_strip_16(reader);
    if (channels == Channels::grayscale) {
      if ((type & PNG_COLOR_MASK_COLOR) != 0) png_set_rgb_to_gray(reader, PNG_ERROR_ACTION_NONE, 0.299, 0.587);
    } else if ((type & PNG_COLOR_MASK_COLOR) == 0) {
      png_set_gray_to_rgb(reader);
    }
    if (channels != Channels::rgba) png_set_strip_alpha(reader);
    else if (!has_alpha) png_set_add_alpha(reader, 255, PNG_FILLER_AFTER);
    png_set_interlace_handling(reader);
    png_read_update_info(reader, info);
    return true;
  }
  bool read_rows(png_bytepp rows) {
    if (setjmp(png_jmpbuf(reader))) return false;
    png_read_image(reader, rows);
    png_read_end(reader, nullptr);
    return true;
  }
};

Tensor read_png(ByteView file, Channels channels, const std::string& name, std::int64_t pixels) {
  Png png(file);
  const auto refuse = [&] { throw Error(ErrorKind::data, fmt::format("{}: is a damaged PNG ({})", name, png.message), "use another copy of the file"); };
  if (!png.read_header(channels)) refuse();
  const std::int64_t height = png_get_image_height(png.reader, png.info), width = png_get_image_width(png.reader, png.info);
  Tensor t = array(height, width, channels, pixels, name);
  const std::size_t row = static_cast<std::size_t>(width) * static_cast<std::size_t>(channels);
  if (png_get_rowbytes(png.reader, png.info) != row) refuse();
  std::vector<png_bytep> rows;
  for (std::int64_t y = 0; y < height; ++y) rows.push_back(t.values<std::uint8_t>().data() + static_cast<std::size_t>(y) * row);
  if (!png.read_rows(rows.data())) refuse();
  return t;
}

struct Jpeg {
  jpeg_decompress_struct decoder{};
  jpeg_error_mgr errors{};
  std::jmp_buf failed;
  char message[JMSG_LENGTH_MAX] = "";

  Jpeg() {
    decoder.err = jpeg_std_error(&errors);
    decoder.client_data = this;
    errors.error_exit = [](j_common_ptr common) {
      Jpeg& self = *static_cast<Jpeg*>(common->client_data);
      common->err->format_message(common, self.message);
      std::longjmp(self.failed, 1);
    };
    // Corrupt data is a warning to the library, which goes on with grey.
    errors.emit_message = [](j_common_ptr common, int level) {
      if (level < 0) common->err->error_exit(common);
    };
    errors.output_message = [](j_common_ptr) {};
  }
  ~Jpeg() { jpeg_destroy_decompress(&decoder); }

  bool read_header(const unsigned char* bytes, std::size_t size, J_COLOR_SPACE space) {
    if (setjmp(failed)) return false;
    jpeg_create_decompress(&decoder);
    jpeg_mem_src(&decoder, bytes, static_cast<unsigned long>(size));
    jpeg_read_header(&decoder, TRUE);
    decoder.out_color_space = space;
    decoder.dct_method = JDCT_IFAST;  // what Keras' TensorFlow decodes with: the pixels that its models were trained on
    return true;
  }
  bool read_rows(unsigned char* out, std::size_t row) {
    if (setjmp(failed)) return false;
    jpeg_start_decompress(&decoder);
    while (decoder.output_scanline < decoder.output_height) {
      JSAMPROW at = out + decoder.output_scanline * row;
      jpeg_read_scanlines(&decoder, &at, 1);
    }
    jpeg_finish_decompress(&decoder);
    return true;
  }
};

Tensor read_jpeg(ByteView file, Channels channels, const std::string& name, std::int64_t pixels) {
  Jpeg jpeg;
  const auto refuse = [&] { throw Error(ErrorKind::data, fmt::format("{}: is a damaged JPEG ({})", name, jpeg.message), "use another copy of the file"); };
  const J_COLOR_SPACE space = channels == Channels::grayscale ? JCS_GRAYSCALE : channels == Channels::rgb ? JCS_RGB : JCS_EXT_RGBA;
  if (!jpeg.read_header(reinterpret_cast<const unsigned char*>(file.data()), file.size(), space)) refuse();
  Tensor t = array(jpeg.decoder.image_height, jpeg.decoder.image_width, channels, pixels, name);
  if (!jpeg.read_rows(t.values<std::uint8_t>().data(), jpeg.decoder.image_width * static_cast<std::size_t>(channels))) refuse();
  return t;
}

}  // namespace

bool is_png(ByteView file) { return begins_with(file, "\x89PNG\r\n\x1a\n"); }
bool is_jpeg(ByteView file) { return begins_with(file, "\xff\xd8\xff"); }

Tensor read_image(ByteView file, Channels channels, const std::string& name, std::int64_t pixels) {
  if (is_png(file)) return read_png(file, channels, name, pixels);
  if (is_jpeg(file)) return read_jpeg(file, channels, name, pixels);
  throw Error(ErrorKind::data, fmt::format("{}: is neither a PNG nor a JPEG image", name), "convert it, or take it out of the folder");
}

Bytes write_png(const Tensor& image) {
  const std::int64_t channels = image.rank() == 3 ? image.dim(2) : 1;
  if (image.dtype() != DType::uint8 || image.rank() < 2 || image.rank() > 3 || (channels != 1 && channels != 3 && channels != 4))
    throw Error(ErrorKind::data, fmt::format("an image is (height, width, 1, 3 or 4) of uint8, received {}", image.str()));
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.height = static_cast<png_uint_32>(image.dim(0));
  png.width = static_cast<png_uint_32>(image.dim(1));
  png.format = channels == 1 ? PNG_FORMAT_GRAY : channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_RGBA;
  png_alloc_size_t size = 0;
  Bytes bytes;
  if (png_image_write_get_memory_size(png, size, 0, image.data(), 0, nullptr)) {
    bytes.resize(size);
    if (png_image_write_to_memory(&png, bytes.data(), &size, 0, image.data(), 0, nullptr)) {
      bytes.resize(size);
      return bytes;
    }
  }
  throw Error(ErrorKind::runtime, fmt::format("an image of {} x {} pixels cannot be written as PNG ({})", image.dim(0), image.dim(1), png.message));
}

}  // namespace strata
