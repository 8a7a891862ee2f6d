// Components that a program defines: from C++, by name, and from a spec through the program's own command line.
#include <cmath>

#include "cli/program.h"
#include "user/components.h"

#include <strata/layers/core/dense.h>
#include <strata/model.h>

namespace strata {
namespace {

using mine::Maxout;
using mine::QuantileLoss;
using mine::SignMomentum;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const RunOptions exact{.backend = "reference", .dtype = "float64"};

TEST(UserComponents, TrainAsBuiltInOnesDo) {
  const auto x = Input({2});
  Model m(x, x | Maxout{.units = 1, .pieces = 2, .name = "max"}, {}, exact);
  // y = max(x0 + x1, x0 - x1) = x0 + |x1|
  m.set_weights({{"max/kernel", Tensor::of<double>({2, 2}, {1, 1, 1, -1})}});
  const Tensor rows = Tensor::of<double>({2, 2}, {1, 2, 1, -3});
  const Tensor y = m.predict(rows).columns()[0].second;
  EXPECT_DOUBLE_EQ(y.at(0), 3);
  EXPECT_DOUBLE_EQ(y.at(1), 4);

  m.compile({.optimizer = SignMomentum{.learning_rate = 0.1}, .loss = QuantileLoss{.q = 0.25}});
  const Logs logs = m.train_on_batch({rows, Tensor::of<double>({2, 1}, {4, 2}), {}});  // errors 1 and -2
  EXPECT_DOUBLE_EQ(logs[0].second, (0.25 * 1 + 0.75 * 2) / 2);
  // d loss / dy is -1/8 for the first row, through the first piece, and 3/8 for the second, through the second.
  const auto weights = m.weights();
  const std::vector<double> kernel{1.1, 0.9, 1.1, -0.9}, bias{0.1, -0.1};
  for (std::int64_t i = 0; i < 4; ++i)
    EXPECT_NEAR(weights.at("max/kernel").at(i), kernel[static_cast<std::size_t>(i)], 1e-12) << i;
  for (std::int64_t i = 0; i < 2; ++i)
    EXPECT_NEAR(weights.at("max/bias").at(i), bias[static_cast<std::size_t>(i)], 1e-12) << i;
}

TEST(UserComponents, AreFoundByNameOnceRegistered) {
  mine::register_all();
  mine::register_all();  // again is no error
  EXPECT_EQ(find_component("layer", "Maxout"), (&component_type<Layer, Maxout>()));
  const Loss loss = "quantile_loss";
  EXPECT_NE(loss.as<QuantileLoss>(), nullptr);
  const Optimizer optimizer = "sign_momentum";
  EXPECT_NE(optimizer.as<SignMomentum>(), nullptr);
  Layer layer;
  layer.assign(Config(ObjectConfig{"Maxout", {{"units", 3}, {"pieces", 4}}}));
  EXPECT_EQ(layer.as<Maxout>()->pieces, 4);
  try {
    layer.assign(Config(ObjectConfig{"Maxout", {{"units", 3}, {"piece", 4}}}));
    ADD_FAILURE() << "no error";
  } catch (const Error& e) {
    EXPECT_THAT(std::string(e.what()) + e.hint(), AllOf(HasSubstr("piece"), HasSubstr("pieces")));
  }
}

// Every backend gives what the reference gives, without a line for it.
TEST(UserComponents, RunOnTheCpuBackend) {
  const auto make = [](const RunOptions& run) {
    const auto x = Input({5});
    Model m(x, x | Maxout{.units = 7, .pieces = 3, .name = "max"} | Dense{.units = 2, .name = "out"}, {}, run);
    m.compile({.optimizer = SignMomentum{}, .loss = QuantileLoss{.q = 0.9}});
    return m;
  };
  Tensor x(DType::float64, {9, 5}), y(DType::float64, {9, 2});
  for (std::int64_t i = 0; i < x.elements(); ++i) x.set(i, std::sin(static_cast<double>(7 * i + 1)));
  for (std::int64_t i = 0; i < y.elements(); ++i) y.set(i, std::cos(static_cast<double>(3 * i)));
  Model a = make(exact), b = make({.backend = "cpu", .dtype = "float64"});
  for (int k = 0; k < 4; ++k)
    EXPECT_NEAR(a.train_on_batch({x, y, {}})[0].second, b.train_on_batch({x, y, {}})[0].second, 1e-12);
  const auto found = b.weights();
  for (const auto& [path, t] : a.weights())
    for (std::int64_t i = 0; i < t.elements(); ++i) EXPECT_NEAR(found.at(path).at(i), t.at(i), 1e-12) << path;
}

class UserProgram : public testing::Test {
 protected:
  UserProgram() {
    w.text("mine.yaml", R"(name: mine
model:
  - Input: {shape: [6]}
  - Maxout: {units: 5, pieces: 3, name: max}
  - Dense: {units: 1}
compile: {optimizer: {SignMomentum: {learning_rate: 0.02}}, loss: {QuantileLoss: {q: 0.7}}}
data: {train: {x: x.npy, y: y.npy}}
fit: {epochs: 4, batch_size: 16}
run: {backend: cpu}
)");
  }
  Workplace w;
};

TEST_F(UserProgram, DescribesItsComponents) {
  const Finished d = w.run({"describe", "Maxout"});
  ASSERT_EQ(d.code, 0) << d.err;
  EXPECT_THAT(d.out, AllOf(HasSubstr("Maxout"), HasSubstr("The largest of several affine maps."), HasSubstr("pieces"),
                           HasSubstr("How many maps compete for each unit.")));
  EXPECT_THAT(w.run({"describe"}).out,
              AllOf(HasSubstr("Maxout"), HasSubstr("QuantileLoss"), HasSubstr("SignMomentum"), HasSubstr("Conv2D")));
}

TEST_F(UserProgram, ChecksASpecThatNamesThem) {
  EXPECT_EQ(w.run({"validate", "mine.yaml"}).code, 0);
  w.text("bad.yaml",
         "model:\n  - Input: {shape: [6]}\n  - Maxout: {unit: 5}\n  - Maxuot: {units: 5}\n  - Maxout: {units: 0}\n");
  const Finished f = w.run({"validate", "bad.yaml"});
  EXPECT_EQ(f.code, 2);
  EXPECT_THAT(f.err, AllOf(HasSubstr("bad.yaml:3:14: error:"), HasSubstr("did you mean 'units'?"),
                           HasSubstr("did you mean 'Maxout'?"), HasSubstr("bad.yaml:5:")));
}

TEST_F(UserProgram, TrainsSavesAndUsesAModelOfThem) {
  const Finished t = w.run({"train", "mine.yaml", "--json"});
  ASSERT_EQ(t.code, 0) << t.err;
  const auto loss = t.json()["history"]["loss"];
  EXPECT_LT(loss.back().get<double>(), loss.front().get<double>());
  // The file names the classes; this program knows them.
  const Finished e = w.run({"evaluate", "runs/mine/1/model.keras", "--x", "x.npy", "--y", "y.npy", "--json"});
  ASSERT_EQ(e.code, 0) << e.err;
  const auto same =
      w.run({"evaluate", "mine.yaml", "--weights", "runs/mine/1", "--x", "x.npy", "--y", "y.npy", "--json"}).json();
  EXPECT_NEAR(e.json()["loss"].get<double>(), same["loss"].get<double>(),
              1e-6);  // the spec has a batch size of its own
  EXPECT_EQ(w.run({"predict", "runs/mine/1", "--x", "x.npy", "--out", "p.npy"}).code, 0);
  EXPECT_EQ(
      w.run({"train", "runs/mine/1/model.keras", "--x", "x.npy", "--y", "y.npy", "--epochs", "1", "--run-dir", "on"})
          .code,
      0);
}

}  // namespace
}  // namespace strata
