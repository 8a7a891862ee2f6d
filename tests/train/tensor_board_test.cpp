#include <gmock/gmock.h>

#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <strata/callbacks/tensor_board.h>
#include "src/io/atomic_file.h"
#include "tests/train/recorded_training.h"

namespace strata {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string bytes_in(const std::filesystem::path& path) {
  return std::string(as_text(read_file(path.string(), 1 << 20)));
}
std::string golden(const std::string& part) {
  return bytes_in(std::string(STRATA_SOURCE_DIR) + "/tests/golden/tensorboard/" + part + ".tfevents");
}

template <class T>
T number(std::string_view bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

// Payloads of a file, taken apart by its lengths alone.
std::vector<std::string> payloads(const std::string& file) {
  std::vector<std::string> found;
  for (std::size_t at = 0; at < file.size();) {
    const auto length = number<std::uint64_t>(std::string_view(file).substr(at));
    found.push_back(file.substr(at + 12, length));
    at += length + 16;
  }
  return found;
}
double time_of(const std::string& payload) { return number<double>(std::string_view(payload).substr(1)); }
// The four bytes of a scalar: after the key and the length of tensor_content.
double value_of(const std::string& payload) {
  return number<float>(std::string_view(payload).substr(payload.find("\x22\x04") + 2));
}

TEST(EventFile, crc32c_is_that_of_its_test_vectors) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);  // RFC 3720, B.4
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
}

// Keras' own files, made again from what they say.
TEST(EventFile, every_byte_of_kerass_scalars_is_written_the_same) {
  struct Row {
    std::int64_t step;
    const char* tag;
  };
  const std::vector<Row> train = {
      {2, "batch_loss"}, {2, "batch_mae"}, {0, "epoch_loss"}, {0, "epoch_mae"}, {0, "epoch_learning_rate"},
      {4, "batch_loss"}, {4, "batch_mae"}, {1, "epoch_loss"}, {1, "epoch_mae"}, {1, "epoch_learning_rate"}};
  const std::vector<Row> validation = {
      {2, "evaluation_loss_vs_iterations"}, {2, "evaluation_mae_vs_iterations"}, {0, "epoch_loss"}, {0, "epoch_mae"},
      {4, "evaluation_loss_vs_iterations"}, {4, "evaluation_mae_vs_iterations"}, {1, "epoch_loss"}, {1, "epoch_mae"}};
  for (const auto& [part, rows] : {std::pair("train", train), std::pair("validation", validation)}) {
    const std::string file = golden(part);
    std::vector<std::string> events = payloads(file);
    std::string written = event_record(events[0]);  // the version, which names TensorFlow's writer
    EXPECT_EQ(events[0].substr(0, version_event(0).size()), version_event(time_of(events[0])));
    std::size_t next = 1;
    if (std::string_view(part) == "train") {
      const std::string& model = events[next++];
      const std::size_t json = model.find('{');
      written += event_record(keras_model_event(time_of(model), 0, "keras",
                                                std::string_view(model).substr(json, model.rfind('}') + 1 - json)));
    }
    ASSERT_EQ(events.size(), next + rows.size());
    for (const Row& row : rows) {
      const std::string& event = events[next++];
      written += event_record(scalar_event(time_of(event), row.step, row.tag, value_of(event)));
    }
    EXPECT_TRUE(written == file) << part;
  }
}

class TensorBoardTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove_all(folder); }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::vector<std::string> tags(const std::string& part) const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder / part))
      for (const std::string& payload : payloads(bytes_in(entry.path())))
        for (const char* tag : {"batch_loss", "batch_steps_per_second", "epoch_loss", "epoch_learning_rate",
                                "epoch_steps_per_second", "evaluation_loss_vs_iterations", "graph_keras_model"})
          if (payload.find(tag) != std::string::npos) found.emplace_back(tag);
    return found;
  }
  static void epoch(Callback& callback, int number, Recorded& t) {
    callback.on_epoch_begin(number, t);
    for (std::int64_t batch = 0; batch < 3; ++batch) {
      callback.on_train_batch_begin(batch, t);
      ++t.steps;
      callback.on_train_batch_end(batch, {{"loss", 0.5}}, t);
    }
    Logs logs = {{"loss", 1}, {"val_loss", 2}};
    callback.on_epoch_end(number, logs, t);
  }

  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("strata_tensor_board_test_" + std::to_string(getpid()));
};

TEST_F(TensorBoardTest, writes_a_file_for_training_and_one_for_validation) {
  Recorded t;
  Callback callback = TensorBoard{.log_dir = folder.string()};
  EXPECT_FALSE(callback.needs_batch_logs());
  callback.on_train_begin(t);
  epoch(callback, 0, t);
  EXPECT_THAT(tags("train"), ElementsAre("graph_keras_model", "epoch_loss", "epoch_learning_rate"));
  EXPECT_THAT(tags("validation"), ElementsAre("evaluation_loss_vs_iterations", "epoch_loss"));
}

TEST_F(TensorBoardTest, writes_batches_too_where_it_is_asked_to) {
  Recorded t;
  Callback callback =
      TensorBoard{.log_dir = folder.string(), .write_graph = false, .write_steps_per_second = true, .update_freq = 2};
  EXPECT_TRUE(callback.needs_batch_logs());
  callback.on_train_begin(t);
  epoch(callback, 0, t);
  epoch(callback, 1, t);
  EXPECT_THAT(tags("train"),
              ElementsAre("batch_steps_per_second", "batch_loss", "epoch_loss", "epoch_learning_rate",
                          "epoch_steps_per_second", "batch_steps_per_second", "batch_loss", "batch_steps_per_second",
                          "batch_loss", "epoch_loss", "epoch_learning_rate", "epoch_steps_per_second"));
}

TEST_F(TensorBoardTest, a_resume_goes_on_in_the_same_files_without_what_came_after_the_checkpoint) {
  Recorded t;
  Callback before = TensorBoard{.log_dir = folder.string()};
  before.on_train_begin(t);
  epoch(before, 0, t);
  const Config checkpoint = before.state();
  epoch(before, 1, t);
  Callback after = TensorBoard{.log_dir = folder.string()};
  after.on_train_begin(t);
  after.restore(checkpoint);
  epoch(after, 1, t);
  EXPECT_THAT(tags("train"), ElementsAre("graph_keras_model", "epoch_loss", "epoch_learning_rate", "epoch_loss",
                                         "epoch_learning_rate"));
  EXPECT_THAT(tags("validation"), ElementsAre("evaluation_loss_vs_iterations", "epoch_loss",
                                              "evaluation_loss_vs_iterations", "epoch_loss"));
}

TEST_F(TensorBoardTest, refuses_what_is_not_there_before_training) {
  const auto message = [](TensorBoard callback) -> std::string {
    Recorded t;
    try {
      Callback(callback).on_train_begin(t);
    } catch (const Error& e) { return e.what(); }
    return "";
  };
  EXPECT_THAT(message({.histogram_freq = 1}), HasSubstr("histogram_freq is not there"));
  EXPECT_THAT(message({.write_images = true}), HasSubstr("write_images is not there"));
  EXPECT_THAT(message({.profile_batch = 2}), HasSubstr("profile_batch is not there"));
  EXPECT_THAT(message({.embeddings_freq = 1}), HasSubstr("embeddings_freq is not there"));
  EXPECT_THAT(message({.update_freq = "step"}),
              HasSubstr("must be epoch, batch or a number of batches, received step"));
}

}  // namespace
}  // namespace strata
