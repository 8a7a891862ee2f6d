#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <unistd.h>

#include <strata/callbacks/csv_logger.h>
#include <strata/callbacks/early_stopping.h>
#include <strata/callbacks/model_checkpoint.h>
#include <strata/callbacks/terminate_on_nan.h>
#include "tests/train/recorded_training.h"

namespace strata {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(EarlyStopping, stops_after_patience_epochs_without_improvement) {
  Recorded t;
  EXPECT_EQ(train(EarlyStopping{.patience = 2}, "val_loss", {3, 2, 2.5, 2, 1}, t), 3);
  EXPECT_TRUE(t.stopped);
}

TEST(EarlyStopping, an_accuracy_should_rise) {
  Recorded t;
  EXPECT_EQ(train(EarlyStopping{.monitor = "val_accuracy", .patience = 1}, "val_accuracy", {0.1, 0.2, 0.3, 0.25, 0.9}, t), 3);
}

TEST(EarlyStopping, a_change_within_min_delta_is_none) {
  Recorded t;
  EXPECT_EQ(train(EarlyStopping{.min_delta = 0.5, .patience = 2}, "val_loss", {3, 2.9, 2.8, 2.7}, t), 2);
}

TEST(EarlyStopping, takes_the_best_weights_back) {
  Recorded t;
  train(EarlyStopping{.patience = 2, .restore_best_weights = true}, "val_loss", {3, 1, 2, 2, 2}, t);
  EXPECT_EQ(t.weight, 1);
}

TEST(EarlyStopping, a_baseline_that_is_never_beaten_stops) {
  Recorded t;
  EXPECT_EQ(train(EarlyStopping{.patience = 3, .baseline = 0.5}, "val_loss", {5, 4, 3, 2, 2}, t), 4);
}

TEST(EarlyStopping, goes_on_after_a_resume_where_it_was) {
  Recorded t;
  Callback before = EarlyStopping{.patience = 2};
  before.on_train_begin(t);
  Logs logs = {{"val_loss", 1}};
  before.on_epoch_end(0, logs, t);
  logs = {{"val_loss", 2}};
  before.on_epoch_end(1, logs, t);
  Callback after = EarlyStopping{.patience = 2};
  after.on_train_begin(t);
  after.restore(before.state());
  after.on_epoch_end(2, logs, t);
  EXPECT_TRUE(t.stopped);
}

TEST(EarlyStopping, a_name_that_is_not_reported_is_an_error) {
  Recorded t;
  try {
    train(EarlyStopping{.monitor = "val_los", .mode = "min"}, "val_loss", {1}, t);
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "EarlyStopping watches 'val_los', which is not reported");
    EXPECT_EQ(e.hint(), "reported: loss, val_loss");
  }
  EXPECT_EQ(train(EarlyStopping{}, "accuracy", {1, 1}, t), 1);  // epochs without validation are passed over
  EXPECT_THROW(train(EarlyStopping{.monitor = "val_thing"}, "val_thing", {1}, t), Error);
}

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class CsvLoggerTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove(path); }
  void TearDown() override { std::filesystem::remove(path); }
  const std::filesystem::path path = std::filesystem::temp_directory_path() / ("strata_csv_logger_test_" + std::to_string(getpid()) + ".csv");
};

TEST_F(CsvLoggerTest, writes_a_row_per_epoch) {
  Recorded t;
  train(CSVLogger{.filename = path.string()}, "val_loss", {0.5, 1}, t);
  EXPECT_EQ(content(path), "epoch,loss,val_loss\n0,1.0,0.5\n1,1.0,1.0\n");
}

TEST_F(CsvLoggerTest, an_epoch_without_validation_leaves_its_columns_open) {
  Recorded t;
  train(CSVLogger{.filename = path.string(), .separator = ";"}, "accuracy", {0.5}, t);
  EXPECT_EQ(content(path), "epoch;accuracy;loss;val_accuracy;val_loss\n0;0.5;1.0;NA;NA\n");
}

TEST_F(CsvLoggerTest, a_resume_takes_rows_after_the_checkpoint_off) {
  Recorded t;
  Callback before = CSVLogger{.filename = path.string()};
  before.on_train_begin(t);
  Logs logs = {{"loss", 2}, {"val_loss", 3}};
  before.on_epoch_end(0, logs, t);
  const Config checkpoint = before.state();
  before.on_epoch_end(1, logs, t);
  Callback after = CSVLogger{.filename = path.string()};
  after.on_train_begin(t);
  after.restore(checkpoint);
  after.on_epoch_end(1, logs, t);
  EXPECT_EQ(content(path), "epoch,loss,val_loss\n0,2.0,3.0\n1,2.0,3.0\n");
}

TEST(ModelCheckpoint, saves_every_epoch_under_a_filled_in_name) {
  Recorded t;
  train(ModelCheckpoint{.filepath = "m-{epoch:02d}-{val_loss:.2f}.keras"}, "val_loss", {0.5, 0.25}, t);
  EXPECT_THAT(t.saved, ElementsAre("m-01-0.50.keras", "m-02-0.25.keras"));
}

TEST(ModelCheckpoint, saves_only_what_is_best) {
  Recorded t;
  train(ModelCheckpoint{.filepath = "m{epoch}.weights.h5", .save_best_only = true, .save_weights_only = true}, "val_loss", {2, 3, 1}, t);
  EXPECT_THAT(t.saved, ElementsAre("m1.weights.h5 weights", "m3.weights.h5 weights"));
}

TEST(ModelCheckpoint, saves_every_so_many_batches) {
  Recorded t;
  Callback callback = ModelCheckpoint{.filepath = "m{epoch}-{batch}.keras", .save_freq = 3};
  callback.on_train_begin(t);
  for (int epoch = 0; epoch < 2; ++epoch) {
    callback.on_epoch_begin(epoch, t);
    for (std::int64_t batch = 0; batch < 5; ++batch) callback.on_train_batch_end(batch, {}, t);
  }
  EXPECT_THAT(t.saved, ElementsAre("m1-3.keras", "m2-1.keras", "m2-4.keras"));
}

TEST(ModelCheckpoint, refuses_what_it_cannot_do_before_training) {
  const auto message = [](ModelCheckpoint callback) -> std::string {
    Recorded t;
    try {
      Callback(callback).on_train_begin(t);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_THAT(message({.filepath = "model.bin"}), HasSubstr("must end in .keras or .h5, received 'model.bin'"));
  EXPECT_THAT(message({.filepath = "model.h5", .save_weights_only = true}), HasSubstr("must end in .weights.h5"));
  EXPECT_THAT(message({.filepath = "model.keras", .save_freq = "batch"}), HasSubstr("must be epoch or a number of batches, received batch"));
  EXPECT_THROW(checkpoint_path("{nothing}.keras", 0, {}, {}), Error);
}

TEST(TerminateOnNaN, stops_at_a_loss_that_is_not_finite) {
  Recorded t;
  Callback callback = TerminateOnNaN{};
  EXPECT_TRUE(callback.needs_batch_logs());
  callback.on_train_batch_end(0, {{"loss", 1e30}}, t);
  EXPECT_FALSE(t.stopped);
  callback.on_train_batch_end(1, {{"loss", std::nan("")}}, t);
  EXPECT_TRUE(t.stopped);
  EXPECT_THAT(t.said, ElementsAre("TerminateOnNaN: the loss of batch 1 is nan, training stops."));
  EXPECT_THROW(Callback(TerminateOnNaN{.raise_error = true}).on_train_batch_end(1, {{"loss", std::nan("")}}, t), Error);
}

}  // namespace
}  // namespace strata
