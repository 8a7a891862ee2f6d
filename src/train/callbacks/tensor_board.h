#pragma once

#include <chrono>

#include <strata/callback.h>
#include <strata/callbacks/event_file.h>

namespace strata {

struct TensorBoard {
  std::string log_dir = "logs";
  std::int64_t histogram_freq = 0;
  bool write_graph = true;
  bool write_images = false;
  bool write_steps_per_second = false;
  Config update_freq = "epoch";
  Config profile_batch = std::int64_t{0};
  std::int64_t embeddings_freq = 0;
  Config embeddings_metadata = {};

  using Clock = std::chrono::steady_clock;
  struct Progress {
    EventFile train = EventFile(), validation = EventFile();
    std::int64_t batch = 0;  // since training began, from 1
    std::int64_t steps_before = 0;
    Clock::time_point epoch_began = {}, batch_began = {};
  };
  Progress progress = {};

  static Schema schema() {
    return describe<TensorBoard>(
        "TensorBoard", "Writes scalars, and the model's architecture, for TensorBoard: folders train and validation.",
        field("log_dir", &TensorBoard::log_dir, "Folder of the two folders."),
        field("histogram_freq", &TensorBoard::histogram_freq,
              "Epochs between histograms of the weights. Not there: 0."),
        field("write_graph", &TensorBoard::write_graph, "Whether the model's architecture is written."),
        field("write_images", &TensorBoard::write_images, "Whether weights are written as images. Not there: false."),
        field("write_steps_per_second", &TensorBoard::write_steps_per_second, "Whether the speed is written."),
        field("update_freq", &TensorBoard::update_freq, "epoch; batch: every batch too; or every so many batches."),
        field("profile_batch", &TensorBoard::profile_batch, "Batches to profile. Not there: 0."),
        field("embeddings_freq", &TensorBoard::embeddings_freq, "Epochs between copies of embeddings. Not there: 0."),
        field("embeddings_metadata", &TensorBoard::embeddings_metadata, "Labels of embeddings. Not there: null."));
  }

  bool needs_batch_logs() const { return update_freq != Config("epoch"); }
  bool acts_between_steps() const { return needs_batch_logs(); }

  void on_train_begin(Training& t) {
    refuse(histogram_freq != 0, "histogram_freq", "0");
    refuse(write_images, "write_images", "false");
    refuse(profile_batch != Config(std::int64_t{0}), "profile_batch", "0");
    refuse(embeddings_freq != 0, "embeddings_freq", "0");
    refuse(!embeddings_metadata.is_null(), "embeddings_metadata", "null");
    if (update_freq != Config("epoch") && batches_between() < 1)
      throw Error(ErrorKind::spec, "update_freq of TensorBoard must be epoch, batch or a number of batches, received " +
                                       update_freq.str());
    progress = {.train = EventFile(log_dir + "/train"), .validation = EventFile(log_dir + "/validation")};
    begin_epoch(t);
  }
  void on_epoch_begin(int, Training& t) { begin_epoch(t); }
  void on_train_batch_begin(std::int64_t, Training&) { progress.batch_began = Clock::now(); }

  void on_train_batch_end(std::int64_t, const Logs& logs, Training& t) {
    Progress& p = progress;
    ++p.batch;
    if (update_freq == Config("epoch") || p.batch % batches_between() != 0) return;
    if (write_steps_per_second) write_train(t, p.batch, "batch_steps_per_second", 1 / seconds_since(p.batch_began));
    for (const auto& [name, value] : logs) write_train(t, p.batch, "batch_" + name, value);
  }

  void on_epoch_end(int epoch, Logs& logs, Training& t) {
    Progress& p = progress;
    const double rate = t.learning_rate();
    const auto of_validation = [](const std::string& name) { return name.starts_with("val_"); };
    for (const auto& [name, value] : logs)
      if (of_validation(name)) write(p.validation, t.step(), "evaluation_" + name.substr(4) + "_vs_iterations", value);
    for (const auto& [name, value] : logs)
      if (!of_validation(name) && name != "learning_rate") write_train(t, epoch, "epoch_" + name, value);
    write_train(t, epoch, "epoch_learning_rate", rate);
    if (write_steps_per_second)
      write_train(t, epoch, "epoch_steps_per_second",
                  static_cast<double>(t.step() - p.steps_before) / seconds_since(p.epoch_began));
    for (const auto& [name, value] : logs)
      if (of_validation(name)) write(p.validation, epoch, "epoch_" + name.substr(4), value);
  }

  // After a resume the same files go on where the checkpoint saw them.
  Config state() const {
    return Config::Mapping{{"batch", progress.batch},
                           {"train", progress.train.path()},
                           {"train_bytes", progress.train.bytes()},
                           {"validation", progress.validation.path()},
                           {"validation_bytes", progress.validation.bytes()}};
  }
  void restore(const Config& state) {
    std::string train, validation;
    std::int64_t train_bytes = 0, validation_bytes = 0;
    for (const auto& [name, value] : *state.as<Config::Mapping>()) {
      if (name == "batch") Member<std::int64_t>::set(progress.batch, value);
      if (name == "train") Member<std::string>::set(train, value);
      if (name == "train_bytes") Member<std::int64_t>::set(train_bytes, value);
      if (name == "validation") Member<std::string>::set(validation, value);
      if (name == "validation_bytes") Member<std::int64_t>::set(validation_bytes, value);
    }
    progress.train.go_back(train, train_bytes);
    progress.validation.go_back(validation, validation_bytes);
  }

 private:
  static void refuse(bool given, const std::string& argument, const std::string& only) {
    if (given)
      throw Error(ErrorKind::spec,
                  "TensorBoard writes scalars and the model's architecture: " + argument + " is not there",
                  "leave it at " + only);
  }
  std::int64_t batches_between() const {
    if (update_freq == Config("batch")) return 1;
    const auto* n = update_freq.as<std::int64_t>();
    return n ? *n : 0;
  }
  void begin_epoch(Training& t) {
    progress.epoch_began = Clock::now();
    progress.steps_before = t.step();
  }
  static double seconds_since(Clock::time_point then) {
    return std::chrono::duration<double>(Clock::now() - then).count();
  }
  static void write(EventFile& file, std::int64_t step, const std::string& tag, double value) {
    file.append(scalar_event(wall_time(), step, tag, value));
  }
  void write_train(Training& t, std::int64_t step, const std::string& tag, double value) {
    if (progress.train.empty() && write_graph)
      progress.train.append(keras_model_event(wall_time(), 0, "keras", t.model_json()));
    write(progress.train, step, tag, value);
  }
};

}  // namespace strata
