#include <strata/layers/activations/prelu.h>
#include <strata/layers/convolutional/conv1d.h>
#include <strata/layers/convolutional/conv2d.h>
#include <strata/layers/convolutional/conv2d_transpose.h>
#include <strata/layers/core/dense.h>
#include <strata/layers/core/einsum_dense.h>
#include <strata/layers/merging/add.h>
#include <strata/layers/merging/concatenate.h>
#include <strata/layers/merging/dot.h>
#include <strata/layers/merging/subtract.h>
#include <strata/layers/normalization/batch_normalization.h>
#include <strata/layers/normalization/group_normalization.h>
#include <strata/layers/pooling/max_pooling2d.h>
#include <strata/layers/preprocessing/normalization.h>
#include <strata/layers/reshaping/cropping1d.h>
#include <strata/layers/reshaping/permute.h>
#include <strata/layers/reshaping/reshape.h>
#include <strata/layers/reshaping/up_sampling2d.h>
#include <strata/layers/reshaping/zero_padding3d.h>
#include <strata/layers/rnn/lstm.h>

#include <gmock/gmock.h>

#include "layers/ordeal.h"

namespace strata {
namespace {

using testing::HasSubstr;
const Dim batch = Dim::symbol("batch");

TEST(LayerErrors, WindowsNameTheArgumentAndWhatFits) {
  EXPECT_EQ(error_of(Conv2D{.filters = 2, .kernel_size = 5}, {{batch, 3, 3, 1}}),
            "Conv2D: kernel 5x5 is larger than its input 3x3; use padding: same, or a kernel_size of at most 3");
  EXPECT_EQ(error_of(Conv2D{.filters = 2, .kernel_size = 3, .dilation_rate = 2}, {{batch, 4, 9, 1}}),
            "Conv2D: kernel 3x3 with dilation 2x2 is larger than its input 4x9; use padding: same, or a kernel_size of at most 2");
  EXPECT_EQ(error_of(MaxPooling2D{.pool_size = {2, 4}}, {{batch, 5, 3, 1}}),
            "MaxPooling2D: pool 2x4 is larger than its input 5x3; use padding: same, or a pool_size of at most 3");
  EXPECT_EQ(error_of(MaxPooling2D{.pool_size = 2, .padding = "same"}, {{batch, 1, 1, 1}}), "no error");
  EXPECT_THAT(error_of(Conv2D{.filters = 2, .kernel_size = 3}, {{batch, 28, 28}}),
              HasSubstr("takes an input of 4 axes, (batch, height, width, channels); received (None, 28, 28)"));
  EXPECT_THAT(error_of(Conv2D{.filters = 2, .kernel_size = 1, .groups = 2}, {{batch, 4, 4, 3}}), HasSubstr("3 channels of its input"));
  EXPECT_THAT(error_of(Conv2D{.filters = 3, .kernel_size = 1, .groups = 2}, {{batch, 4, 4, 4}}), HasSubstr("filters 3 do not divide into 2 groups"));
  EXPECT_THAT(error_of(Conv2D{.filters = 3, .kernel_size = 3, .strides = 2, .dilation_rate = 2}, {{batch, 9, 9, 4}}), HasSubstr("cannot both be above 1"));
}

TEST(LayerErrors, ConvolutionsSayWhatDoesNotFit) {
  EXPECT_EQ(error_of(Conv1D{.filters = 2, .kernel_size = 5}, {{batch, 3, 1}}),
            "Conv1D: kernel 5 is larger than its input 3; use padding: same, or a kernel_size of at most 3");
  EXPECT_EQ(error_of(Conv1D{.filters = 2, .kernel_size = 5, .padding = "causal"}, {{batch, 3, 1}}), "no error");
  EXPECT_THAT(error_of(Conv1D{.filters = 2, .kernel_size = 3, .data_format = "channels_first"}, {{batch, 28}}),
              HasSubstr("takes an input of 3 axes, (batch, channels, steps); received (None, 28)"));
  EXPECT_THAT(error_of(Conv1D{.filters = 2, .kernel_size = 3}, {{batch, 28, Dim::symbol("channels")}}), HasSubstr("have no number"));
  EXPECT_THAT(error_of(Conv2DTranspose{.filters = 2, .kernel_size = 3, .strides = 2, .output_padding = Sizes<2>{1, 2}}, {{batch, 4, 4, 1}}),
              HasSubstr("output_padding 1x2 must be below strides 2x2"));
  EXPECT_THAT(error_of(Conv2DTranspose{.filters = 2, .kernel_size = 3, .strides = 2, .dilation_rate = 2}, {{batch, 4, 4, 1}}),
              HasSubstr("cannot both be above 1"));
  EXPECT_THAT(error_of(Conv2DTranspose{.filters = 2, .kernel_size = 2, .padding = "same", .output_padding = Sizes<2>(0)}, {{batch, 1, 4, 1}}),
              HasSubstr("nothing is left of axis 1"));
  EXPECT_THAT(error_of(UpSampling2D{.interpolation = "bicubic"}, {{batch, 4, 4, 1}}), HasSubstr("'bicubic' is not available"));
  EXPECT_THAT(error_of(Cropping1D{.cropping = {2, 1}}, {{batch, 3, 1}}), HasSubstr("nothing is left"));
  EXPECT_THAT(error_of(ZeroPadding3D{.padding = Config::List{1, 2}}, {{batch, 3, 3, 3, 1}}),
              HasSubstr("must be a number, three numbers or three pairs of numbers"));
}

TEST(LayerErrors, ContractionsNameTheAxes) {
  EXPECT_THAT(error_of(Dot{.axes = 1}, {{batch, 3}, {batch, 4}}), HasSubstr("axis 1 of its input (None, 3) and axis 1 of (None, 4) differ, 3 and 4"));
  EXPECT_THAT(error_of(Dot{.axes = {0, 1}}, {{batch, 3}, {batch, 3}}), HasSubstr("axis 0 of its input (None, 3) is the batch"));
  EXPECT_THAT(error_of(Dot{.axes = 1}, {{batch, 3}}), HasSubstr("takes two inputs, 1 are given"));
  const auto dense = [](const char* equation, Shape output, const char* bias) {
    return error_of(EinsumDense{.equation = equation, .output_shape = std::move(output), .bias_axes = bias}, {{batch, 3, 4}});
  };
  EXPECT_EQ(dense("abc,cd->abd", {3, 5}, "d"), "no error");
  EXPECT_THAT(dense("abc,cd", {3, 5}, "d"), HasSubstr("is not of the form"));
  EXPECT_THAT(dense("ab,bc->ac", {5}, "c"), HasSubstr("does not name the axes of its input (None, 3, 4)"));
  EXPECT_THAT(dense("abc,cd->abd", {2, 5}, "d"), HasSubstr("names the axis 'b' in input and output, where it has 3 and 2 elements"));
  EXPECT_THAT(dense("abc,cd->abd", {3, Dim::symbol("open")}, "d"), HasSubstr("leaves the size of axis 'd' open"));
  EXPECT_THAT(dense("abc,cd->abd", {5}, "d"), HasSubstr("has an output of 2 axes besides the batch"));
  EXPECT_THAT(dense("abc,cd->abd", {3, 5}, "e"), HasSubstr("no axis 'e' in its output"));
  EXPECT_THAT(dense("abc,cde->abd", {3, 5}, "d"), HasSubstr("'e' that neither input nor output has"));
}

TEST(LayerErrors, PerChannel) {
  EXPECT_THAT(error_of(GroupNormalization{}, {{batch, 4, 6}}), HasSubstr("axis 2 of its input (None, 4, 6) does not divide into 32 groups"));
  EXPECT_THAT(error_of(GroupNormalization{.groups = 1, .axis = 0}, {{2, 4, 6}}), HasSubstr("is the batch"));
  EXPECT_THAT(error_of(PReLU{.shared_axes = std::vector<std::int64_t>{3}}, {{batch, 4, 6}}), HasSubstr("axes count from 1 to 2"));
}

TEST(LayerErrors, ReshapeCountsElements) {
  EXPECT_EQ(error_of(Reshape{.target_shape = {5, 2}}, {{batch, 3, 4}}),
            "Reshape: target_shape (5, 2) takes 10 elements, its input (None, 3, 4) has 12; choose axes whose product is 12");
  EXPECT_THAT(error_of(Reshape{.target_shape = {-1, 5}}, {{batch, 3, 4}}), HasSubstr("takes a multiple of 5 elements"));
  EXPECT_THAT(error_of(Reshape{.target_shape = {-1, -1}}, {{batch, 3, 4}}), HasSubstr("leaves two axes open"));
  EXPECT_THAT(error_of(Permute{.dims = {2, 2}}, {{batch, 3, 4}}), HasSubstr("from 1 to 2"));
}

TEST(LayerErrors, MergesNameBothShapes) {
  EXPECT_EQ(error_of(Add{}, {{batch, 3, 4}, {batch, 3, 5}}),
            "Add: its inputs (None, 3, 4) and (None, 3, 5) differ in axis 2, 4 and 5; inputs must agree in every axis, or be 1 there");
  EXPECT_THAT(error_of(Concatenate{}, {{batch, 3, 4}, {batch, 2, 4}}), HasSubstr("(None, 3, 4) and (None, 2, 4) differ in more than axis 2"));
  EXPECT_THAT(error_of(Subtract{}, {{batch, 3}}), HasSubstr("takes two inputs, 1 are given"));
}

TEST(LayerErrors, RecurrenceAndStatistics) {
  EXPECT_EQ(error_of(LSTM{.units = 3, .stateful = true}, {{batch, 5, 2}}),
            "LSTM: stateful needs a batch size that is known, its input is (None, 5, 2); give the Input a batch_size");
  EXPECT_THAT(error_of(LSTM{.units = 3}, {{batch, 5}}), HasSubstr("3 axes, (batch, steps, features); received (None, 5)"));
  EXPECT_THAT(error_of(LSTM{.units = 3}, {{batch, 5, 2}, {batch, 3}}), HasSubstr("its input and 2 initial states; 2 inputs are given"));
  EXPECT_THAT(error_of(LSTM{.units = 3}, {{batch, 5, 2}, {batch, 3}, {batch, 4}}), HasSubstr("initial state 'c' has shape (None, 4), (None, 3) is needed"));
  EXPECT_THAT(error_of(BatchNormalization{.axis = 3}, {{batch, 5}}), HasSubstr("axis 3 is outside its input (None, 5)"));
  EXPECT_THAT(error_of(BatchNormalization{.renorm = true}, {{batch, 5}}), HasSubstr("batch renormalization is not available"));
  EXPECT_THAT(error_of(Normalization{.mean = 1.0}, {{batch, 5}}), HasSubstr("mean is given without variance"));
  EXPECT_THAT(error_of(Normalization{.mean = Config::List{1.0, 2.0}, .variance = Config::List{1.0, 2.0}}, {{batch, 5}}),
              HasSubstr("mean has shape (2,), axis of its input (None, 5) asks for (5,)"));
  EXPECT_THAT(error_of(Normalization{.mean = Config::List{1.0, Config::List{2.0}}, .variance = 1.0}, {{batch, 2}}), HasSubstr("lists of numbers of one length"));
}

}  // namespace
}  // namespace strata
