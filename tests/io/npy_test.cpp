#include "src/io/npy.h"

#include <random>

#include "src/io/npz.h"
#include "src/io/zip.h"
#include "tests/io/files.h"

namespace strata {
namespace {

using testing::HasSubstr;

// A .npy of version 1 with this header and data.
Bytes npy(const std::string& header, const std::string& data, int version = 1) {
  std::string file = std::string("\x93NUMPY") + static_cast<char>(version) + '\0';
  file += static_cast<char>(header.size() & 0xff);
  file += static_cast<char>(header.size() >> 8);
  if (version > 1) file += std::string(2, '\0');
  return to_bytes(file + header + data);
}

std::string error_in(const std::string& header, const std::string& data = "") {
  return error_of([&] { read_npy(npy(header, data), "x.npy"); });
}

}  // namespace

TEST(Npy, ReadsWhatItWrote) {
  for (const DType t : {DType::float32, DType::float64, DType::float16, DType::int32, DType::int64, DType::uint8, DType::boolean})
    for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{}, {5}, {2, 3}, {0, 7}, {1, 2, 3, 4}}) {
      Tensor tensor(t, shape);
      for (std::int64_t i = 0; i < tensor.elements(); ++i) tensor.set(i, static_cast<double>(i % 2));
      const Bytes file = write_npy(tensor);
      EXPECT_TRUE(same_bytes(read_npy(file, "x.npy"), tensor)) << tensor.str();
      EXPECT_EQ((file.size() - tensor.bytes()) % 64, 0u);
    }
  EXPECT_THAT(error_of([] { write_npy(Tensor(DType::bfloat16, {1})); }), HasSubstr("float32"));
}

TEST(Npy, ReadsWhatNumPyWrites) {
  const Tensor fortran = read_npy(golden("fortran.npy"), "fortran.npy");
  EXPECT_EQ(fortran.str(), "float32 (2, 3, 4)");
  for (int i = 0; i < 24; ++i) EXPECT_EQ(fortran.at(i), i);
  const Tensor big = read_npy(golden("big_endian.npy"), "big_endian.npy");
  EXPECT_EQ(big.str(), "int64 (2, 3, 4)");
  for (int i = 0; i < 24; ++i) EXPECT_EQ(big.at(i), i);
}

TEST(Npy, ReadsEveryVersionAndSpelling) {
  const std::string header = "{'descr': '<i2', 'fortran_order': False, 'shape': (2L,)}\n";
  for (const int version : {1, 2, 3}) EXPECT_EQ(read_npy(npy(header, std::string("\1\0\xff\xff", 4), version), "x").at(1), -1);
  EXPECT_EQ(read_npy(npy("{\"shape\":(),'fortran_order':True,'descr':'>u4'}", std::string("\0\0\1\0", 4)), "x").at(0), 256);
  EXPECT_EQ(read_npy(npy("{'descr': '|b1', 'fortran_order': False, 'shape': (2,)}", "\2\1"), "x").values<bool>()[0], true);
}

TEST(Npy, ReadsTexts) {
  const Tensor text = read_npy(golden("text.npy"), "text.npy");
  EXPECT_EQ(text.str(), "string (2,)");
  EXPECT_EQ(text.values<std::string>()[0], "a");
  EXPECT_EQ(text.values<std::string>()[1], "bc");
  const Tensor bytes = read_npy(npy("{'descr': '|S3', 'fortran_order': False, 'shape': (2,)}", std::string("ab\0xyz", 6)), "x");
  EXPECT_EQ(bytes.values<std::string>()[0], "ab");
  EXPECT_EQ(bytes.values<std::string>()[1], "xyz");
  const Tensor wide = read_npy(npy("{'descr': '>U2', 'fortran_order': False, 'shape': (1,)}", std::string("\0\1\xf6\0\0\0\0\xe9", 8)), "x");
  EXPECT_EQ(wide.values<std::string>()[0], "\xf0\x9f\x98\x80\xc3\xa9");
}

