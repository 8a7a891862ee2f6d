#include "src/io/npy.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <strata/error.h>
#include <strata/shape.h>

#include "src/io/integers.h"

namespace strata {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t header_limit = 1u << 16;
constexpr std::size_t rank_limit = 32;  // NumPy's own

struct Header {
  std::string descr;
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
};

// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } and nothing else of Python.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  Header parse() {
    Header header;
    bool has_descr = false, has_order = false, has_shape = false;
    expect('{');
    while (!take('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr" && !std::exchange(has_descr, true)) header.descr = descr();
      else if (key == "fortran_order" && !std::exchange(has_order, true)) header.fortran_order = boolean();
      else if (key == "shape" && !std::exchange(has_shape, true)) header.shape = shape();
      else refuse(fmt::format("the key '{}' is unknown or there twice", key));
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (at_ != text_.size()) refuse("there is text behind it");
    if (!has_descr || !has_order || !has_shape) refuse("it must have descr, fortran_order and shape");
    return header;
  }

 private:
  [[noreturn]] void refuse(const std::string& why) {
    throw Error(ErrorKind::data, fmt::format("{}: the header of the .npy file is damaged: {}", name_, why));
  }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool take(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) refuse(fmt::format("'{}' is missing at byte {}", c, at_));
  }
  std::string quoted() {
    skip_space();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    const std::size_t end = quote == '\'' || quote == '"' ? text_.find(quote, at_ + 1) : text_.npos;
    if (end == text_.npos) refuse(fmt::format("a quoted word is missing at byte {}", at_));
    const std::string word(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return word;
  }
  std::string descr() {
    if (take('['))
      throw Error(ErrorKind::data, name_ + ": holds records (a structured dtype), which are not read",
                  "save each field as an array of its own");
    return quoted();
  }
  bool boolean() {
    skip_space();
    for (const auto& [word, value] : {std::pair<std::string_view, bool>{"True", true}, {"False", false}})
      if (text_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return value;
      }
    refuse("fortran_order is neither True nor False");
  }
  std::vector<std::int64_t> shape() {
    std::vector<std::int64_t> dims;
    expect('(');
    while (!take(')')) {
      skip_space();
      std::int64_t dim = -1;
      const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), dim);
      if (error != std::errc() || dim < 0) refuse(fmt::format("an axis of the shape is no number at byte {}", at_));
      at_ = static_cast<std::size_t>(end - text_.data());
      if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // Python 2 wrote (3L, 4L)
      dims.push_back(dim);
      if (dims.size() > rank_limit) refuse(fmt::format("the shape has more than {} axes", rank_limit));
      if (!take(',')) {
        expect(')');
        break;
      }
    }
    return dims;
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
};

[[noreturn]] void refuse_dtype(const std::string& name, const std::string& descr) {
  std::string what = "elements of dtype '" + descr + "'", hint = "save it as float32, float64, int32 or int64";
  const char kind = descr.size() > 1 ? descr[1] : '?';
  if (kind == 'O') {
    what = "Python objects (a pickle), which run code when they are loaded";
    hint = "save plain numbers: np.save(file, array.astype('float32'))";
  }
  if (kind == 'c') what = "complex numbers (dtype '" + descr + "')";
  if (kind == 'M' || kind == 'm') what = "dates (dtype '" + descr + "')";
  if (descr == "|V2" || descr == "<V2") hint = "if it is bfloat16, save it as float32: NumPy has no name for bfloat16";
  throw Error(ErrorKind::data, name + ": holds " + what + ", which is not read", hint);
}

// Bytes whose first axis varies fastest, put into row-major order.
Bytes from_fortran_order(ByteView bytes, const std::vector<std::int64_t>& shape, std::size_t width) {
  Bytes out(bytes.size());
  std::vector<std::size_t> stride(shape.size());  // of the row-major result, in elements
  std::size_t step = 1;
  for (std::size_t a = shape.size(); a-- > 0; step *= static_cast<std::size_t>(shape[a])) stride[a] = step;
  std::vector<std::int64_t> index(shape.size(), 0);
  std::size_t to = 0;
  for (std::size_t from = 0; from < bytes.size(); from += width) {
    std::memcpy(out.data() + to * width, bytes.data() + from, width);
    for (std::size_t a = 0; a < shape.size(); ++a) {
      to += stride[a];
      if (++index[a] < shape[a]) break;
      to -= stride[a] * static_cast<std::size_t>(shape[a]);
      index[a] = 0;
    }
  }
  return out;
}

