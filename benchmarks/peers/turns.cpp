// Strata as a contestant in the peers' benchmark: trains one workload and speaks its line protocol. One JSON object when
// ready; then, for every line `turn`, one JSON line with the milliseconds per step of one window (one epoch of fit).
//
//     python compare.py --workloads mlp --contestant "strata=build/bin/turns {workload} {threads}" --out results.json
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>
#include <string>
#include <thread>

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

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

double seconds_since_exec() {
  std::ifstream stat("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(stat)), {});
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 3; i < 22; ++i) fields >> skipped;
  double started = 0, up = 0;
  fields >> started;
  std::ifstream("/proc/uptime") >> up;
  return up - started / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// Round trip of a cache line between the first two cores, in nanoseconds: which of a virtual machine's states this is.
double core_latency_ns() {
  constexpr int chunks = 12, trips = 500;
  alignas(128) std::atomic<int> flag{0};
  const auto pin = [](int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
  };
  double best = 1e9;
  std::thread answer([&] {
    pin(1);
    for (int i = 0; i < chunks * trips; ++i) {
      while (flag.load(std::memory_order_acquire) != 2 * i + 1) {}
      flag.store(2 * i + 2, std::memory_order_release);
    }
  });
  std::thread ask([&] {
    pin(0);
    for (int chunk = 0, i = 0; chunk < chunks; ++chunk) {
      const auto begin = Clock::now();
      for (const int end = i + trips; i < end; ++i) {
        flag.store(2 * i + 1, std::memory_order_release);
        while (flag.load(std::memory_order_acquire) != 2 * i + 2) {}
      }
      best = std::min(best, seconds_since(begin) / trips);
    }
  });
  ask.join();
  answer.join();
  return best * 1e9;
}

double cpu_of_machine() {  // seconds that all processes together have used
  std::ifstream stat("/proc/stat");
  std::string name;
  double user = 0, nice = 0, system = 0;
  stat >> name >> user >> nice >> system;
  return (user + nice + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}
double cpu_of_process() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  return static_cast<double>(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + static_cast<double>(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6;
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

struct Workload {
  Model model;
  Tensor x, y;
  std::int64_t batch;
  Optimizer optimizer;
  Loss loss;
};

LayerOutput conv_bn(LayerOutput x, int filters, int size, int stride) {
  return x | Conv2D{.filters = filters, .kernel_size = size, .strides = stride, .padding = "same", .use_bias = false} | BatchNormalization{};
}

Model resnet20() {
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

Workload make(const std::string& name, RunOptions run) {
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

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: turns WORKLOAD [THREADS]\n");
    return 2;
  }
  Workload w = make(argv[1], {.threads = argc > 2 ? std::atoi(argv[2]) : 0});
  w.model.compile({.optimizer = w.optimizer, .loss = w.loss});
  const auto first = [&](std::int64_t rows) { return std::pair(w.x.rows(0, rows), w.y.rows(0, rows)); };
  const auto epoch = [&](std::int64_t steps) {
    const auto [x, y] = first(steps * w.batch);
    const auto begin = Clock::now();
    const History h = w.model.fit(x, y, {.batch_size = w.batch, .verbose = 0});
    return std::pair(seconds_since(begin) / static_cast<double>(steps), h["loss"].back());
  };
  epoch(1);
  const double first_step = seconds_since_exec();
  const std::int64_t most = w.x.dim(0) / w.batch;
  double step = epoch(std::min<std::int64_t>(most, 8)).first;
  step = epoch(std::min<std::int64_t>(most, 16)).first;
  const std::int64_t steps = std::clamp<std::int64_t>(static_cast<std::int64_t>(1.0 / step), 1, most);
  epoch(steps);
  std::printf("{\"framework\": \"strata\", \"parameters\": %lld, \"first_step_s\": %.3f}\n",
              static_cast<long long>(w.model.summary().trainable_params), first_step);
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line) && line == "turn";) {
    const double near_before = core_latency_ns();
    const double machine = cpu_of_machine(), mine = cpu_of_process();
    const auto begin = Clock::now();
    const auto [seconds, loss] = epoch(steps);
    const double wall = seconds_since(begin);
    const double other = std::max(0.0, cpu_of_machine() - machine - (cpu_of_process() - mine)) / wall;
    std::printf("[{\"loop\": \"fit\", \"name\": \"default\", \"steps\": %lld, \"ms\": %.5f, \"loss\": %.6f, \"core_ns\": [%.0f, %.0f], \"other_cpu\": %.3f}]\n",
                static_cast<long long>(steps), seconds * 1e3, loss, near_before, core_latency_ns(), other);
    std::fflush(stdout);
  }
}