TEST(Npy, RefusesByName) {
  const auto error = [](const char* name) { return error_of([&] { read_npy(golden(name), name); }); };
  EXPECT_THAT(error("objects.npy"), HasSubstr("objects.npy: holds Python objects (a pickle)"));
  EXPECT_THAT(error_in("{'descr': '<U0', 'fortran_order': False, 'shape': (1000000000000,)}"), HasSubstr("'<U0'"));
  EXPECT_THAT(error("records.npy"), HasSubstr("records"));
  EXPECT_THAT(error("kinds.h5"), HasSubstr("is not a .npy file"));
  EXPECT_THAT(error_in("{'descr': '<c8', 'fortran_order': False, 'shape': ()}"), HasSubstr("complex"));
  EXPECT_THAT(error_in("{'descr': '<f16', 'fortran_order': False, 'shape': ()}"), HasSubstr("'<f16'"));
  EXPECT_THAT(error_in("{'descr': '|V2', 'fortran_order': False, 'shape': ()}"), HasSubstr("bfloat16"));
  EXPECT_THAT(error_of([] { read_npy(as_bytes("\x80\x04\x95"), "x.npy"); }), HasSubstr("Python pickle"));
}

TEST(Npy, RefusesDamagedHeaders) {
  const std::pair<const char*, const char*> cases[] = {
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "8 bytes; 0 bytes follow"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", "overflows"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2147483648, 2147483648, 4)}", "overflows"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "no number"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2 3)}", "')' is missing"},
      {"{'descr': '<f4', 'fortran_order': 0, 'shape': ()}", "neither True nor False"},
      {"{'descr': '<f4', 'fortran_order': False}", "must have"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 1}", "'x' is unknown"},
      {"{'shape': (), 'shape': (), 'descr': '<f4', 'fortran_order': False}", "there twice"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': ()} or 1", "behind it"},
      {"__import__('os')", "'{' is missing"},
      {"{'descr", "quoted word is missing"},
      {"", "'{' is missing"},
  };
  for (const auto& [header, message] : cases) EXPECT_THAT(error_in(header), HasSubstr(message)) << header;
  const std::string one = "{'descr': '<u8', 'fortran_order': False, 'shape': (1,)}";
  EXPECT_THAT(error_in(one, std::string(8, '\xff')), HasSubstr("element 0 is 18446744073709551615"));
  EXPECT_THAT(error_in(one, std::string(9, '\0')), HasSubstr("8 bytes; 9 bytes follow"));
}

TEST(Npy, TruncatedOrFlippedNeverCrashes) {
  const Bytes whole = golden("fortran.npy");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_NE(error_of([&] { read_npy(ByteView(whole).first(size), "cut.npy"); }), "") << size;
  std::mt19937 random(9);
  for (int i = 0; i < 20'000; ++i) {
    Bytes damaged = whole;
    for (int flips = 1 + i % 3; flips > 0; --flips)
      damaged[random() % 128] ^= static_cast<std::byte>(1u << (random() % 8));
    error_of([&] { EXPECT_LE(read_npy(damaged, "flipped.npy").bytes(), 8 * whole.size()); });
  }
}

TEST(Npz, ReadsWhatItWroteAndWhatNumPyWrites) {
  const NamedTensors arrays = {{"x", Tensor::of<double>({2}, {1, 2})}, {"y", Tensor::of<bool>({1}, {true})}};
  const NamedTensors back = read_npz(write_npz(arrays), "a.npz");
  ASSERT_EQ(back.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(back[i].first, arrays[i].first);
    EXPECT_TRUE(same_bytes(back[i].second, arrays[i].second));
  }
  const NamedTensors numpy = read_npz(golden("arrays.npz"), "arrays.npz");
  EXPECT_EQ(numpy.at(0).first, "x");
  EXPECT_EQ(numpy.at(0).second.at(23), 23);
  EXPECT_EQ(numpy.at(1).second.str(), "bool (2,)");
  EXPECT_EQ(read_npz(golden("packed.npz"), "packed.npz").at(0).second.str(), "float32 (100, 100)");
  EXPECT_THAT(error_of([] { read_npz(golden("packed.npz"), "packed.npz", 40'000); }), HasSubstr("more than the 40000 allowed"));
  EXPECT_THAT(error_of([] { read_npz(write_zip(std::vector<NamedBytes>{{"a.txt", {}}}), "a.npz"); }), HasSubstr("no array"));
}

}  // namespace strata