std::string descr_of(DType t) {
  switch (t) {
    case DType::float32: return "<f4";
    case DType::float64: return "<f8";
    case DType::float16: return "<f2";
    case DType::int32: return "<i4";
    case DType::int64: return "<i8";
    case DType::uint8: return "|u1";
    case DType::boolean: return "|b1";
    case DType::bfloat16: break;
    case DType::string: throw Error(ErrorKind::runtime, "texts are not written to .npy files", "write them to a CSV file");
  }
  throw Error(ErrorKind::runtime, "a .npy file cannot hold bfloat16", "convert the tensor to float32");
}

// Bytes of one element of NumPy's texts: '<U5' has 5 characters of 4 bytes, '|S5' 5 bytes, zeros behind them. Nothing: no text.
std::optional<std::size_t> text_width(const std::string& descr) {
  if (descr.size() < 3 || (descr[1] != 'U' && descr[1] != 'S')) return std::nullopt;
  std::uint32_t n = 0;
  const auto [end, error] = std::from_chars(descr.data() + 2, descr.data() + descr.size(), n);
  if (error != std::errc() || end != descr.data() + descr.size() || n == 0) return std::nullopt;  // 0: no bytes bound the elements
  return std::size_t{n} * (descr[1] == 'U' ? 4 : 1);
}

void append_utf8(std::string& text, std::uint32_t c) {
  if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) c = 0xfffd;
  const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  const auto rest = [&](int bits) { put(0x80 | (c >> bits & 0x3f)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) return put(0xc0 | c >> 6), rest(0);
  if (c < 0x10000) return put(0xe0 | c >> 12), rest(6), rest(0);
  put(0xf0 | c >> 18), rest(12), rest(6), rest(0);
}

// Elements of `width` bytes in row-major order, in the machine's byte order.
Tensor texts(ByteView data, const std::vector<std::int64_t>& shape, std::size_t width, bool wide) {
  Tensor tensor(DType::string, shape);
  std::size_t at = 0;
  for (std::string& text : tensor.values<std::string>()) {
    const ByteView element = data.subspan(at, width);
    at += width;
    std::size_t end = element.size();
    while (end > 0 && element[end - 1] == std::byte{0}) --end;
    if (!wide) {
      text = as_text(element.first(end));
      continue;
    }
    for (std::size_t i = 0; i < end; i += 4) {
      std::uint32_t c;
      std::memcpy(&c, element.data() + i, 4);
      append_utf8(text, c);
    }
  }
  return tensor;
}

std::uint32_t little(ByteView bytes, std::size_t width) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < width; ++i) value |= std::to_integer<std::uint32_t>(bytes[i]) << (8 * i);
  return value;
}

}  // namespace

