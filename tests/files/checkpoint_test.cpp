#include "src/files/checkpoint.h"

#include <nlohmann/json.hpp>

#include <strata/callbacks/early_stopping.h>
#include "files/models.h"
#include "src/files/model_files.h"
#include "src/io/manifest.h"

namespace strata {
namespace {

Dataset rows() {
  Tensor x(DType::float32, {50, 3}), y(DType::float32, {50, 1});
  for (std::int64_t i = 0; i < x.elements(); ++i) x.set(i, static_cast<double>((i * 37) % 19) / 19 - 0.5);
  for (std::int64_t i = 0; i < 50; ++i) y.set(i, x.at(3 * i) - x.at(3 * i + 2));
  return {x, y, {}};
}

FitArguments arguments() { return {.batch_size = 8, .epochs = 4, .verbose = 0, .callbacks = {}, .validation_split = 0.2, .validation_data = {}, .shuffle = true, .class_weight = {}}; }

Bytes trained_without_a_break(const FitArguments& how = arguments(), History* history = nullptr) {
  Model model = dense_model();
  const History h = model.fit(rows(), how);
  if (history) *history = h;
  return model_file(model, "a.keras");
}

// Stops after `step` steps and leaves a checkpoint there.
void stop_after(const std::filesystem::path& folder, std::int64_t step, const FitArguments& how = arguments()) {
  Model model = dense_model();
  Fit fit(model, rows(), how);
  fit.pause = [&](Fit& f) { return f.step() == step; };
  fit.run();
  ASSERT_FALSE(fit.done());
  write_checkpoint(folder, fit);
}

std::string resume(const std::filesystem::path& folder, Bytes* end, History* history = nullptr, const FitArguments& how = arguments()) {
  std::string said;
  Model model = dense_model();
  Fit fit(model, rows(), how);
  restore_checkpoint(folder, fit, [&](const std::string& line) { said += line + "\n"; });
  const History h = fit.run();
  if (history) *history = h;
  *end = model_file(model, "a.keras");
  return said;
}

}  // namespace

TEST(Checkpoint, AResumedRunEndsInTheSameBytes) {
  History whole;
  const Bytes expected = trained_without_a_break(arguments(), &whole);
  for (const std::int64_t step : {1, 3, 5, 7, 11, 20}) {  // 5 steps an epoch: also between an epoch's last step and its end
    const TemporaryFolder folder;
    stop_after(folder.path(), step);
    Bytes end;
    History history;
    EXPECT_EQ(resume(folder.path(), &end, &history), "");
    EXPECT_EQ(end, expected) << "stopped after step " << step;
    EXPECT_EQ(history.epoch, (std::vector<int>{0, 1, 2, 3}));
    EXPECT_EQ(history.history, whole.history) << "stopped after step " << step;
  }
}

TEST(Checkpoint, ACallbacksArraysAreInIt) {
  // The first epoch is the best one: training stops after the fourth, and its weights come back.
  FitArguments how = arguments();
  const auto callback = [] { return std::vector<Callback>{EarlyStopping{.monitor = "loss", .patience = 3, .mode = "max", .restore_best_weights = true}}; };
  how.epochs = 9;
  how.callbacks = callback();
  History whole;
  const Bytes expected = trained_without_a_break(how, &whole);
  ASSERT_EQ(whole.epoch.size(), 4u);
  how.callbacks = {EarlyStopping{.monitor = "loss", .patience = 3, .mode = "max"}};
  ASSERT_NE(trained_without_a_break(how), expected);
  for (const std::int64_t step : {5, 8, 14, 20}) {
    const TemporaryFolder folder;
    how.callbacks = callback();
    stop_after(folder.path(), step, how);
    Bytes end;
    History history;
    how.callbacks = callback();
    EXPECT_EQ(resume(folder.path(), &end, &history, how), "");
    EXPECT_EQ(end, expected) << "stopped after step " << step;
    EXPECT_EQ(history.history, whole.history);
  }
}

TEST(Checkpoint, OtherRowsOrBatchesAreRefused) {
  const TemporaryFolder folder;
  stop_after(folder.path(), 3);
  const auto refusal = [&](Dataset data, const FitArguments& how) {
    std::string said;
    Model model = dense_model();
    Fit fit(model, std::move(data), how);
    EXPECT_THAT(error_of([&] { restore_checkpoint(folder.path(), fit, [&](const std::string& line) { said += line; }); }),
                testing::HasSubstr("none of its 1 checkpoints can be used"));
    return said;
  };
  Dataset other = rows();
  Tensor x = other.x.columns()[0].second.clone();
  x.set(7, 0.25);
  other.x = x;
  EXPECT_THAT(refusal(other, arguments()), testing::ContainsRegex("train x:input_layer was float32 \\(40, 3\\) xxh3 [0-9a-f]+, is float32 \\(40, 3\\) xxh3"));
  FitArguments how = arguments();
  how.batch_size = 10;
  how.validation_split = 0.3;
  EXPECT_THAT(refusal(rows(), how), testing::AllOf(testing::HasSubstr("batch_size was 8, is 10"), testing::HasSubstr("validation y:dense_1 was")));
}

// --- kernel choices ----------------------------------------------------------------------------------------------------------

namespace {

Model dense_model_on_cpu() {
  const auto x = Input({3});
  Model model(x, x | Dense{.units = 4, .activation = "relu"} | Dense{.units = 2}, {.name = "on_cpu"}, {.backend = "cpu"});
  model.compile({.optimizer = Adam{.learning_rate = 0.01}, .loss = "mse"});
  return model;
}
Dataset rows_of_two() {
  Dataset data = rows();
  Tensor y(DType::float32, {50, 2});
  for (std::int64_t i = 0; i < y.elements(); ++i) y.set(i, static_cast<double>(i % 7) / 7);
  data.y = y;
  return data;
}

// Edits the newest checkpoint's choices as a person might, who then mends the manifest.
void edit_choices(const std::filesystem::path& folder, const std::function<void(nlohmann::ordered_json&)>& edit) {
  const auto directory = checkpoints_in(folder).at(0);
  std::vector<NamedBytes> files = read_with_manifest(directory, 1 << 24);
  for (NamedBytes& file : files)
    if (file.name == "choices.json") {
      auto json = nlohmann::ordered_json::parse(as_text(file.bytes));
      edit(json);
      file.bytes = to_bytes(json.dump());
    }
  std::filesystem::remove_all(directory);
  write_with_manifest(directory, std::move(files));
}

struct Resumed {
  std::vector<std::string> warnings;
  Choices choices;
};
Resumed resumed_on_cpu(const std::filesystem::path& folder) {
  Resumed r;
  Model model = dense_model_on_cpu();
  model.state().choices->warn = [&](const std::string& line) { r.warnings.push_back(line); };
  Fit fit(model, rows_of_two(), arguments());
  restore_checkpoint(folder, fit, [](const std::string& line) { ADD_FAILURE() << line; });
  fit.run();
  EXPECT_TRUE(fit.done());
  r.choices = model.state().choices->made();
  return r;
}

// A checkpoint after the second epoch; its choices.
Choices checkpoint_on_cpu(const std::filesystem::path& folder) {
  Model model = dense_model_on_cpu();
  Fit fit(model, rows_of_two(), arguments());
  fit.pause = [](Fit& f) { return f.step() == 11; };
  fit.run();
  write_checkpoint(folder, fit);
  return model.state().choices->made();
}

// A product alone, without an epilogue: the gradient of a kernel.
std::string a_product(const Choices& choices) {
  for (const auto& [region, kernel] : choices)
    if (region.find(": matmul[transpose_a=1](x0,x1) -> %0") != region.npos) return region;
  ADD_FAILURE() << "no product alone in " << testing::PrintToString(choices);
  return "";
}

}  // namespace

TEST(Checkpoint, AResumeTakesTheKernelsThatWereRecorded) {
  const TemporaryFolder folder;
  const Choices usual = checkpoint_on_cpu(folder.path());
  const std::string region = a_product(usual);
  const Resumed same = resumed_on_cpu(folder.path());
  EXPECT_THAT(same.warnings, testing::IsEmpty());
  EXPECT_EQ(same.choices, usual);

  const std::string other = usual.at(region) == "openblas gemm" ? "reference matmul" : "openblas gemm";
  edit_choices(folder.path(), [&](auto& json) { json["kernels"][region] = other; });
  const Resumed changed = resumed_on_cpu(folder.path());
  EXPECT_THAT(changed.warnings, testing::IsEmpty());
  EXPECT_EQ(changed.choices.at(region), other);
}

TEST(Checkpoint, AKernelThatIsNotThereIsNamedAndTheUsualOneRuns) {
  const TemporaryFolder folder;
  const Choices usual = checkpoint_on_cpu(folder.path());
  const std::string region = a_product(usual);
  edit_choices(folder.path(), [&](auto& json) { json["kernels"][region] = "tensor cores"; });
  const Resumed r = resumed_on_cpu(folder.path());
  EXPECT_THAT(r.warnings, testing::ElementsAre("the recorded kernel 'tensor cores' is not to be had here for the region '" + region + "'; '" +
                                               usual.at(region) + "' runs instead: bits may differ"));
  EXPECT_EQ(r.choices, usual);
}

TEST(Checkpoint, KernelsOfAnotherBackendAreLeftAloneAndSaidSo) {
  const TemporaryFolder folder;
  checkpoint_on_cpu(folder.path());
  edit_choices(folder.path(), [&](auto& json) { json["backend"] = "cuda"; });
  EXPECT_THAT(resumed_on_cpu(folder.path()).warnings, testing::ElementsAre(testing::HasSubstr("are those of the backend 'cuda', this run is on 'cpu': they are not used")));
}

TEST(Checkpoint, EveryDamageIsFoundAndTheOlderOneIsTaken) {
  const Bytes expected = trained_without_a_break();
  for (const char* file : {"model.weights.h5", "state.h5", "position.json", "choices.json", "MANIFEST"}) {
    const TemporaryFolder folder;
    stop_after(folder.path(), 3);
    stop_after(folder.path(), 8);
    const auto newest = checkpoints_in(folder.path()).at(0);
    Bytes bytes = read_file(newest / file, 1 << 20);
    bytes[bytes.size() / 2] ^= std::byte{1};
    write_atomically(newest / file, bytes);
    Bytes end;
    EXPECT_THAT(resume(folder.path(), &end), testing::HasSubstr("checkpoint step-0000000008 cannot be used: ")) << file;
    EXPECT_EQ(end, expected);
    std::filesystem::remove(newest / file);
    EXPECT_THAT(resume(folder.path(), &end), testing::HasSubstr(file));
  }
}

TEST(Checkpoint, NoGoodOneIsAnErrorAndNeverAFreshStart) {
  const TemporaryFolder folder;
  stop_after(folder.path(), 3);
  write_atomically(checkpoints_in(folder.path()).at(0) / "state.h5", as_bytes("nothing"));
  Bytes end;
  EXPECT_THAT(error_of([&] { resume(folder.path(), &end); }), testing::HasSubstr("none of its 1 checkpoints can be used"));
}

TEST(Checkpoint, OldOnesGo) {
  const TemporaryFolder folder;
  Model model = dense_model();
  Fit fit(model, rows(), arguments());
  fit.pause = [&](Fit& f) {
    write_checkpoint(folder.path(), f, 2);
    return false;
  };
  fit.run();
  std::vector<std::string> names;
  for (const auto& path : checkpoints_in(folder.path())) names.push_back(path.filename().string());
  EXPECT_THAT(names, testing::ElementsAre("step-0000000020", "step-0000000019"));
  EXPECT_EQ(folder.entries(), 2u);
}

}  // namespace strata
