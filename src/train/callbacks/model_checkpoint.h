#pragma once

#include <filesystem>

#include <strata/callback.h>
#include <strata/callbacks/monitor.h>

namespace strata {

// A pattern's {epoch:02d}, {batch}, {val_loss:.2f}, ... filled in; epoch and batch count from 1 there.
std::string checkpoint_path(const std::string& pattern, int epoch, std::optional<std::int64_t> batch, const Logs& logs);

struct ModelCheckpoint {
  Required<std::string> filepath = unset;
  std::string monitor = "val_loss";
  std::int64_t verbose = 0;
  bool save_best_only = false;
  bool save_weights_only = false;
  std::string mode = "auto";
  Config save_freq = "epoch";
  std::optional<double> initial_value_threshold = {};

  struct Progress {
    int epoch = 0;
    std::int64_t batches = 0;  // since the last save
    std::optional<double> best = {};
  };
  Progress progress = {};

  static Schema schema() {
    return describe<ModelCheckpoint>("ModelCheckpoint", "Saves the model, or its weights, while it trains.",
        field("filepath", &ModelCheckpoint::filepath,
              "Path that ends in .keras or .h5 (weights: .weights.h5); may hold {epoch:02d}, {val_loss:.2f}, ..."),
        field("monitor", &ModelCheckpoint::monitor, "Name in the logs that says which epoch is best."),
        field("verbose", &ModelCheckpoint::verbose, "1: says what it saves.", between(0, 1)),
        field("save_best_only", &ModelCheckpoint::save_best_only,
              "Whether only an epoch better than all before is saved."),
        field("save_weights_only", &ModelCheckpoint::save_weights_only, "Whether the weights alone are saved."),
        field("mode", &ModelCheckpoint::mode, "Whether less or more is better; auto: by the name.", monitor_modes()),
        field("save_freq", &ModelCheckpoint::save_freq, "epoch, or a number of batches."),
        field("initial_value_threshold", &ModelCheckpoint::initial_value_threshold,
              "Value that the first save must beat; null: none."));
  }

  bool acts_between_steps() const { return save_freq.as<std::int64_t>() != nullptr; }

  void on_train_begin(Training&) {
    progress = {};
    progress.best = initial_value_threshold;
    const auto ends = [&](const char* ending) { return filepath->ends_with(ending); };
    const bool fits = save_weights_only ? ends(".weights.h5") : ends(".keras") || ends(".h5");
    if (!fits)
      throw Error(ErrorKind::spec, "the filepath of ModelCheckpoint must end in " +
                                       std::string(save_weights_only ? ".weights.h5" : ".keras or .h5") + ", received '" + *filepath + "'");
    const auto* batches = save_freq.as<std::int64_t>();
    if (save_freq != Config("epoch") && !(batches && *batches >= 1))
      throw Error(ErrorKind::spec,
                  "save_freq of ModelCheckpoint must be epoch or a number of batches, received " + save_freq.str());
    if (batches && save_best_only)
      throw Error(ErrorKind::spec,
                  "ModelCheckpoint finds the best at the end of an epoch, not every " + save_freq.str() + " batches",
                  "give it save_freq: epoch, or save_best_only: false");
  }
  void on_epoch_begin(int epoch, Training&) { progress.epoch = epoch; }

  void on_train_batch_end(std::int64_t batch, const Logs&, Training& t) {
    const auto* every = save_freq.as<std::int64_t>();
    if (!every || ++progress.batches < *every) return;
    progress.batches = 0;
    save(checkpoint_path(*filepath, progress.epoch, batch, {}), t);
  }

  void on_epoch_end(int epoch, Logs& logs, Training& t) {
    if (save_freq.as<std::int64_t>()) return;
    if (save_best_only) {
      const Monitor watched("ModelCheckpoint", monitor, mode);
      const auto current = watched.value(logs);
      if (!current || !watched.improved(*current, progress.best)) return;
      progress.best = current;
    }
    save(checkpoint_path(*filepath, epoch, {}, logs), t);
  }

  Config state() const {
    return Config::Mapping{{"batches", progress.batches},
                             {"best", Member<std::optional<double>>::get(progress.best)}};
  }
  void restore(const Config& state) {
    for (const auto& [name, value] : *state.as<Config::Mapping>()) {
      if (name == "batches") Member<std::int64_t>::set(progress.batches, value);
      if (name == "best") Member<std::optional<double>>::set(progress.best, value);
    }
  }

 private:
  void save(const std::string& path, Training& t) const {
    const auto folder = std::filesystem::path(path).parent_path();
    if (!folder.empty()) std::filesystem::create_directories(folder);
    t.save(path, save_weights_only);
    if (verbose > 0) t.say("ModelCheckpoint: saved " + path);
  }
};

}  // namespace strata
