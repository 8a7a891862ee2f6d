// Sandler et al. 2018, as keras.applications.MobileNetV2: on even sizes its explicit padding before a stride is `same` padding.
#include <strata/layers/activations/activation.h>
#include <strata/layers/convolutional/conv2d.h>
#include <strata/layers/convolutional/depthwise_conv2d.h>
#include <strata/layers/core/dense.h>
#include <strata/layers/merging/add.h>
#include <strata/layers/normalization/batch_normalization.h>
#include <strata/layers/pooling/global_average_pooling2d.h>

#include "benchmarks/peers/models.h"

namespace strata::peers {
namespace {

LayerOutput normalized(LayerOutput x) { return x | BatchNormalization{.momentum = 0.999}; }
LayerOutput relu6(LayerOutput x) { return x | ActivationLayer{.activation = "relu6"}; }
LayerOutput pointwise(LayerOutput x, std::int64_t filters) { return normalized(x | Conv2D{.filters = filters, .kernel_size = 1, .use_bias = false}); }
LayerOutput depthwise(LayerOutput x, std::int64_t stride) {
  return normalized(x | DepthwiseConv2D{.kernel_size = 3, .strides = stride, .padding = "same", .use_bias = false});
}

}  // namespace

Model mobilenet_v2(RunOptions run) {
  const LayerOutput x = Input({224, 224, 3});
  LayerOutput h = relu6(normalized(x | Conv2D{.filters = 32, .kernel_size = 3, .strides = 2, .padding = "same", .use_bias = false}));
  std::int64_t width = 32;
  struct Stage { std::int64_t expansion, filters; int units; std::int64_t stride; };
  for (const auto [expansion, filters, units, first_stride] :
       {Stage{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}})
    for (int unit = 0; unit < units; ++unit) {
      const std::int64_t stride = unit == 0 ? first_stride : 1;
      const LayerOutput wide = expansion == 1 ? h : relu6(pointwise(h, width * expansion));
      const LayerOutput y = pointwise(relu6(depthwise(wide, stride)), filters);
      h = stride == 1 && width == filters ? std::vector{h, y} | Layer(Add{}) : y;
      width = filters;
    }
  return Model(x, relu6(pointwise(h, 1280)) | GlobalAveragePooling2D{} | Dense{.units = 1000, .activation = "softmax"}, {}, std::move(run));
}

}  // namespace strata::peers
