// Against what Keras' TensorFlow decodes from the same files: tests/golden/make_images.py.
#include "src/io/image.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "io/files.h"
#include "src/io/npz.h"

namespace strata {
namespace {

const std::filesystem::path folder = std::filesystem::path(STRATA_SOURCE_DIR) / "tests/golden";

Bytes form(const std::string& name) { return read_file(folder / "images/forms" / name, 1 << 20); }

std::int64_t largest_difference(const Tensor& a, const Tensor& b) {
  std::int64_t most = 0;
  for (std::int64_t i = 0; i < a.elements(); ++i) most = std::max(most, std::abs(static_cast<std::int64_t>(a.at(i) - b.at(i))));
  return most;
}

}  // namespace

TEST(Image, every_form_reads_as_keras_reads_it) {
  int compared = 0;
  for (const auto& [key, expected] : read_npz(read_file(folder / "images.npz", 1 << 24), "images.npz")) {
    if (key.rfind("forms/", 0) != 0) continue;
    const std::string name = key.substr(6, key.rfind('/') - 6);
    const auto channels = static_cast<Channels>(expected.dim(-1));
    const Tensor image = read_image(form(name), channels, name);
    ASSERT_EQ(image.shape(), expected.shape()) << key;
    // The weights of a colour's grey are rounded differently.
    EXPECT_LE(largest_difference(image, expected), channels == Channels::grayscale && is_png(form(name)) ? 1 : 0) << key;
    ++compared;
  }
  EXPECT_GT(compared, 30);
}

TEST(Image, what_is_written_reads_back) {
  for (const std::int64_t channels : {1, 3, 4}) {
    Tensor image(DType::uint8, {5, 7, channels});
    for (std::int64_t i = 0; i < image.elements(); ++i) image.set(i, static_cast<double>(i * 37 % 256));
    EXPECT_TRUE(same_bytes(read_image(write_png(image), static_cast<Channels>(channels), "own.png"), image)) << channels;
  }
}

// Cut at every place and with every byte turned over, a file is an error or an image, never a crash; a cut one is an error.
TEST(Image, damaged_files_are_refused_or_read) {
  for (const std::string name : {"palette.png", "interlaced.png", "rgb.jpg", "progressive.jpg"}) {
    const Bytes whole = form(name);
    for (std::size_t n = 0; n + 12 < whole.size(); n += 1 + whole.size() / 200) {
      EXPECT_THAT(error_of([&] { read_image(ByteView(whole).first(n), Channels::rgb, name); }), testing::HasSubstr(name)) << n << " bytes";
      Bytes flipped = whole;
      flipped[n] ^= std::byte{0xff};
      try {
        read_image(flipped, Channels::rgb, name);
      } catch (const Error& e) {
        EXPECT_THAT(e.what(), testing::HasSubstr(name));
      }
    }
  }
}

TEST(Image, a_picture_larger_than_the_limit_takes_no_memory) {
  EXPECT_THAT(error_of([&] { read_image(form("rgb.jpg"), Channels::rgb, "rgb.jpg", 100); }), testing::HasSubstr("rgb.jpg: declares 17 x 23 pixels; at most 100 are read"));
  EXPECT_THAT(error_of([&] { read_image(form("rgb.png"), Channels::rgb, "rgb.png", 100); }), testing::HasSubstr("declares 9 x 13 pixels"));
  EXPECT_THAT(error_of([&] { read_image(as_bytes("GIF89a"), Channels::rgb, "a.gif"); }), testing::HasSubstr("a.gif: is neither a PNG nor a JPEG image"));
}

}  // namespace strata
