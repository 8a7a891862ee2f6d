#include "src/data/image_folder.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include <strata/error.h>
#include "src/io/atomic_file.h"
#include "src/io/image.h"

namespace strata {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t max_image_bytes = std::uint64_t{1} << 30;

bool is_image_name(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return path.filename().string()[0] != '.' && (ending == ".png" || ending == ".jpg" || ending == ".jpeg");
}

// What lies in a folder and passes, by name.
template <class Wanted>
std::vector<fs::path> entries(const fs::path& folder, Wanted wanted) {
  std::error_code failed;
  std::vector<fs::path> found;
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed))
    if (wanted(*it)) found.push_back(it->path());
  if (failed) throw Error(ErrorKind::data, fmt::format("{}: the folder cannot be read ({})", folder.string(), failed.message()));
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<fs::path> images_in(const fs::path& folder) {
  return entries(folder, [](const fs::directory_entry& e) { return e.is_regular_file() && is_image_name(e.path()); });
}

struct Labelled {
  fs::path file;
  std::int64_t label;
};

Channels channels_of(const std::string& mode) { return mode == "grayscale" ? Channels::grayscale : mode == "rgba" ? Channels::rgba : Channels::rgb; }

// The two elements between which a place lies, and how far it is from the first.
struct Between {
  std::int64_t low, high;
  float share;
};
std::vector<Between> places(std::int64_t from, std::int64_t to) {
  std::vector<Between> found;
  const float scale = static_cast<float>(from) / static_cast<float>(to);
  for (std::int64_t i = 0; i < to; ++i) {
    const float at = (static_cast<float>(i) + 0.5f) * scale - 0.5f, low = std::floor(at);
    const auto inside = [&](float v) { return std::clamp<std::int64_t>(static_cast<std::int64_t>(v), 0, from - 1); };
    found.push_back({inside(low), inside(std::ceil(at)), at - low});
  }
  return found;
}

}  // namespace

Tensor resize_image(const Tensor& image, std::int64_t height, std::int64_t width) {
  const std::int64_t channels = image.dim(2), row = image.dim(1) * channels;
  const auto ys = places(image.dim(0), height), xs = places(image.dim(1), width);
  Tensor t(DType::float32, {height, width, channels});
  const std::uint8_t* in = image.values<std::uint8_t>().data();
  float* out = t.values<float>().data();
  for (const Between& y : ys)
    for (const Between& x : xs)
      for (std::int64_t c = 0; c < channels; ++c) {
        const auto across = [&](std::int64_t at) {
          const float a = in[at * row + x.low * channels + c], b = in[at * row + x.high * channels + c];
          return a + (b - a) * x.share;
        };
        const float top = across(y.low), bottom = across(y.high);
        *out++ = top + (bottom - top) * y.share;
      }
  return t;
}

Rows load_image_folder(const RowSource& source, const std::vector<std::string>& known_classes) {
  const fs::path folder = source.file;
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored))
    throw Error(ErrorKind::data, fmt::format("{}: is no folder", source.file), "an image folder has one folder of PNG or JPEG images for each class");
  Rows rows;
  std::vector<Labelled> files;
  const auto classes = entries(folder, [](const fs::directory_entry& e) { return e.is_directory() && e.path().filename().string()[0] != '.'; });
  if (classes.empty()) {
    for (const fs::path& file : images_in(folder)) files.push_back({file, 0});
  } else {
    rows.classes = known_classes;
    if (known_classes.empty())
      for (const fs::path& each : classes) rows.classes.push_back(each.filename().string());
    for (const fs::path& each : classes) {
      const auto found = std::find(rows.classes.begin(), rows.classes.end(), each.filename().string());
      if (found == rows.classes.end())
        throw Error(ErrorKind::data, fmt::format("{}: is none of the {} classes of the training rows", each.string(), rows.classes.size()),
                    fmt::format("the classes are {}", fmt::join(rows.classes, ", ")));
      for (const fs::path& file : images_in(each)) files.push_back({file, found - rows.classes.begin()});
    }
  }
  if (files.empty()) throw Error(ErrorKind::data, fmt::format("{}: holds no image", source.file), "files end in .png, .jpg or .jpeg, in one folder for each class");

  const auto read = [&](const fs::path& file) { return read_image(read_file(file, max_image_bytes), channels_of(source.color_mode), file.string()); };
  const Tensor first = read(files[0].file);
  const std::int64_t height = source.height > 0 ? source.height : first.dim(0), width = source.width > 0 ? source.width : first.dim(1);
  const std::int64_t pixels = height * width * first.dim(2), count = static_cast<std::int64_t>(files.size());
  Tensor x(DType::uint8, {count, height, width, first.dim(2)}), y(DType::int64, {count});
  for (std::int64_t r = 0; r < count; ++r) {
    const Labelled& each = files[static_cast<std::size_t>(r)];
    Tensor image = r == 0 ? first : read(each.file);
    if (image.dim(0) != height || image.dim(1) != width) {
      if (source.height == 0)
        throw Error(ErrorKind::data, fmt::format("{}: has {} x {} pixels, {} has {} x {}", each.file.string(), image.dim(0), image.dim(1), files[0].file.string(), height, width),
                    fmt::format("image_size: [{}, {}] brings them all to one size", height, width));
      image = resize_image(image, height, width);
      x = x.astype(DType::float32);
    }
    image = image.astype(x.dtype());
    std::memcpy(static_cast<std::byte*>(x.data()) + static_cast<std::size_t>(r * pixels) * size_of(x.dtype()), image.data(), image.bytes());
    y.set(r, static_cast<double>(each.label));
  }
  rows.data.x = x;
  if (!classes.empty()) rows.data.y = y;
  return rows;
}

}  // namespace strata
