#include "cli/program.h"

namespace strata {

using testing::AllOf;
using testing::HasSubstr;

TEST(Command, HelpAndVersionOpenNothing) {
  const Workplace w;
  const Finished help = w.run({"--help"});
  EXPECT_EQ(help.code, 0);
  for (const char* verb : {"train", "evaluate", "predict", "summary", "validate", "describe", "convert", "time", "explain", "devices", "version"}) EXPECT_THAT(help.out, HasSubstr(verb));
  EXPECT_EQ(w.run({"train", "--help"}).code, 0);
  EXPECT_THAT(w.run({"version"}).out, testing::StartsWith("strata "));
  EXPECT_EQ(w.run({"version", "--json"}).json().count("version"), 1u);
}

TEST(Command, AWrongWordIsAnswered) {
  const Workplace w;
  Finished f = w.run({"trian", "mlp.yaml"});
  EXPECT_EQ(f.code, 2);
  EXPECT_THAT(f.err, AllOf(HasSubstr("unknown verb 'trian'"), HasSubstr("did you mean 'train'?")));
  f = w.run({"train", "mlp.yaml", "--epoch", "3"});
  EXPECT_EQ(f.code, 2);
  EXPECT_THAT(f.err, HasSubstr("did you mean '--epochs'?"));
  EXPECT_EQ(w.run({}).code, 2);
  EXPECT_EQ(w.run({"train"}).code, 2);
  EXPECT_EQ(w.run({"train", "mlp.yaml", "--epochs", "none"}).code, 2);
}

TEST(Command, ValidateFindsEveryError) {
  const Workplace w;
  EXPECT_EQ(w.run({"validate", "mlp.yaml"}).code, 0);
  w.text("bad.yaml", "model:\n  - Input: {shape: [6]}\n  - Dens: {units: 8}\n  - Dense: {units: 3, activatoin: relu}\n");
  const Finished f = w.run({"validate", "bad.yaml"});
  EXPECT_EQ(f.code, 2);
  EXPECT_THAT(f.err, AllOf(HasSubstr("bad.yaml:3:5: error:"), HasSubstr("did you mean 'Dense'?"), HasSubstr("bad.yaml:4:"), HasSubstr("2 errors")));
  const Finished j = w.run({"validate", "bad.yaml", "--json"});
  EXPECT_EQ(j.code, 2);
  EXPECT_EQ(j.json()["errors"].size(), 2u);
  EXPECT_EQ(j.json()["errors"][0]["line"], 3);
}

TEST(Command, ConvertGoesFromEveryFormToEveryOther) {
  const Workplace w;
  ASSERT_EQ(w.run({"train", "mlp.yaml", "--quiet", "--run-dir", "run"}).code, 0);
  const std::string expected = w.run({"predict", "run", "--x", "x.npy"}).out;
  for (const char* file : {"a.keras", "a.h5"}) {
    EXPECT_EQ(w.run({"convert", "run", file}).code, 0) << file;
    EXPECT_EQ(w.run({"predict", file, "--x", "x.npy"}).out, expected) << file;
  }
  EXPECT_EQ(w.run({"convert", "a.keras", "a.weights.h5"}).code, 0);
  for (const char* file : {"a.json", "a.yaml"}) {
    const Finished f = w.run({"convert", "a.keras", file});
    EXPECT_EQ(f.code, 0) << f.err;
    EXPECT_THAT(f.err, HasSubstr("weights stay behind")) << file;
    EXPECT_EQ(w.run({"predict", file, "--weights", "a.weights.h5", "--x", "x.npy"}).out, expected) << file;
  }
  EXPECT_EQ(w.run({"evaluate", "a.yaml", "--weights", "a.h5", "--x", "x.npy", "--y", "y.npy"}).code, 0);
  EXPECT_EQ(w.run({"convert", "a.weights.h5", "b.keras"}).code, 2);
  EXPECT_EQ(w.run({"convert", "a.keras", "b.txt"}).code, 2);
}

TEST(Command, TimeAndExplainTellOfEveryLayer) {
  const Workplace w;
  const auto time = w.run({"time", "mlp.yaml", "--json"}).json();
  EXPECT_GT(time["step_ms"], 0);
  for (const char* phase : {"forward_ms", "backward_ms", "update_ms"}) EXPECT_GT(time[phase], 0) << phase;
  EXPECT_THAT(w.run({"time", "mlp.yaml", "--batch-size", "8"}).out, AllOf(HasSubstr("dense"), HasSubstr("optimizer"), HasSubstr("ms a step")));
  const auto steps = w.run({"explain", "mlp.yaml", "--backend", "cpu", "--json"}).json()["steps"];
  ASSERT_GT(steps.size(), 3u);
  for (const auto& step : steps) EXPECT_FALSE(step["kernel"].get<std::string>().empty()) << step;
  EXPECT_THAT(w.run({"explain", "mlp.yaml"}).out, AllOf(HasSubstr("dense"), HasSubstr("matmul")));
}

TEST(Command, SummaryCountsParameters) {
  const Workplace w;
  const auto json = w.run({"summary", "mlp.yaml", "--json"}).json();
  EXPECT_EQ(json["total_params"], 6 * 8 + 8 + 4 * 8 + 8 * 3 + 3);
  EXPECT_EQ(json["non_trainable_params"], 16);
  EXPECT_EQ(json["layers"].back()["output_shape"], (nlohmann::ordered_json{nullptr, 3}));
  EXPECT_THAT(w.run({"summary", "mlp.yaml"}).out, AllOf(HasSubstr("dense (Dense)"), HasSubstr("(None, 8)"), HasSubstr("Total params: 115")));
}

TEST(Command, TrainLeavesARunThatEvaluatesAndPredicts) {
  const Workplace w;
  const Finished t = w.run({"train", "mlp.yaml", "--json"});
  ASSERT_EQ(t.code, 0) << t.err;
  const auto json = t.json();
  EXPECT_EQ(json["epochs"], 3);
  EXPECT_EQ(json["steps"], 30);
  EXPECT_EQ(json["history"]["val_loss"].size(), 3u);
  for (const char* file : {"spec.yaml", "history.csv", "metrics.jsonl", "model.keras", "best.keras", "choices.json", "versions.json"})
    EXPECT_TRUE(w.has(std::string("runs/mlp/1/") + file)) << file;

  const Finished e = w.run({"evaluate", "runs/mlp/1", "--json"});
  ASSERT_EQ(e.code, 0) << e.err;
  EXPECT_EQ(e.json().begin().key(), "loss");
  EXPECT_THAT(e.err, HasSubstr("data.test"));
  EXPECT_EQ(w.run({"evaluate", "runs/mlp/1/best.keras", "--x", "x.npy", "--y", "y.npy", "--batch-size", "16", "--json"}).out, e.out);
  EXPECT_EQ(w.run({"evaluate", "mlp.yaml", "--weights", "runs/mlp/1", "--json"}).out, e.out);

  EXPECT_EQ(w.run({"predict", "runs/mlp/1", "--out", "p/y.npy"}).code, 0);
  const Tensor y = read_npy(read_file(w / "p/y.npy", 1 << 20), "y.npy");
  EXPECT_EQ(y.shape(), (std::vector<std::int64_t>{200, 3}));
  EXPECT_EQ(y.dtype(), DType::float32);
  const Finished csv = w.run({"predict", "runs/mlp/1", "--x", "x.npy"});
  EXPECT_EQ(std::count(csv.out.begin(), csv.out.end(), '\n'), 200);
  EXPECT_EQ(w.run({"predict", "runs/mlp/1", "--classes", "--out", "c.npy"}).code, 0);
  EXPECT_EQ(read_npy(read_file(w / "c.npy", 1 << 20), "c.npy").dtype(), DType::int64);

  // The same spec again: another number, the same bytes.
  EXPECT_EQ(w.run({"train", "mlp.yaml", "--quiet"}).code, 0);
  EXPECT_EQ(w.read("runs/mlp/1/model.keras"), w.read("runs/mlp/2/model.keras"));
  EXPECT_EQ(w.read("runs/mlp/1/history.csv"), w.read("runs/mlp/2/history.csv"));
}

TEST(Command, ExitCodesSayWhatWentWrong) {
  const Workplace w;
  EXPECT_EQ(w.run({"evaluate", "mlp.yaml"}).code, 2);  // never trained
  EXPECT_EQ(w.run({"train", "missing.yaml"}).code, 2);
  EXPECT_EQ(w.run({"train", "mlp.yaml", "--x", "missing.npy", "--y", "y.npy"}).code, 3);
  w.text("broken.npy", "not an array");
  EXPECT_EQ(w.run({"train", "mlp.yaml", "--x", "broken.npy", "--y", "y.npy"}).code, 3);
  w.text("broken.keras", "not a zip");
  EXPECT_EQ(w.run({"evaluate", "broken.keras", "--x", "x.npy", "--y", "y.npy"}).code, 3);
  const Finished d = w.run({"train", "mlp.yaml", "--set", "compile.optimizer={SGD: {learning_rate: 1.0e38}}"});
  EXPECT_EQ(d.code, 4) << d.err;
  EXPECT_THAT(d.err, HasSubstr("the loss is "));
  ASSERT_EQ(w.run({"train", "mlp.yaml", "--run-dir", "mine"}).code, 0);
  const Finished again = w.run({"train", "mlp.yaml", "--run-dir", "mine", "--json"});
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.json()["errors"][0]["message"].get<std::string>(), HasSubstr("never overwritten"));
}

