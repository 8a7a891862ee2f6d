// Files that real Keras wrote, and files for real Keras (tests/golden/make_files.py check DIR reads them).
#include <cstdlib>

#include "files/layer_models.h"
#include "src/files/keras_model.h"
#include "src/files/model_files.h"
#include "src/files/weights_h5.h"

namespace strata {
namespace {

struct Case { const char* name; Model (*build)(); };
const Case cases[] = {{"dense", dense_model}, {"branches", branches_model}, {"directions", directions_model}, {"attention", attention_model},
                      {"image", image_model}, {"signals", signals_model}};
// Files of one small model, each trained by another optimizer.
const char* const optimizers[] = {"accumulating", "adadelta", "adafactor", "adagrad", "adamax", "adamw",
                                  "ftrl",         "lamb",     "lion",      "loss_scaling", "muon", "nadam", "rmsprop", "schedule_free_adamw"};

double scaled_by(const Model& model, const char* variable) {
  const Variables& kept = model.state().optimizer->variables;
  return kept.read(*kept.find(variable)).at(0);
}

// `coarse`: what a few roundings to float16 may take away.
void expect_same_next_step(Model& model, const GoldenBatch& golden, double coarse = 0) {
  if (golden.loss_scale) {
    EXPECT_EQ(scaled_by(model, "loss_scale/dynamic_scale"), golden.loss_scale.at(0));
    EXPECT_EQ(scaled_by(model, "loss_scale/step_counter"), golden.loss_scale.at(1));
  }
  expect_near(predicted(model, golden), golden.before, 2e-6 + coarse);
  EXPECT_NEAR(*find_log(model.train_on_batch(golden.data), "loss"), golden.loss, (1e-5 + coarse) * std::max(1.0, golden.loss));
  expect_near(predicted(model, golden), golden.after, 1e-5 + coarse);
}

}  // namespace

TEST(KerasFiles, WeightsAndOptimizerOfAWeightsFileGoOnAsInKeras) {
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Model model = c.build();
    model.load_weights(golden_file(std::string(c.name) + ".weights.h5"));
    EXPECT_TRUE(model.state().warnings.empty());
    expect_same_next_step(model, golden_batch(c.name, model));
  }
}

TEST(KerasFiles, AModelFileIsReadWholeAndGoesOnAsInKeras) {
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Model model = read_model(golden_file(std::string(c.name) + ".keras"), on_reference());
    EXPECT_TRUE(model.state().compiled.has_value());
    EXPECT_EQ(model.name(), c.build().name());
    expect_same_next_step(model, golden_batch(c.name, model));
  }
}

// Keras -> here -> file -> here: nothing is lost on the way.
TEST(KerasFiles, WhatWasReadIsWrittenAndReadAgainToTheByte) {
  const TemporaryFolder folder;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const std::string name = std::string(c.name) + ".keras", copy = (folder / name).string();
    Model first = read_model(golden_file(name), on_reference());
    first.save(copy);
    Model second = read_model(copy, on_reference());
    EXPECT_EQ(model_file(first, copy), model_file(second, copy));
    expect_same_next_step(second, golden_batch(c.name, second));
  }
}

// Layers of an inner model are connected in the file as those of the outer one are.
TEST(KerasFiles, AFunctionalModelInsideAModelIsWrittenAndReadAgain) {
  const TemporaryFolder folder;
  const std::string file = (folder / "model.keras").string(), again = (folder / "again.keras").string();
  const auto a = Input({4}), b = Input({3}), c = Input({3});
  const auto deep = b | Dense{.units = 4, .name = "deep"} | Dense{.units = 4, .name = "deeper"};
  const Model middle(b, deep | Dense{.units = 3, .name = "wide"} | Dense{.units = 2}, {.name = "middle"}, on_reference());
  const auto h = c | Dense{.units = 3, .name = "first"};
  const Model outer(c, h | middle.as_layer() | Dense{.units = 2, .name = "last"}, {.name = "outer"}, on_reference());
  Model model(a, a | Dense{.units = 3} | outer.as_layer(), {.name = "whole"}, on_reference());
  model.save(file);
  const Model copy = read_model(file, on_reference());
  copy.save(again);
  EXPECT_EQ(model_file(read_model(again, on_reference()), again), model_file(copy, again));
  Tensor x(DType::float32, {5, 4});
  for (std::int64_t i = 0; i < x.elements(); ++i) x.set(i, static_cast<double>(i % 7) / 7);
  EXPECT_TRUE(same_bytes(copy.predict(x).columns()[0].second, model.predict(x).columns()[0].second));
}

