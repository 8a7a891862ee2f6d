#include <strata/layers/image_preprocessing/resizing.h>

#include <gmock/gmock.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Resizing) { ordeal(Resizing{.height = 4, .width = 7, .crop_to_aspect_ratio = true}, {floats({2, 5, 6, 3})}); }

TEST(Resizing, SaysWhatItTakes) {
  EXPECT_THAT(error_of(Resizing{.height = 4, .width = 7}, {{2, Dim::symbol("height"), 6, 3}}), testing::HasSubstr("height and width are numbers, received (2, None, 6, 3)"));
  EXPECT_THAT(error_of(Resizing{.height = 4, .width = 7, .crop_to_aspect_ratio = true, .pad_to_aspect_ratio = true}, {{2, 5, 6, 3}}), testing::HasSubstr("both given"));
}

}  // namespace strata
