// What the golden cases of random layers cannot show: that they draw, for each image, by seed and step.
#include <strata/layers/image_preprocessing/random_brightness.h>
#include <strata/layers/image_preprocessing/random_crop.h>
#include <strata/layers/image_preprocessing/random_flip.h>

#include <set>

#include <gmock/gmock.h>

#include "layers/ordeal.h"
#include "layers/tracing.h"

namespace strata {
namespace {

constexpr std::int64_t rows = 16, height = 4, width = 5;

Tensor numbered() {
  Tensor x(DType::float64, {rows, height, width, 1});
  for (std::int64_t i = 0; i < x.elements(); ++i) x.set(i, static_cast<double>(i));
  return x;
}

// The layer's output at a step of a training with seed 7.
Tensor at_step(const Layer& layer, std::int64_t step) {
  const Tensor x = numbered();
  Traced t = trace_layer(layer, {{DType::float64, Shape::of(x.shape())}}, true);
  t.graph().outputs.push_back(port(t.outputs[0]));
  auto variables = t.values();
  for (auto& [number, value] : variables) value = Tensor::of<std::int64_t>({2}, {7, step});
  return interpret(t.graph(), {{"0", x}}, variables)[0];
}

}  // namespace

TEST(Layers, RandomFlip) { ordeal(RandomFlip{}, {floats({2, 6, 5, 3})}); }
TEST(Layers, RandomCrop) { ordeal(RandomCrop{.height = 3, .width = 2}, {floats({2, 6, 5, 3})}); }

TEST(RandomFlip, MirrorsSomeImagesAndNotOthers) {
  const Tensor x = numbered();
  for (const char* mode : {"horizontal", "vertical", "horizontal_and_vertical"}) {
    const bool across = mode != std::string("vertical"), down = mode != std::string("horizontal");
    const Tensor y = at_step(RandomFlip{.mode = mode}, 3);
    std::set<bool> seen;
    for (std::int64_t r = 0; r < rows; ++r) {
      const auto pixel = [&](std::int64_t h, std::int64_t w) { return (r * height + h) * width + w; };
      const bool flipped = y.at(pixel(0, 0)) != x.at(pixel(0, 0));
      seen.insert(flipped);
      for (std::int64_t h = 0; h < height; ++h)
        for (std::int64_t w = 0; w < width; ++w)
          EXPECT_EQ(y.at(pixel(h, w)), x.at(flipped ? pixel(down ? height - 1 - h : h, across ? width - 1 - w : w) : pixel(h, w)));
    }
    EXPECT_EQ(seen.size(), 2u) << mode;
  }
}

TEST(RandomFlip, DrawsByStepAndSeed) {
  EXPECT_TRUE(same_bytes(at_step(RandomFlip{}, 3), at_step(RandomFlip{}, 3)));
  EXPECT_FALSE(same_bytes(at_step(RandomFlip{}, 3), at_step(RandomFlip{}, 4)));
  EXPECT_FALSE(same_bytes(at_step(RandomFlip{}, 3), at_step(RandomFlip{.seed = 1}, 3)));
}

TEST(RandomCrop, CutsOneWindowOutOfABatch) {
  std::set<double> corners;
  for (std::int64_t step = 0; step < 40; ++step) {
    const Tensor y = at_step(RandomCrop{.height = 2, .width = 3}, step);
    const double first = y.at(0);
    corners.insert(first);
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t h = 0; h < 2; ++h)
        for (std::int64_t w = 0; w < 3; ++w) EXPECT_EQ(y.at((r * 2 + h) * 3 + w), first + static_cast<double>((r * height + h) * width + w));
  }
  EXPECT_EQ(corners, (std::set<double>{0, 1, 2, 5, 6, 7, 10, 11, 12}));  // every place where the window lies inside
}

TEST(RandomBrightness, MovesEachImageByItsOwnAmount) {
  const Tensor x = numbered(), y = at_step(RandomBrightness{.factor = 0.1, .value_range = {-1000, 1000}}, 0);
  std::set<double> amounts;
  for (std::int64_t r = 0; r < rows; ++r) {
    const double amount = y.at(r * height * width) - x.at(r * height * width);
    amounts.insert(amount);
    EXPECT_LT(std::abs(amount), 200);
    for (std::int64_t i = 1; i < height * width; ++i) EXPECT_NEAR(y.at(r * height * width + i) - x.at(r * height * width + i), amount, 1e-9);
  }
  EXPECT_GT(amounts.size(), 10u);
}

TEST(RandomBrightness, SaysWhatItTakes) {
  EXPECT_THAT(error_of(RandomBrightness{.factor = 1.5}, {{2, 4, 4, 1}}), testing::HasSubstr("factor must be a number or two numbers in [-1.0, 1.0], received 1.5"));
  EXPECT_THAT(error_of(RandomBrightness{.factor = 0.5}, {{2, 4}}), testing::HasSubstr("takes images (batch, height, width, channels)"));
}

}  // namespace strata
