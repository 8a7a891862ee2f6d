#include "benchmarks/peers/workloads.h"

#include <functional>
#include <random>

#include <strata/error.h>
#include <strata/losses/binary_crossentropy.h>
#include <strata/losses/sparse_categorical_crossentropy.h>
#include <strata/optimizers/adam.h>
#include <strata/optimizers/adamw.h>
#include <strata/optimizers/sgd.h>

#include "benchmarks/peers/models.h"

namespace strata::peers {
namespace {

struct Row {
  const char* name;
  std::function<Workload(RunOptions)> make;
};

Workload trained(Model model, Tensor x, Tensor y, std::int64_t batch, Optimizer optimizer, Loss loss) {
  model.compile({.optimizer = std::move(optimizer), .loss = std::move(loss)});
  return {std::move(model), std::move(x), std::move(y), batch};
}
Workload called(Model model, std::vector<std::int64_t> shape) {
  const std::int64_t batch = shape[0];
  return {std::move(model), normal(std::move(shape)), {}, batch};
}

const std::vector<Row>& rows() {
  static const Loss ce = losses::SparseCategoricalCrossentropy{.from_logits = true}, bce = losses::BinaryCrossentropy{.from_logits = true};
  const auto mlp = [](std::int64_t batch) {
    return [batch](RunOptions run) {
      return trained(multilayer_perceptron(784, 512, 10, run), normal({61440, 784}), integers({61440}, 10), batch, Adam{}, ce);
    };
  };
  static const std::vector<Row> all = {
      {"mlp", mlp(128)},
      {"mlp_b32", mlp(32)},
      {"mnist_cnn", [](RunOptions run) { return trained(mnist_cnn(run), normal({16384, 28, 28, 1}), integers({16384}, 10), 128, Adam{}, ce); }},
      {"resnet20", [](RunOptions run) {
         return trained(resnet20(run), normal({2048, 32, 32, 3}), integers({2048}, 10), 128, SGD{.learning_rate = 0.1, .momentum = 0.9}, ce);
       }},
      {"lstm", [](RunOptions run) { return trained(lstm_classifier(run), normal({4096, 100, 128}), integers({4096, 1}, 2), 64, Adam{}, bce); }},
      {"imdb_lstm", [](RunOptions run) { return trained(imdb_lstm(run), integers({8192, 80}, 20000), integers({8192, 1}, 2), 32, Adam{}, bce); }},
      {"tiny_gpt", [](RunOptions run) {
         return trained(tiny_gpt(run), integers({1536, 64}, 65), integers({1536, 64}, 65), 12, AdamW{.weight_decay = 0.01}, ce);
       }},
      {"tabular", [](RunOptions run) {
         return trained(multilayer_perceptron(28, 256, 1, run), normal({102400, 28}), integers({102400, 1}, 2), 256, Adam{}, bce);
       }},
      {"infer_mlp", [](RunOptions run) { return called(multilayer_perceptron(784, 512, 10, run), {1, 784}); }},
      {"infer_mnist_cnn", [](RunOptions run) { return called(mnist_cnn(run), {1, 28, 28, 1}); }},
      {"infer_resnet50", [](RunOptions run) { return called(resnet50(run), {1, 224, 224, 3}); }},
      {"infer_resnet50_b32", [](RunOptions run) { return called(resnet50(run), {32, 224, 224, 3}); }},
      {"infer_mobilenet_v2", [](RunOptions run) { return called(mobilenet_v2(run), {1, 224, 224, 3}); }},
  };
  return all;
}

}  // namespace

std::vector<std::string> workload_names() {
  std::vector<std::string> names;
  for (const Row& row : rows()) names.push_back(row.name);
  return names;
}

Workload make_workload(const std::string& name, RunOptions run) {
  std::string known;
  for (const Row& row : rows()) {
    if (name == row.name) return row.make(std::move(run));
    known += (known.empty() ? "" : ", ") + std::string(row.name);
  }
  throw Error(ErrorKind::spec, "no workload '" + name + "'; there are " + known);
}

Tensor normal(std::vector<std::int64_t> shape) {
  Tensor t(DType::float32, std::move(shape));
  std::mt19937 random(0);
  std::normal_distribution<float> draw;
  for (float& x : t.values<float>()) x = draw(random);
  return t;
}

Tensor integers(std::vector<std::int64_t> shape, int below) {
  Tensor t(DType::int32, std::move(shape));
  std::mt19937 random(1);
  for (std::int32_t& x : t.values<std::int32_t>()) x = static_cast<std::int32_t>(random() % static_cast<unsigned>(below));
  return t;
}

}  // namespace strata::peers
