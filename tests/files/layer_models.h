// The models of tests/golden/make_files.py that hold many layers: `image` and `signals`.
#pragma once

#include <utility>
#include <vector>

#include <strata/layers/activations/elu.h>
#include <strata/layers/activations/prelu.h>
#include <strata/layers/convolutional/conv1d.h>
#include <strata/layers/convolutional/conv1d_transpose.h>
#include <strata/layers/convolutional/conv2d_transpose.h>
#include <strata/layers/convolutional/conv3d.h>
#include <strata/layers/convolutional/conv3d_transpose.h>
#include <strata/layers/convolutional/depthwise_conv1d.h>
#include <strata/layers/convolutional/depthwise_conv2d.h>
#include <strata/layers/convolutional/separable_conv1d.h>
#include <strata/layers/convolutional/separable_conv2d.h>
#include <strata/layers/core/einsum_dense.h>
#include <strata/layers/merging/dot.h>
#include <strata/layers/normalization/group_normalization.h>
#include <strata/layers/normalization/unit_normalization.h>
#include <strata/layers/pooling/average_pooling1d.h>
#include <strata/layers/pooling/average_pooling3d.h>
#include <strata/layers/pooling/global_average_pooling1d.h>
#include <strata/layers/pooling/global_average_pooling2d.h>
#include <strata/layers/pooling/global_max_pooling3d.h>
#include <strata/layers/pooling/max_pooling1d.h>
#include <strata/layers/pooling/max_pooling3d.h>
#include <strata/layers/regularization/activity_regularization.h>
#include <strata/layers/regularization/alpha_dropout.h>
#include <strata/layers/regularization/gaussian_dropout.h>
#include <strata/layers/regularization/gaussian_noise.h>
#include <strata/layers/regularization/spatial_dropout1d.h>
#include <strata/layers/regularization/spatial_dropout2d.h>
#include <strata/layers/regularization/spatial_dropout3d.h>
#include <strata/layers/reshaping/cropping1d.h>
#include <strata/layers/reshaping/cropping3d.h>
#include <strata/layers/reshaping/up_sampling1d.h>
#include <strata/layers/reshaping/up_sampling2d.h>
#include <strata/layers/reshaping/up_sampling3d.h>
#include <strata/layers/reshaping/zero_padding1d.h>
#include <strata/layers/reshaping/zero_padding3d.h>

#include "files/models.h"

namespace strata {

inline Model image_model() {
  const auto x = Input({6, 6, 4}, {.name = "image"});
  const auto h = x | DepthwiseConv2D{.kernel_size = 3, .padding = "same", .depth_multiplier = 2, .activation = "tanh"} |
                 SpatialDropout2D{.rate = 0.0} | GroupNormalization{.groups = 2} |
                 SeparableConv2D{.filters = 4, .kernel_size = {3, 2}, .strides = 2, .padding = "same"} |
                 PReLU{.alpha_initializer = "ones", .shared_axes = std::vector<std::int64_t>{1, 2}} |
                 Conv2DTranspose{.filters = 3, .kernel_size = 3, .strides = 2, .padding = "same", .output_padding = Sizes<2>(0), .activation = "relu"} |
                 UpSampling2D{.size = {2, 3}, .interpolation = "bilinear"} | GaussianNoise{.stddev = 0.0} | UpSampling2D{} |
                 ELU{.alpha = 0.5} | GlobalAveragePooling2D{} | UnitNormalization{};
  Model model(x, h | Dense{.units = 1, .name = "out"}, {.name = "image"}, on_reference());
  model.compile({.optimizer = SGD{.learning_rate = 0.05}, .loss = "mse"});
  return model;
}

inline Model signals_model() {
  const auto steps = Input({7, 4}, {.name = "steps"}), volume = Input({3, 4, 3, 2}, {.name = "volume"});
  const auto left = steps | ZeroPadding1D{.padding = {1, 2}} |
                    Conv1D{.filters = 4, .kernel_size = 3, .padding = "causal", .dilation_rate = 2} | GaussianDropout{.rate = 0.0} |
                    DepthwiseConv1D{.kernel_size = 3} | SeparableConv1D{.filters = 4, .kernel_size = 2, .activation = "tanh"} |
                    SpatialDropout1D{.rate = 0.0} | UpSampling1D{} | Conv1DTranspose{.filters = 3, .kernel_size = 3, .strides = 2} |
                    Cropping1D{.cropping = {1, 2}} | MaxPooling1D{} |
                    AveragePooling1D{.pool_size = 2, .strides = Sizes<1>(1), .padding = "same"} |
                    EinsumDense{.equation = "abc,cd->abd", .output_shape = {Dim::symbol("steps"), 4}, .activation = "relu", .bias_axes = "d"} |
                    AlphaDropout{.rate = 0.0} | GlobalAveragePooling1D{};
  const auto pairs = [](std::vector<std::pair<int, int>> all) {
    Config::List list;
    for (const auto& [before, after] : all) list.push_back(Config::List{before, after});
    return Config(list);
  };
  const auto right = volume | ZeroPadding3D{.padding = pairs({{1, 0}, {0, 0}, {1, 1}})} | Conv3D{.filters = 3, .kernel_size = 2} |
                     Conv3DTranspose{.filters = 2, .kernel_size = 2, .strides = {1, 2, 1}} | UpSampling3D{.size = {1, 2, 1}} |
                     Cropping3D{.cropping = pairs({{1, 0}, {0, 1}, {0, 0}})} | MaxPooling3D{.pool_size = {1, 2, 2}} |
                     AveragePooling3D{.pool_size = 2} | SpatialDropout3D{.rate = 0.0} | GlobalMaxPooling3D{} | Dense{.units = 4, .name = "right"};
  const auto cosine = std::vector{left, right} | Dot{.axes = 1, .normalize = true} | ActivityRegularization{.l1 = 0.01, .l2 = 0.02};
  Model model({steps, volume}, {cosine | Dense{.units = 1, .name = "out"}}, {.name = "signals"}, on_reference());
  model.compile({.optimizer = SGD{.learning_rate = 0.05}, .loss = "mse"});
  return model;
}

}  // namespace strata
