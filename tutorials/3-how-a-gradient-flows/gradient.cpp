#include <cstdio>
#include <strata/layers/core/dense.h>
#include <strata/optimizers/sgd.h>
#include <strata/step.h>

using namespace strata;

const Tensor x = Tensor::of<double>({1, 2}, {1, 2}), target = Tensor::of<double>({1, 1}, {1});
const Tensor W = Tensor::of<double>({2, 2}, {0.5, -1, 1, 0.5}), b = Tensor::of<double>({2}, {0.5, -0.5});
const Tensor v = Tensor::of<double>({2, 1}, {1, 2}), c = Tensor::of<double>({1}, {-1});

// The network in operations; its values and, by gradients(), the slope of the loss along each of them.
void flow(StepScope& s) {
  const Value in = s.input("x", {2}, DType::float64), t = s.input("t", {1}, DType::float64);
  const Value w = constant(in, W), u = constant(in, v), bias = constant(in, b), out_bias = constant(in, c);
  const Value z = matmul(in, w) + bias;
  const Value h = relu(z);
  const Value y = matmul(h, u) + out_bias;
  const Value loss = mean(square(y - t));

  const auto report = [&](const std::string& name, Value value, int elements) {
    for (int i = 0; i < elements; ++i)
      s.report(name + (elements > 1 ? std::to_string(i + 1) : ""), sum(take(reshape(value, {-1}), 0, i)));
  };
  report("z", z, 2), report("h", h, 2), report("y", y, 1), report("loss", loss, 1);
  const auto slope = gradients(loss, {y, out_bias, u, h, z, bias, w});
  report("dy", slope[0], 1), report("dc", slope[1], 1), report("dv", slope[2], 2), report("dh", slope[3], 2);
  report("dz", slope[4], 2), report("db", slope[5], 2), report("dW", slope[6], 4);
}

int main() {
  Step step(flow, {.dtype = "float64"});
  for (const auto& [name, value] : step({{"x", x}, {"t", target}})) std::printf("%-4s %g\n", name.c_str(), value);

  // The same network as layers, and one step of training.
  auto input = Input({2});
  auto hidden = input | Dense{.units = 2, .activation = "relu", .name = "hidden"};
  Model model(input, hidden | Dense{.units = 1, .name = "out"}, {}, {.dtype = "float64"});
  model.set_weights({{"hidden/kernel", W}, {"hidden/bias", b}, {"out/kernel", v}, {"out/bias", c}});
  model.compile({.optimizer = SGD{.learning_rate = 0.01}, .loss = "mse"});
  std::printf("loss before the step %.4f\n", model.evaluate(x, target)[0].second);
  model.train_on_batch({x, target, {}});
  std::printf("loss after the step  %.4f\n", model.evaluate(x, target)[0].second);
  for (const auto& [path, tensor] : model.weights()) {
    std::printf("%-13s", path.c_str());
    for (std::int64_t i = 0; i < tensor.elements(); ++i) std::printf(" %6.3f", tensor.at(i));
    std::printf("\n");
  }
}
