// He et al. 2016: CIFAR's ResNet-20, and ResNet-50 as keras.applications has it (v1: stride in a unit's first 1x1, biases).
#include <strata/layers/activations/activation.h>
#include <strata/layers/convolutional/conv2d.h>
#include <strata/layers/core/dense.h>
#include <strata/layers/merging/add.h>
#include <strata/layers/normalization/batch_normalization.h>
#include <strata/layers/pooling/global_average_pooling2d.h>
#include <strata/layers/pooling/max_pooling2d.h>
#include <strata/layers/reshaping/zero_padding2d.h>

#include "benchmarks/peers/models.h"

namespace strata::peers {
namespace {

struct ConvolutionOptions {
  std::int64_t stride = 1;
  const char* padding = "same";
  bool bias = false;
  double epsilon = 1e-3;
};
LayerOutput conv_bn(LayerOutput x, std::int64_t filters, std::int64_t size, ConvolutionOptions o) {
  return x | Conv2D{.filters = filters, .kernel_size = size, .strides = o.stride, .padding = o.padding, .use_bias = o.bias} |
         BatchNormalization{.epsilon = o.epsilon};
}
LayerOutput relu(LayerOutput x) { return x | ActivationLayer{.activation = "relu"}; }
LayerOutput joined(LayerOutput a, LayerOutput b) { return relu(std::vector{a, b} | Layer(Add{})); }

}  // namespace

Model resnet20(RunOptions run) {
  const LayerOutput x = Input({32, 32, 3});
  LayerOutput h = relu(conv_bn(x, 16, 3, {}));
  for (const std::int64_t filters : {16, 32, 64})
    for (int unit = 0; unit < 3; ++unit) {
      const ConvolutionOptions first{.stride = filters > 16 && unit == 0 ? 2 : 1};
      const LayerOutput inner = conv_bn(relu(conv_bn(h, filters, 3, first)), filters, 3, {});
      h = joined(inner, first.stride == 2 ? conv_bn(h, filters, 1, first) : h);
    }
  return Model(x, h | GlobalAveragePooling2D{} | Dense{.units = 10}, {}, std::move(run));
}

Model resnet50(RunOptions run) {
  const ConvolutionOptions plain{.bias = true, .epsilon = 1.001e-5};
  const LayerOutput x = Input({224, 224, 3});
  const LayerOutput stem = relu(conv_bn(x | ZeroPadding2D{.padding = 3}, 64, 7, {2, "valid", true, plain.epsilon}));
  LayerOutput h = stem | ZeroPadding2D{.padding = 1} | MaxPooling2D{.pool_size = 3, .strides = 2};
  struct Stage { std::int64_t filters; int units; };
  for (const auto [filters, units] : {Stage{64, 3}, {128, 4}, {256, 6}, {512, 3}})
    for (int unit = 0; unit < units; ++unit) {
      ConvolutionOptions first = plain;
      if (filters > 64 && unit == 0) first.stride = 2;
      const LayerOutput inner = relu(conv_bn(relu(conv_bn(h, filters, 1, first)), filters, 3, plain));
      h = joined(unit == 0 ? conv_bn(h, 4 * filters, 1, first) : h, conv_bn(inner, 4 * filters, 1, plain));
    }
  return Model(x, h | GlobalAveragePooling2D{} | Dense{.units = 1000, .activation = "softmax"}, {}, std::move(run));
}

}  // namespace strata::peers