Tensor read_npy(ByteView file, const std::string& name) {
  const auto refuse = [&](const std::string& why) { throw Error(ErrorKind::data, name + ": " + why); };
  if (!as_text(file).starts_with(magic)) {
    const bool pickle = file.size() > 1 && file[0] == std::byte{0x80} && file[1] <= std::byte{5};
    refuse(pickle ? "is a Python pickle, which is not read" : "is not a .npy file (its first bytes are others)");
  }
  if (file.size() < 10) refuse("is a .npy file that ends in its header");
  const unsigned version = std::to_integer<unsigned>(file[6]);
  if (version < 1 || version > 3) refuse(fmt::format("is a .npy file of version {}; 1 to 3 are read", version));
  const std::size_t length_width = version == 1 ? 2 : 4, header_at = 8 + length_width;
  if (file.size() < header_at) refuse("is a .npy file that ends in its header");
  const std::size_t header_size = little(file.subspan(8), length_width);
  if (header_size > header_limit || header_size > file.size() - header_at)
    refuse(fmt::format("states a header of {} bytes; the file has {}", header_size, file.size()));
  const Header header = HeaderParser(as_text(file.subspan(header_at, header_size)), name).parse();
  ByteView data = file.subspan(header_at + header_size);

  const std::string& d = header.descr;
  const auto text = text_width(d);
  if ((!text && d.size() != 3) || std::string_view("<>|=").find(d[0]) == std::string_view::npos) refuse_dtype(name, d);
  const std::string kind = d.substr(1);
  const std::size_t width = text.value_or(static_cast<std::size_t>(d[2] - '0'));
  constexpr std::string_view known[] = {"b1", "u1", "i1", "u2", "i2", "f2", "u4", "i4", "f4", "u8", "i8", "f8"};
  if (!text && std::find(std::begin(known), std::end(known), kind) == std::end(known)) refuse_dtype(name, d);

  const auto size = byte_count(header.shape, width);
  const std::string shape = Shape::of(header.shape).str();
  if (!size) refuse(fmt::format("declares the shape {}, which overflows", shape));
  if (*size != data.size())
    refuse(fmt::format("declares the shape {} of '{}', {} bytes; {} bytes follow the header", shape, d, *size,
                       data.size()));

  Bytes moved;
  if (header.fortran_order && header.shape.size() > 1) data = moved = from_fortran_order(data, header.shape, width);
  if (d[0] == '>' && width > 1 && kind[0] != 'S') {
    if (moved.empty()) moved.assign(data.begin(), data.end());
    swap_endianness(moved, text ? 4 : width);
    data = moved;
  }
  if (text) return texts(data, header.shape, width, kind[0] == 'U');
  if (kind == "i1") return widen_integers<std::int8_t>(data, header.shape, name);
  if (kind == "i2") return widen_integers<std::int16_t>(data, header.shape, name);
  if (kind == "u2") return widen_integers<std::uint16_t>(data, header.shape, name);
  if (kind == "u4") return widen_integers<std::uint32_t>(data, header.shape, name);
  if (kind == "u8") return widen_integers<std::uint64_t>(data, header.shape, name);
  const DType dtype = kind == "b1"   ? DType::boolean
                      : kind == "u1" ? DType::uint8
                      : kind == "f2" ? DType::float16
                      : kind == "i4" ? DType::int32
                      : kind == "f4" ? DType::float32
                      : kind == "i8" ? DType::int64
                                     : DType::float64;
  Tensor tensor(dtype, header.shape);
  if (!data.empty()) std::memcpy(tensor.data(), data.data(), data.size());
  if (dtype == DType::boolean) {
    auto* p = static_cast<std::uint8_t*>(tensor.data());
    for (std::int64_t i = 0; i < tensor.elements(); ++i) p[i] = p[i] != 0;
  }
  return tensor;
}

Bytes write_npy(const Tensor& tensor) {
  std::string dims;
  for (const std::int64_t d : tensor.shape()) dims += fmt::format("{}{}", dims.empty() ? "" : ", ", d);
  if (tensor.rank() == 1) dims += ",";
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr_of(tensor.dtype()), dims);
  constexpr std::size_t before = 10, alignment = 64;  // the elements start at a multiple of 64
  header.resize((before + header.size() + 1 + alignment - 1) / alignment * alignment - before - 1, ' ');
  header += '\n';
  if (header.size() > 0xffff) throw Error(ErrorKind::runtime, "a shape is too long for a .npy file: " + tensor.str());

  Bytes file = to_bytes(magic);
  for (const unsigned b : {1u, 0u, static_cast<unsigned>(header.size() & 0xff), static_cast<unsigned>(header.size() >> 8)})
    file.push_back(static_cast<std::byte>(b));
  const ByteView text = as_bytes(header);
  file.insert(file.end(), text.begin(), text.end());
  const auto* data = static_cast<const std::byte*>(tensor.data());
  file.insert(file.end(), data, data + tensor.bytes());
  return file;
}

}  // namespace strata
