// Callbacks that need the files of a whole model: backups, event files.
#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>

#include <strata/callbacks/backup_and_restore.h>
#include <strata/callbacks/csv_logger.h>
#include <strata/callbacks/lambda_callback.h>
#include <strata/callbacks/tensor_board.h>

#include "files/models.h"
#include "src/files/checkpoint.h"
#include "src/files/model_files.h"

namespace strata {
namespace {

struct Interrupted {};

// Stops with an exception after so many steps, as a crash would.
LambdaCallback crash_after(std::int64_t steps) {
  return {.on_train_batch_begin = [steps](std::int64_t, Training& t) {
    if (t.step() == steps) throw Interrupted();
  }};
}
Dataset data() { return golden_batch("dense", dense_model()).data; }
FitArguments arguments(std::vector<Callback> callbacks) {
  return {.batch_size = 3, .epochs = 4, .verbose = 0, .callbacks = std::move(callbacks), .validation_data = data()};
}

class BackupTest : public testing::TestWithParam<Config> {};

TEST_P(BackupTest, WhatWasInterruptedEndsAsWhatWasNot) {
  const TemporaryFolder folder;
  const std::string backups = (folder / "backups").string(), log = (folder / "log.csv").string(),
                    log_whole = (folder / "whole.csv").string();
  Model whole = dense_model();
  const History expected = whole.fit(data(), arguments({CSVLogger{.filename = log_whole}}));
  const BackupAndRestore backup{.backup_dir = backups, .save_freq = GetParam(), .double_checkpoint = true};
  for (const std::int64_t crash : {5, 10})  // in epochs 2 and 4, of 3 steps each
    EXPECT_THROW(dense_model().fit(data(), arguments({backup, CSVLogger{.filename = log}, crash_after(crash)})),
                 Interrupted);
  EXPECT_EQ(checkpoints_in(backups).size(), 2u);
  Model model = dense_model();
  std::int64_t first = -1;
  const LambdaCallback watch{.on_train_batch_begin = [&](std::int64_t, Training& t) {
    if (first < 0) first = t.step();
  }};
  const History history = model.fit(data(), arguments({backup, CSVLogger{.filename = log}, watch}));
  EXPECT_EQ(first, GetParam() == Config("epoch") ? 9 : 10);
  EXPECT_EQ(history.history, expected.history);
  EXPECT_EQ(model_file(model, "m.weights.h5"), model_file(whole, "m.weights.h5"));
  EXPECT_EQ(read_file(log, 1 << 20), read_file(log_whole, 1 << 20));
  EXPECT_FALSE(std::filesystem::exists(backups));
}
INSTANTIATE_TEST_SUITE_P(Frequencies, BackupTest, testing::Values(Config("epoch"), Config(std::int64_t{2})));

TEST(Backup, StaysWhereItIsToStayAndRemovesNothingElse) {
  const TemporaryFolder folder;
  const std::string backups = (folder / "backups").string();
  dense_model().fit(data(), arguments({BackupAndRestore{.backup_dir = backups, .delete_checkpoint = false}}));
  EXPECT_EQ(checkpoints_in(backups).size(), 1u);
  std::ofstream(backups + "/mine.txt") << "mine";
  dense_model().fit(data(), arguments({BackupAndRestore{.backup_dir = backups}}));
  EXPECT_TRUE(checkpoints_in(backups).empty());
  EXPECT_TRUE(std::filesystem::exists(backups + "/mine.txt"));
}

// Left where STRATA_INTEROP says, for the real tensorboard package (tests/golden/make_tensorboard.py check DIR).
TEST(TensorBoardFiles, AreWrittenForTheRealReader) {
  const char* keep = std::getenv("STRATA_INTEROP");
  const TemporaryFolder folder;
  const std::string logs = keep ? std::string(keep) + "/tensorboard" : (folder / "logs").string();
  std::filesystem::remove_all(logs);
  std::filesystem::create_directories(logs);
  std::ofstream expected(logs + "/expected.csv");
  const auto row = [&](const std::string& part, const std::string& tag, std::int64_t step, double value) {
    expected << part << ',' << tag << ',' << step << ',' << Config(value).str() << '\n';
  };
  const LambdaCallback watch{
      .on_epoch_end =
          [&](int epoch, Logs& given, Training& t) {
            for (const auto& [name, value] : given) {
              const bool validation = name.starts_with("val_");
              row(validation ? "validation" : "train", "epoch_" + (validation ? name.substr(4) : name), epoch, value);
              if (validation) row("validation", "evaluation_" + name.substr(4) + "_vs_iterations", t.step(), value);
            }
            row("train", "epoch_learning_rate", epoch, t.learning_rate());
          },
      .on_train_batch_end =
          [&](std::int64_t, const Logs& given, Training& t) {
            for (const auto& [name, value] : given) row("train", "batch_" + name, t.step(), value);
          }};
  Model model = dense_model();
  model.fit(data(), arguments({TensorBoard{.log_dir = logs, .update_freq = "batch"}, watch}));
  for (const char* part : {"/train", "/validation"}) EXPECT_FALSE(std::filesystem::is_empty(logs + part));
}

}  // namespace
}  // namespace strata
