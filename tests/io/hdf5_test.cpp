#include "src/io/hdf5.h"

#include <chrono>
#include <cstdlib>
#include <random>

#include "src/io/npz.h"
#include "tests/io/files.h"

namespace strata {
namespace {

using testing::HasSubstr;

H5Group small_tree() {
  H5Group root;
  H5Group& vars = root.make_group("layers/dense/vars");
  vars.attributes["name"] = std::string("dense");
  vars.datasets["0"] = Tensor::of<float>({2, 2}, {0, 1, 2, 3});
  vars.datasets["1"] = Tensor::of<float>({2}, {0.5f, -0.5f});
  root.make_group("vars").attributes["name"] = std::string("sequential");
  return root;
}

H5Group tree_of_every_kind() {
  H5Group root = small_tree();
  H5Group& kinds = root.make_group("kinds");
  for (const DType t : {DType::float32, DType::float64, DType::float16, DType::bfloat16, DType::int32, DType::int64, DType::uint8,
                        DType::boolean}) {
    Tensor tensor(t, {2});
    tensor.set(0, t == DType::float16 ? 1.5 : 1);
    kinds.datasets[std::string(name_of(t))] = tensor;
  }
  kinds.datasets["scalar"] = Tensor::scalar<float>(7);
  kinds.datasets["empty"] = Tensor(DType::float32, {0, 4});
  root.attributes["names"] = std::vector<std::string>{"a", "b"};
  root.attributes["none"] = std::vector<std::string>{};
  root.attributes["many"] = std::vector<std::string>(5000, "layer");
  root.attributes["long"] = std::string(100'000, 'x');
  root.attributes["number"] = Tensor::scalar<double>(3.5);
  return root;
}

void expect_equal(const H5Group& a, const H5Group& b) {
  ASSERT_EQ(a.datasets.size(), b.datasets.size());
  for (const auto& [name, tensor] : a.datasets) {
    ASSERT_TRUE(b.datasets.contains(name)) << name;
    EXPECT_TRUE(same_bytes(tensor, b.datasets.at(name))) << name;
  }
  ASSERT_EQ(a.groups.size(), b.groups.size());
  for (const auto& [name, group] : a.groups) {
    ASSERT_TRUE(b.groups.contains(name)) << name;
    expect_equal(group, b.groups.at(name));
  }
}

std::string read_error(const std::string& name, const H5Limits& limits = {}) {
  return error_of([&] { read_hdf5(golden(name), name, H5Origin::foreign, limits); });
}

}  // namespace

TEST(Hdf5, ReadsWhatItWrote) {
  const H5Group root = tree_of_every_kind();
  const Bytes image = write_hdf5(root);
  for (const H5Origin origin : {H5Origin::own, H5Origin::foreign}) {
    const H5Group back = read_hdf5(image, "tree.h5", origin);
    expect_equal(root, back);
    EXPECT_EQ(*back.find_group("layers/dense/vars")->text("name"), "dense");
    EXPECT_EQ(back.text("long")->size(), 100'000u);
    EXPECT_EQ(back.list("names"), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(back.list("none"), std::vector<std::string>{});
    EXPECT_EQ(back.list("many"), std::vector<std::string>(5000, "layer"));
    EXPECT_EQ(back.list("absent"), std::nullopt);
    EXPECT_TRUE(back.attributes.contains("many1")) << "65 KB of names are two attributes, as Keras splits them";
    EXPECT_EQ(std::get<Tensor>(back.attributes.at("number")).at(0), 3.5);
    EXPECT_TRUE(back.find_dataset("/layers/dense/vars/0"));
    EXPECT_FALSE(back.find_dataset("layers/dense"));
  }
  if (const char* folder = std::getenv("STRATA_IO_OUTPUT")) {  // for tests/golden/make_io.py check
    H5Group model;
    model.make_group("layers/dense/vars").datasets["0"] = root.find_group("layers/dense/vars")->datasets.at("0");
    write_atomically(std::filesystem::path(folder) / "tree.h5", image);
    write_atomically(std::filesystem::path(folder) / "model.weights.h5", write_hdf5(model));
    write_atomically(std::filesystem::path(folder) / "arrays.npz",
                     write_npz({{"x", Tensor::of<double>({1, 2}, {1.5, 2.5})}, {"y", Tensor::of<bool>({1}, {true})}}));
  }
}

TEST(Hdf5, EqualTreesAreEqualBytes) { EXPECT_EQ(write_hdf5(tree_of_every_kind()), write_hdf5(tree_of_every_kind())); }

TEST(Hdf5, ReadsWhatKerasWrites) {
  const H5Group weights = read_hdf5(golden("keras.weights.h5"), "keras.weights.h5");
  const Tensor* kernel = weights.find_dataset("layers/dense/vars/0");
  ASSERT_TRUE(kernel);
  EXPECT_TRUE(same_bytes(*kernel, Tensor::of<float>({3, 2}, {0, 1, 2, 3, 4, 5})));
  EXPECT_TRUE(same_bytes(*weights.find_dataset("layers/dense_1/vars/1"), Tensor::of<float>({1}, {30})));
  EXPECT_EQ(*weights.find_group("layers/dense/vars")->text("name"), "dense");
  EXPECT_TRUE(weights.find_dataset("optimizer/vars/0"));

  const H5Group legacy = read_hdf5(golden("keras_legacy.h5"), "keras_legacy.h5");
  EXPECT_THAT(*legacy.text("model_config"), HasSubstr("Sequential"));
  const H5Group* model = legacy.find_group("model_weights");
  ASSERT_TRUE(model);
  EXPECT_EQ(model->list("layer_names"), (std::vector<std::string>{"dense", "dense_1"}));
  EXPECT_EQ(model->find_group("top_level_model_weights")->list("weight_names"), std::vector<std::string>{});

  const H5Group half = read_hdf5(golden("keras_bfloat16.weights.h5"), "keras_bfloat16.weights.h5");
  const Tensor* bits = half.find_dataset("layers/dense/vars/0");
  ASSERT_TRUE(bits);
  EXPECT_EQ(bits->dtype(), DType::bfloat16);
  EXPECT_EQ(bits->at(1), -2);
}

TEST(Hdf5, ReadsEveryKindOfH5py) {
  const H5Group f = read_hdf5(golden("kinds.h5"), "kinds.h5");
  const std::pair<const char*, DType> kinds[] = {
      {"i1", DType::int64}, {"i2", DType::int64},   {"i4", DType::int32},   {"i8", DType::int64},   {"u1", DType::uint8},
      {"u2", DType::int64}, {"u4", DType::int64},   {"u8", DType::int64},   {"f2", DType::float16}, {"f4", DType::float32},
      {">i2", DType::int64}, {"f8", DType::float64}, {">f4", DType::float32}, {">f2", DType::float16}};
  for (const auto& [name, dtype] : kinds) {
    const Tensor* t = f.find_dataset(name);
    ASSERT_TRUE(t) << name;
    EXPECT_EQ(t->dtype(), dtype) << name;
    EXPECT_EQ(t->shape(), (std::vector<std::int64_t>{2, 3})) << name;
    for (int i = 0; i < 6; ++i) EXPECT_EQ(t->at(i), i) << name;
  }
  EXPECT_TRUE(same_bytes(*f.find_dataset("bool"), Tensor::of<bool>({3}, {true, false, true})));
  EXPECT_EQ(f.find_dataset("scalar")->rank(), 0);
  EXPECT_EQ(f.find_dataset("empty")->elements(), 0);
  EXPECT_EQ(f.find_dataset("packed")->at(99), 99);
  EXPECT_EQ(f.list("fixed"), (std::vector<std::string>{"one", "three"}));
  EXPECT_EQ(f.list("list"), (std::vector<std::string>{"a", "\xc3\xa9"}));
  EXPECT_EQ(f.list("none"), std::vector<std::string>{});
  EXPECT_EQ(f.list("split"), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(*f.text("text"), "\xc3\xa9t\xc3\xa9");
  EXPECT_THAT(error_of([&] { f.text("complex"); }), HasSubstr("compound"));
  EXPECT_THAT(error_of([&] { f.list("text"); }), HasSubstr("where a list of texts is expected"));
}

TEST(Hdf5, RefusesHostileFiles) {
  const std::pair<const char*, const char*> cases[] = {
      {"external_link", "/x: is an external link"},
      {"soft_link", "/x: is a soft link"},
      {"soft_loop", "is a soft link"},
      {"cycle", "/a/b/up: is a second hard link"},
      {"external_storage", "/x: stores its elements outside the file"},
      {"virtual", "/x: is a virtual dataset"},
      {"bomb", "(1048576, 1048576), 4398046511104 bytes, but the file stores 0"},
      {"chunked_bomb", "bytes, but the file stores 0"},
      {"wraps", "overflows"},
      {"null", "null dataspace"},
      {"scale_offset", "uses filter 6"},
      {"strings", "type string"},
      {"compound", "type compound"},
      {"complex", "type compound"},
      {"long_double", "type float (16 bytes)"},
      {"too_large_uint64", "18446744073709551615"},
      {"named_type", "neither a group nor a dataset"},
      {"rank", "9 axes"},
      {"deep", "nested more than 32 deep"},
  };
  for (const auto& [name, message] : cases)
    EXPECT_THAT(read_error(std::string("hostile_") + name + ".h5"), HasSubstr(message)) << name;
}

TEST(Hdf5, HoldsItsLimits) {
  H5Limits limits;
  limits.bytes = 40;
  EXPECT_THAT(read_error("keras.weights.h5", limits), HasSubstr("of the 40 allowed"));
  limits = {};
  limits.objects = 5;
  EXPECT_THAT(read_error("keras.weights.h5", limits), HasSubstr("more than 5 groups"));
  limits = {};
  limits.expect = [](const std::string& path, DType, const std::vector<std::int64_t>& shape) {
    if (path == "layers/dense/vars/0" && shape != std::vector<std::int64_t>{4, 2})
      throw Error(ErrorKind::data, "unfit", "a hint");
  };
  EXPECT_EQ(read_error("keras.weights.h5", limits), "unfit | a hint");
  limits = {};
  limits.wanted = [](const std::string& path) { return path != "x"; };
  EXPECT_EQ(read_error("hostile_strings.h5", limits), "") << "a dataset that nobody wants is not looked at";
}

TEST(Hdf5, RefusesWhatIsNoHdf5) {
  EXPECT_THAT(error_of([] { read_hdf5(as_bytes("PK\3\4 but a zip"), "model.h5"); }), HasSubstr("model.h5: is not an HDF5 file"));
  EXPECT_THAT(error_of([] { read_hdf5({}, "model.h5"); }), HasSubstr("is not an HDF5 file"));
}

TEST(Hdf5, RefusesToWriteWhatHasNoName) {
  for (const char* name : {"", ".", "a/b"}) {
    H5Group root;
    root.datasets[name] = Tensor::scalar<float>(1);
    EXPECT_THAT(error_of([&] { write_hdf5(root); }), HasSubstr("cannot name an object")) << name;
  }
}

TEST(Hdf5, TruncatedAnywhereIsAnError) {
  const Bytes image = write_hdf5(small_tree());
  for (std::size_t i = 0; i < 200; ++i) {
    const std::size_t size = image.size() * i / 200;
    EXPECT_NE(error_of([&] { read_hdf5(ByteView(image).first(size), "cut.h5"); }), "") << size;
  }
}

TEST(Hdf5, NoBitFlipsUnseen) {
  const H5Group root = small_tree();
  const Bytes image = write_hdf5(root);
  std::mt19937 random(7);
  int refused = 0;
  constexpr int flips = 5000;
  for (int i = 0; i < flips; ++i) {
    Bytes damaged = image;
    damaged[random() % damaged.size()] ^= static_cast<std::byte>(1u << (random() % 8));
    try {
      expect_equal(root, read_hdf5(damaged, "flipped.h5", H5Origin::own));
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, flips * 9 / 10) << "only a flip in the seal's own word can pass, and then the data is whole";
}

// Without a checksum a flip may change numbers; it never crashes us and never takes long.
TEST(Hdf5, FlipsInForeignFilesNeverCrash) {
  const Bytes image = golden("keras.weights.h5");
  std::mt19937 random(11);
  H5Limits limits;
  limits.bytes = 1 << 20;
  limits.seconds = 5;
  for (int i = 0; i < 600; ++i) {
    Bytes damaged = image;
    // Half of them in the first 2 KiB, where the superblock and the root group are.
    damaged[random() % (i % 2 ? damaged.size() : 2048)] ^= static_cast<std::byte>(1u << (random() % 8));
    error_of([&] { read_hdf5(damaged, "flipped.h5", H5Origin::foreign, limits); });
  }
}

}  // namespace strata