TEST(Command, OptionsReachTheSpecOfTheRun) {
  const Workplace w;
  ASSERT_EQ(w.run({"train", "mlp.yaml", "--epochs", "1", "--batch-size", "50", "--seed", "5", "--no-shuffle", "--run-dir", "r", "--out", "o/m.keras"}).code, 0);
  const std::string spec = w.read("r/spec.yaml");
  EXPECT_THAT(spec, AllOf(HasSubstr("epochs: 1"), HasSubstr("batch_size: 50"), HasSubstr("seed: 5"), HasSubstr("shuffle: false"), HasSubstr((w / "x.npy").string())));
  EXPECT_EQ(w.read("o/m.keras"), w.read("r/model.keras"));
  // A model file trains on from its weights, optimizer and step count.
  const Finished on = w.run({"train", "o/m.keras", "--x", "x.npy", "--y", "y.npy", "--epochs", "1", "--run-dir", "on", "--json"});
  ASSERT_EQ(on.code, 0) << on.err;
  EXPECT_LT(on.json()["history"]["loss"][0].get<double>(), 1.2);
}

TEST(Command, AClosedPipeEndsQuietly) {
  const Workplace w;
  ASSERT_EQ(w.run({"train", "mlp.yaml", "--run-dir", "r", "--epochs", "1"}).code, 0);
  const std::string shell = "cd " + w.path().string() + " && { " STRATA_PROGRAM " describe 2>err; echo $? >code; } | true; sleep 0.2";
  ASSERT_EQ(std::system(shell.c_str()), 0);
  EXPECT_EQ(w.read("code"), "0\n");
  EXPECT_EQ(w.read("err"), "");
}

}  // namespace strata
