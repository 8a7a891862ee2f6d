#include "src/data/image_folder.h"

#include "io/files.h"
#include "src/io/image.h"
#include "src/io/npz.h"

namespace strata {
namespace {

const std::string golden_folder = std::string(STRATA_SOURCE_DIR) + "/tests/golden/";

RowSource folder_source(const std::string& folder, std::int64_t height = 0, std::int64_t width = 0) {
  RowSource source;
  source.file = folder;
  source.format = "image_folder";
  source.height = height;
  source.width = width;
  return source;
}

}  // namespace

// keras.utils.image_dataset_from_directory: tests/golden/make_images.py.
TEST(ImageFolder, rows_are_those_that_keras_loads) {
  const Rows rows = load_rows(folder_source(golden_folder + "images/classes", 24, 28));
  EXPECT_THAT(rows.classes, testing::ElementsAre("cats", "dogs"));
  const Tensor x = rows.data.x.columns()[0].second, y = rows.data.y.columns()[0].second;
  int compared = 0;
  for (const auto& [key, expected] : read_npz(read_file(golden_folder + "images.npz", 1 << 24), "images.npz"))
    if (key == "classes/x" || key == "classes/y") {
      const Tensor& got = key == "classes/x" ? x : y;
      ASSERT_EQ(got.shape(), expected.shape());
      for (std::int64_t i = 0; i < got.elements(); ++i) ASSERT_NEAR(got.at(i), expected.at(i), 1e-4) << key << " " << i;
      ++compared;
    }
  EXPECT_EQ(compared, 2);
}

TEST(ImageFolder, images_of_other_sizes_need_a_size) {
  EXPECT_THAT(error_of([] { load_rows(folder_source(golden_folder + "images/classes")); }),
              testing::AllOf(testing::HasSubstr("cats/1.png: has 31 x 18 pixels"), testing::HasSubstr("cats/0.png has 20 x 30"), testing::HasSubstr("image_size: [20, 30]")));
}

TEST(ImageFolder, images_without_classes_are_rows_without_targets) {
  const TemporaryFolder folder;
  Tensor image(DType::uint8, {3, 4, 3});
  image.set(5, 200);
  for (const char* name : {"b.png", "a.PNG", ".hidden.png", "notes.txt"}) write_atomically(folder / name, write_png(image));
  const Rows rows = load_rows(folder_source(folder / ""));
  EXPECT_EQ(rows.data.x.columns()[0].second.shape(), (std::vector<std::int64_t>{2, 3, 4, 3}));
  EXPECT_EQ(rows.data.x.columns()[0].second.dtype(), DType::uint8);
  EXPECT_TRUE(rows.data.y.empty());
}

TEST(ImageFolder, what_is_wrong_is_named) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { load_rows(folder_source(folder / "none")); }), testing::HasSubstr("none: is no folder"));
  EXPECT_THAT(error_of([&] { load_rows(folder_source(folder / "")); }), testing::HasSubstr("holds no image"));
  EXPECT_THAT(error_of([&] { load_rows(folder_source(golden_folder + "images/classes", 8, 8), {"cats"}); }),
              testing::AllOf(testing::HasSubstr("classes/dogs: is none of the 1 classes"), testing::HasSubstr("the classes are cats")));
}

}  // namespace strata
