#include <strata/loss.h>
#include <strata/losses/sparse_categorical_crossentropy.h>
#include "tests/train/golden.h"

namespace strata {
namespace {

const Golden& golden_losses() {
  static const Golden file("losses");
  return file;
}

TEST(Losses, what_is_not_there_is_named_here) {
  EXPECT_THAT(classes_missing(golden_losses(), Loss::kind), testing::UnorderedElementsAre("CTC"));
}

TEST(Losses, values_and_gradients_are_those_of_keras) {
  for (const std::string& name : golden_losses().cases()) {
    const ObjectConfig object = golden_losses().object(name);
    if (!find_component(Loss::kind, object.name)) continue;
    Loss loss;
    loss.assign(object);
    const std::vector<Tensor> inputs = {golden_losses().at(name + "/y_true"), golden_losses().at(name + "/y_pred"), golden_losses().find(name + "/sample_weight"),
                                        golden_losses().find(name + "/mask")};
    const auto got = run(inputs, [&](const std::vector<Value>& v) -> std::vector<Value> {
      const Value value = loss(v[0], v[1], v[2], v[3]);
      const Value total = value.rank() ? sum(value) : value;
      return {value, gradients(total, {v[1]})[0]};
    });
    expect_close(got[0], golden_losses().at(name + "/value"), name + " value");
    expect_close(got[1], golden_losses().at(name + "/gradient"), name + " gradient");
  }
}

TEST(Losses, an_ignored_class_leaves_no_nan_in_the_gradient) {
  const Tensor labels = Tensor::of<std::int64_t>({3}, {0, 255, 1});
  const Tensor p = Tensor::of<double>({3, 2}, {0.25, 0.75, 0, 0, 0.5, 0.5});
  const Loss loss = losses::SparseCategoricalCrossentropy{.ignore_class = 255};
  const auto got = run({labels, p}, [&](const std::vector<Value>& v) -> std::vector<Value> {
    const Value value = loss(v[0], v[1]);
    return {value, gradients(value, {v[1]})[0]};
  });
  EXPECT_NEAR(got[0].at(0), (std::log(4.0) + std::log(2.0)) / 2, 1e-12);
  EXPECT_EQ(got[1].at(2), 0);
  EXPECT_EQ(got[1].at(3), 0);
}

TEST(Losses, shapes_that_do_not_fit_name_both) {
  const auto message = [](const char* name, std::vector<std::int64_t> y_true, std::vector<std::int64_t> y_pred) -> std::string {
    try {
      run({Tensor(DType::float64, y_true), Tensor(DType::float64, y_pred)}, [&](const std::vector<Value>& v) -> std::vector<Value> {
        return {Loss(name)(v[0], v[1])};
      });
    } catch (const Error& e) {
      return std::string(e.what()) + " / " + e.hint();
    }
    return "";
  };
  EXPECT_EQ(message("sparse_categorical_crossentropy", {5, 3}, {5, 3}),
            "the loss SparseCategoricalCrossentropy needs one class number per prediction (5, 3), received targets (5, 3) / "
            "one-hot targets go with categorical_crossentropy");
  EXPECT_EQ(message("categorical_crossentropy", {5}, {5, 3}),
            "the loss CategoricalCrossentropy needs targets of the shape of the predictions (5, 3), received (5,) / "
            "class numbers go with sparse_categorical_crossentropy");
}

TEST(Losses, are_found_by_keras_spellings) {
  for (const char* name : {"mse", "MSE", "mean_squared_error", "MeanSquaredError", "meansquarederror"})
    EXPECT_EQ(Loss(name).name(), "MeanSquaredError") << name;
  EXPECT_EQ(Loss("bce").name(), "BinaryCrossentropy");
  EXPECT_EQ(Loss("KLD").name(), "KLDivergence");
  EXPECT_EQ(Loss("mape").name(), "MeanAbsolutePercentageError");
  EXPECT_EQ(Loss("MSLE").name(), "MeanSquaredLogarithmicError");
}

}  // namespace
}  // namespace strata
