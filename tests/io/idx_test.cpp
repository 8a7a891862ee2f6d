#include "src/io/idx.h"

#include <random>

#include <zlib.h>

#include "tests/io/files.h"

namespace strata {
namespace {

using testing::HasSubstr;

Bytes idx(int type, const std::vector<std::uint32_t>& dims, const std::string& data) {
  std::string file = {'\0', '\0', static_cast<char>(type), static_cast<char>(dims.size())};
  for (const std::uint32_t d : dims)
    for (const int shift : {24, 16, 8, 0}) file += static_cast<char>(d >> shift & 0xff);
  return to_bytes(file + data);
}

Bytes gzipped(const Bytes& bytes) {
  z_stream z{};
  deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  Bytes out(deflateBound(&z, bytes.size()) + 64);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.erase(out.end() - static_cast<std::ptrdiff_t>(z.avail_out), out.end());
  deflateEnd(&z);
  return out;
}

std::string error_in(const Bytes& file) {
  return error_of([&] { read_idx(file, "x.idx", 1u << 20); });
}

}  // namespace

TEST(Idx, ReadsEveryType) {
  const auto read = [](const Bytes& file) { return read_idx(file, "x.idx"); };
  EXPECT_TRUE(same_bytes(read(idx(0x08, {2, 2}, "\1\2\3\4")), Tensor::of<std::uint8_t>({2, 2}, {1, 2, 3, 4})));
  EXPECT_TRUE(same_bytes(read(idx(0x09, {1}, "\xff")), Tensor::of<std::int64_t>({1}, {-1})));
  EXPECT_TRUE(same_bytes(read(idx(0x0b, {1}, std::string("\1\0", 2))), Tensor::of<std::int64_t>({1}, {256})));
  EXPECT_TRUE(same_bytes(read(idx(0x0c, {1}, std::string("\0\0\1\0", 4))), Tensor::of<std::int32_t>({1}, {256})));
  EXPECT_TRUE(same_bytes(read(idx(0x0d, {1}, std::string("\x3f\x80\0\0", 4))), Tensor::of<float>({1}, {1})));
  EXPECT_TRUE(same_bytes(read(idx(0x0e, {1}, std::string("\x3f\xf0\0\0\0\0\0\0", 8))), Tensor::of<double>({1}, {1})));
  EXPECT_TRUE(same_bytes(read(gzipped(idx(0x08, {2}, "ab"))), Tensor::of<std::uint8_t>({2}, {'a', 'b'})));
}

TEST(Idx, RefusesBadFiles) {
  EXPECT_THAT(error_in(to_bytes("P5 28 28 255")), HasSubstr("its magic number is 0x50352032"));
  EXPECT_THAT(error_in(to_bytes("")), HasSubstr("ends in its header"));
  EXPECT_THAT(error_in(idx(0x08, {2, 28, 28}, "short")), HasSubstr("declares the shape (2, 28, 28), 1568 bytes; the file holds 5"));
  EXPECT_THAT(error_in(idx(0x08, {2}, "abc")), HasSubstr("holds more than the 2 bytes"));
  EXPECT_THAT(error_in(idx(0x0e, {0xffffffff, 0xffffffff, 0xffffffff}, "")), HasSubstr("more than 1048576 bytes"));
  EXPECT_THAT(error_in(idx(0x07, {1}, "a")), HasSubstr("magic number"));
  EXPECT_THAT(error_in(gzipped(idx(0x08, {2}, "a"))), HasSubstr("the file holds 1"));
  EXPECT_THAT(error_in(gzipped(idx(0x08, {2}, "abc"))), HasSubstr("holds more than"));
  Bytes tail = gzipped(idx(0x08, {2}, "ab"));
  tail.push_back(std::byte{1});
  EXPECT_THAT(error_in(tail), HasSubstr("bytes behind the compressed data"));
}

TEST(Idx, TruncatedOrFlippedGzipIsAnErrorOrEqualData) {
  std::string data(4096, '\0');
  std::mt19937 random(1);
  for (char& c : data) c = static_cast<char>(random() % 4);
  const Bytes whole = gzipped(idx(0x08, {4096}, data));
  const Tensor expected = read_idx(whole, "x.idx");
  for (std::size_t size = 0; size < whole.size(); size += 3)
    EXPECT_NE(error_in(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))), "") << size;
  for (int i = 0; i < 5000; ++i) {
    Bytes damaged = whole;
    damaged[random() % damaged.size()] ^= static_cast<std::byte>(1u << (random() % 8));
    error_of([&] { EXPECT_TRUE(same_bytes(read_idx(damaged, "x.idx", 1u << 20), expected)); });
  }
}

}  // namespace strata
