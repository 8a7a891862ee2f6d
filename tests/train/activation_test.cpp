#include <strata/activation.h>
#include "tests/train/golden.h"

namespace strata {
namespace {

const Golden& golden_activations() {
  static const Golden file("activations");
  return file;
}

// y and the gradient of sum(y * dy).
std::vector<Tensor> run_activation(const Activation& activation, const Tensor& x, const Tensor& dy) {
  return run({x, dy}, [&](const std::vector<Value>& v) -> std::vector<Value> {
    const Value y = activation(v[0]);
    return {y, gradients(sum(y * v[1]), {v[0]})[0]};
  });
}

Tensor ones(const std::vector<std::int64_t>& shape) {
  Tensor t(DType::float64, shape);
  for (std::int64_t i = 0; i < t.elements(); ++i) t.set(i, 1);
  return t;
}

// The first rows and columns of a matrix.
Tensor corner(const Tensor& t, const std::vector<std::int64_t>& shape) {
  Tensor c(DType::float64, shape);
  for (std::int64_t i = 0; i < shape[0]; ++i)
    for (std::int64_t j = 0; j < shape[1]; ++j) c.set(i * shape[1] + j, t.at(i * t.dim(1) + j));
  return c;
}

TEST(Activations, all_of_keras_are_there) {
  EXPECT_THAT(classes_missing(golden_activations(), Activation::kind), testing::IsEmpty());
  EXPECT_EQ(components(Activation::kind).size(), 30u);  // 32 names, two of them aliases
}

TEST(Activations, values_and_gradients_are_those_of_keras) {
  for (const std::string& name : golden_activations().cases()) {
    if (name.starts_with("sparsemax/")) continue;  // see below
    Activation activation;
    activation.assign(golden_activations().object(name));
    const Tensor& y = golden_activations().at(name + "/y");
    const auto got = run_activation(activation, golden_activations().at("x"), corner(golden_activations().at("dy"), y.shape()));
    expect_close(got[0], y, name + " y");
    expect_close(got[1], golden_activations().at(name + "/dx"), name + " dx");
    for (const std::string part : {"kinks", "extreme"}) {
      if (!golden_activations().has(name + "/" + part + "/y")) continue;
      const Tensor& x = golden_activations().at(part + "/x");
      const auto at = run_activation(activation, x, ones(x.shape()));
      expect_close(at[0], golden_activations().at(name + "/" + part + "/y"), name + " y at " + part);
      Tensor dx = golden_activations().at(name + "/" + part + "/dx").clone();
      if (name == "sparse_sigmoid/default" && part == "kinks")  // at -1 and 1 TensorFlow's 0, not JAX's 1/4
        for (const std::int64_t kink : {2, 7}) dx.set(kink, 0);
      expect_close(at[1], dx, name + " dx at " + part);
    }
  }
}

// The projection onto the simplex: what is inside lies one threshold below x, what is outside is 0 and x below the threshold.
TEST(Activations, sparsemax_is_the_nearest_point_of_the_simplex) {
  const Tensor& x = golden_activations().at("x");
  for (const std::int64_t axis : {-1, 0}) {
    Activation activation;
    activation.assign(ObjectConfig{"sparsemax", {{"axis", axis}}});
    const Tensor y = run_activation(activation, x, golden_activations().at("dy"))[0];
    for (std::int64_t line = 0; line < 6; ++line) {
      const auto at = [&](std::int64_t i) { return axis == 0 ? i * 6 + line : line * 6 + i; };
      double sum = 0, threshold = 0;
      for (std::int64_t i = 0; i < 6; ++i) {
        sum += y.at(at(i));
        if (y.at(at(i)) > 0) threshold = x.at(at(i)) - y.at(at(i));
      }
      EXPECT_NEAR(sum, 1, 1e-12);
      for (std::int64_t i = 0; i < 6; ++i) {
        if (y.at(at(i)) > 0) EXPECT_NEAR(x.at(at(i)) - y.at(at(i)), threshold, 1e-12);
        else EXPECT_LE(x.at(at(i)), threshold + 1e-12);
      }
    }
  }
}

}  // namespace
}  // namespace strata