TEST(KerasFiles, AnOldWholeModelFileIsReadAndWritten) {
  const TemporaryFolder folder;
  const std::string file = (folder / "copy.h5").string();
  Model model = read_model(std::string(STRATA_SOURCE_DIR) + "/tests/golden/io/keras_legacy.h5", on_reference());
  const auto weights = model.weights();
  EXPECT_EQ(weights.at("dense/kernel").at(5), 5);  // the numbers of tests/golden/make_io.py
  EXPECT_EQ(weights.at("dense_1/bias").at(0), 30);
  EXPECT_TRUE(model.state().compiled.has_value());
  EXPECT_TRUE(model.state().warnings.empty());
  model.save(file);
  EXPECT_EQ(model_file(read_model(file, on_reference()), file), model_file(model, file));
}

TEST(KerasFiles, EveryOptimizerGoesOnFromKerassFileAndFromOurs) {
  const char* keep = std::getenv("STRATA_INTEROP");
  const TemporaryFolder folder;
  for (const char* name : optimizers) {
    SCOPED_TRACE(name);
    const std::string file = "by_" + std::string(name), there = std::string(keep ? keep : folder.path().string()) + "/" + file;
    Model model = read_model(golden_file(file + ".keras"), on_reference());
    EXPECT_TRUE(model.state().warnings.empty());
    model.save(there + ".keras");
    model.save(there + ".weights.h5");
    expect_same_next_step(model, golden_batch(file, model));
    Model again = read_model(there + ".keras", on_reference());
    expect_same_next_step(again, golden_batch(file, again));
  }
}

// The policy wrapped the optimizer: the config names the one inside, and the variables are those of both.
TEST(KerasFiles, TheScaleThatAPolicyBringsGoesOnFromKerassFileAndFromOurs) {
  const char* keep = std::getenv("STRATA_INTEROP");
  const TemporaryFolder folder;
  const RunOptions run{.backend = "reference", .dtype = "mixed_float16"};
  const std::string file = "by_mixed_float16", there = std::string(keep ? keep : folder.path().string()) + "/" + file;
  Model model = read_model(golden_file(file + ".keras"), run);
  EXPECT_TRUE(model.state().warnings.empty());
  EXPECT_EQ(model.state().compiled->optimizer.name(), "Adam");
  model.save(there + ".keras");
  model.save(there + ".weights.h5");
  const H5Group ours = weights_tree(model);
  EXPECT_EQ(ours.find_group("optimizer/vars")->datasets.size(), 14u);
  EXPECT_EQ(ours.find_group("optimizer/inner_optimizer/vars")->datasets.size(), 10u);
  expect_same_next_step(model, golden_batch(file, model), 2e-3);
  Model again = read_model(there + ".keras", run);
  expect_same_next_step(again, golden_batch(file, again), 2e-3);
  // Without the policy there is no scale to go on with.
  const Model plain = read_model(there + ".keras", on_reference());
  ASSERT_EQ(plain.state().warnings.size(), 1u);
  EXPECT_NE(plain.state().warnings[0].find("mixed_float16"), std::string::npos) << plain.state().warnings[0];
}

// Left where STRATA_INTEROP says, for real Keras to read.
TEST(KerasFiles, FilesForKeras) {
  const char* keep = std::getenv("STRATA_INTEROP");
  const TemporaryFolder folder;
  for (const Case& c : cases) {
    Model model = c.build();
    model.load_weights(golden_file(std::string(c.name) + ".weights.h5"));
    for (const char* ending : {".keras", ".weights.h5", ".h5"}) {
      const std::string file = std::string(keep ? keep : folder.path().string()) + "/" + c.name + ending;
      model.save(file);
      Model again = c.build();
      again.load_weights(file);
      EXPECT_EQ(model_file(model, file), model_file(again, file));
    }
  }
}

}  // namespace strata
