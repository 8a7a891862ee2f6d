// One training step of the peers' workload `mlp` in a fresh process, on one batch. Prints the steady clock, in nanoseconds,
// at the end of the step: the clock is the machine's, so whoever started the process knows how long it took.
#include <chrono>
#include <cstdint>
#include <cstdio>

#include <strata/layers/core/dense.h>
#include <strata/losses/sparse_categorical_crossentropy.h>
#include <strata/model.h>
#include <strata/optimizers/adam.h>

using namespace strata;

int main() {
  Tensor x(DType::float32, {128, 784}), y(DType::int32, {128});
  std::uint32_t state = 1;  // values do not matter; that they are dense does
  for (float& value : x.values<float>()) value = static_cast<float>((state = state * 1664525u + 1013904223u) >> 8) * 0x1p-23f - 1;
  for (std::int32_t& value : y.values<std::int32_t>()) value = static_cast<std::int32_t>((state = state * 1664525u + 1013904223u) >> 16) % 10;

  const LayerOutput input = Input({784});
  Model model(input, input | Dense{.units = 512, .activation = "relu"} | Dense{.units = 512, .activation = "relu"} | Dense{.units = 10});
  model.compile({.optimizer = Adam{}, .loss = losses::SparseCategoricalCrossentropy{.from_logits = true}});
  const History history = model.fit(x, y, {.batch_size = 128, .epochs = 1, .verbose = 0});
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  std::printf("%lld\n", static_cast<long long>(std::chrono::nanoseconds(now).count()));
  return history["loss"].back() > 0 ? 0 : 1;
}
