#include "src/files/checkpoint.h"

#include "files/models.h"
#include "src/files/model_files.h"

namespace strata {
namespace {

Dataset rows() {
  Tensor x(DType::float32, {50, 3}), y(DType::float32, {50, 1});
  for (std::int64_t i = 0; i < x.elements(); ++i) x.set(i, static_cast<double>((i * 37) % 19) / 19 - 0.5);
  for (std::int64_t i = 0; i < 50; ++i) y.set(i, x.at(3 * i) - x.at(3 * i + 2));
  return {x, y, {}};
}

FitArguments arguments() { return {.batch_size = 8, .epochs = 4, .verbose = 0, .callbacks = {}, .validation_split = 0.2, .validation_data = {}, .shuffle = true, .class_weight = {}}; }

Bytes trained_without_a_break() {
  Model model = dense_model();
  model.fit(rows(), arguments());
  return model_file(model, "a.keras");
}

// Stops after `step` steps and leaves a checkpoint there.
void stop_after(const std::filesystem::path& folder, std::int64_t step) {
  Model model = dense_model();
  Fit fit(model, rows(), arguments());
  fit.pause = [&](Fit& f) { return f.step() == step; };
  fit.run();
  ASSERT_FALSE(fit.done());
  write_checkpoint(folder, fit);
}

std::string resume(const std::filesystem::path& folder, Bytes* end, History* history = nullptr) {
  std::string said;
  Model model = dense_model();
  Fit fit(model, rows(), arguments());
  restore_checkpoint(folder, fit, [&](const std::string& line) { said += line + "\n"; });
  const History h = fit.run();
  if (history) *history = h;
  *end = model_file(model, "a.keras");
  return said;
}

}  // namespace

TEST(Checkpoint, AResumedRunEndsInTheSameBytes) {
  const Bytes expected = trained_without_a_break();
  for (const std::int64_t step : {1, 3, 7, 11}) {  // 5 steps an epoch
    const TemporaryFolder folder;
    stop_after(folder.path(), step);
    Bytes end;
    History history;
    EXPECT_EQ(resume(folder.path(), &end, &history), "");
    EXPECT_EQ(end, expected) << "stopped after step " << step;
    EXPECT_EQ(history.epoch, (std::vector<int>{0, 1, 2, 3}));
    EXPECT_EQ(history["val_loss"].size(), 4u);
  }
}

TEST(Checkpoint, EveryDamageIsFoundAndTheOlderOneIsTaken) {
  const Bytes expected = trained_without_a_break();
  for (const char* file : {"model.weights.h5", "state.h5", "position.json", "MANIFEST"}) {
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
