// The peers' training workloads (their workloads.md), as C++ programs write them.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include <strata/layers/activations/activation.h>
#include <strata/layers/convolutional/conv2d.h>
#include <strata/layers/core/dense.h>
#include <strata/layers/core/embedding.h>
#include <strata/layers/merging/add.h>
#include <strata/layers/normalization/batch_normalization.h>
#include <strata/layers/pooling/global_average_pooling2d.h>
#include <strata/layers/pooling/max_pooling2d.h>
#include <strata/layers/regularization/dropout.h>
#include <strata/layers/reshaping/flatten.h>
#include <strata/layers/rnn/lstm.h>
#include <strata/losses/binary_crossentropy.h>
#include <strata/losses/sparse_categorical_crossentropy.h>
#include <strata/model.h>
#include <strata/optimizers/adam.h>
#include <strata/optimizers/sgd.h>

using namespace strata;

inline Tensor normal(std::vector<std::int64_t> shape) {
  Tensor t(DType::float32, std::move(shape));
  std::mt19937 random(0);
  std::normal_distribution<float> draw;
  for (float& x : t.values<float>()) x = draw(random);
  return t;
}
inline Tensor integers(std::vector<std::int64_t> shape, int below) {
  Tensor t(DType::int32, std::move(shape));
  std::mt19937 random(1);
  for (std::int32_t& x : t.values<std::int32_t>()) x = static_cast<std::int32_t>(random() % static_cast<unsigned>(below));
  return t;
}

struct Workload {
  Model model;
  Tensor x, y;
  std::int64_t batch;
  Optimizer optimizer;
  Loss loss;
};

inline LayerOutput conv_bn(LayerOutput x, int filters, int size, int stride) {
  return x | Conv2D{.filters = filters, .kernel_size = size, .strides = stride, .padding = "same", .use_bias = false} | BatchNormalization{};
}

inline Model resnet20() {
  const LayerOutput x = Input({32, 32, 3});
  LayerOutput h = conv_bn(x, 16, 3, 1) | ActivationLayer{.activation = "relu"};
  for (int stage = 0; stage < 3; ++stage)
    for (int unit = 0; unit < 3; ++unit) {
      const int filters = 16 << stage, stride = stage > 0 && unit == 0 ? 2 : 1;
      const LayerOutput inner = conv_bn(conv_bn(h, filters, 3, stride) | ActivationLayer{.activation = "relu"}, filters, 3, 1);
      const LayerOutput shortcut = stride == 2 ? conv_bn(h, filters, 1, 2) : h;
      h = std::vector{inner, shortcut} | Layer(Add{}) | ActivationLayer{.activation = "relu"};
    }
  return Model(x, h | GlobalAveragePooling2D{} | Dense{.units = 10});
}

inline Workload make_workload(const std::string& name, RunOptions run) {
  const Loss ce = losses::SparseCategoricalCrossentropy{.from_logits = true}, bce = losses::BinaryCrossentropy{.from_logits = true};
  const auto dense = [&](std::int64_t inputs, std::int64_t units, std::int64_t outputs) {
    const LayerOutput x = Input({inputs});
    return Model(x, x | Dense{.units = units, .activation = "relu"} | Dense{.units = units, .activation = "relu"} | Dense{.units = outputs}, {}, run);
  };
  if (name == "mlp" || name == "mlp_b32")
    return {dense(784, 512, 10), normal({61440, 784}), integers({61440}, 10), name == "mlp" ? 128 : 32, Adam{}, ce};
  if (name == "tabular") return {dense(28, 256, 1), normal({102400, 28}), integers({102400, 1}, 2), 256, Adam{}, bce};
  if (name == "mnist_cnn") {
    const LayerOutput x = Input({28, 28, 1});
    return {Model(x, x | Conv2D{.filters = 32, .kernel_size = 3, .activation = "relu"} | MaxPooling2D{} |
                     Conv2D{.filters = 64, .kernel_size = 3, .activation = "relu"} | MaxPooling2D{} | Flatten{} | Dropout{.rate = 0.5} | Dense{.units = 10}, {}, run),
            normal({16384, 28, 28, 1}), integers({16384}, 10), 128, Adam{}, ce};
  }
  if (name == "resnet20") return {resnet20(), normal({2048, 32, 32, 3}), integers({2048}, 10), 128, SGD{.learning_rate = 0.1, .momentum = 0.9}, ce};
  if (name == "lstm") {
    const LayerOutput x = Input({100, 128});
    return {Model(x, x | LSTM{.units = 128} | Dense{.units = 1}, {}, run), normal({4096, 100, 128}), integers({4096, 1}, 2), 64, Adam{}, bce};
  }
  if (name == "imdb_lstm") {
    const LayerOutput x = Input({80}, {.dtype = DType::int32});
    return {Model(x, x | Embedding{.input_dim = 20000, .output_dim = 128} | LSTM{.units = 128} | Dense{.units = 1}, {}, run),
            integers({8192, 80}, 20000), integers({8192, 1}, 2), 32, Adam{}, bce};
  }
  std::fprintf(stderr, "no workload '%s'\n", name.c_str());
  std::exit(2);
}
