#pragma once

#include <strata/callback.h>
#include <strata/callbacks/monitor.h>

namespace strata {

struct EarlyStopping {
  std::string monitor = "val_loss";
  double min_delta = 0;
  std::int64_t patience = 0;
  std::int64_t verbose = 0;
  std::string mode = "auto";
  std::optional<double> baseline = {};
  bool restore_best_weights = false;
  std::int64_t start_from_epoch = 0;

  struct Progress {
    std::int64_t wait = 0;  // epochs since the last improvement
    std::optional<double> best = {};
    std::int64_t best_epoch = 0;
    std::optional<std::int64_t> stopped_epoch = {};
    std::map<std::string, Tensor> best_weights = {};
  };
  Progress progress = {};

  static Schema schema() {
    return describe<EarlyStopping>("EarlyStopping", "Stops training when what it watches improves no more.",
        field("monitor", &EarlyStopping::monitor, "Name in the logs."),
        field("min_delta", &EarlyStopping::min_delta, "Change that counts as an improvement."),
        field("patience", &EarlyStopping::patience, "Epochs without improvement before training stops.", at_least(0)),
        field("verbose", &EarlyStopping::verbose, "1: says when it stops.", between(0, 1)),
        field("mode", &EarlyStopping::mode, "Whether less or more is better; auto: by the name.", monitor_modes()),
        field("baseline", &EarlyStopping::baseline, "Value that must be beaten as well; null: none."),
        field("restore_best_weights", &EarlyStopping::restore_best_weights,
              "Whether the best epoch's weights are taken back at the end."),
        field("start_from_epoch", &EarlyStopping::start_from_epoch, "Epochs before it begins to watch.", at_least(0)));
  }

  void on_train_begin(Training&) { progress = {}; }

  void on_epoch_end(int epoch, Logs& logs, Training& t) {
    const Monitor watched("EarlyStopping", monitor, mode, min_delta);
    const auto current = watched.value(logs);
    if (!current || epoch < start_from_epoch) return;
    Progress& p = progress;
    if (restore_best_weights && p.best_weights.empty()) keep(epoch, t);
    ++p.wait;
    if (watched.improved(*current, p.best)) {
      p.best = current;
      p.best_epoch = epoch;
      if (restore_best_weights) keep(epoch, t);
      if (!baseline || watched.improved(*current, baseline)) p.wait = 0;
      return;
    }
    if (p.wait >= patience && epoch > 0) {
      p.stopped_epoch = epoch;
      t.stop();
    }
  }

  void on_train_end(const Logs&, Training& t) {
    if (progress.stopped_epoch && verbose > 0)
      t.say("EarlyStopping: stopped after epoch " + std::to_string(*progress.stopped_epoch + 1) + ".");
    if (!restore_best_weights || progress.best_weights.empty()) return;
    if (verbose > 0)
      t.say("EarlyStopping: the weights are those of epoch " + std::to_string(progress.best_epoch + 1) + ".");
    t.set_weights(progress.best_weights);
  }

  Config state() const {
    return Config::Mapping{{"wait", progress.wait},
                           {"best", Member<std::optional<double>>::get(progress.best)},
                           {"best_epoch", progress.best_epoch},
                           {"stopped_epoch", Member<std::optional<std::int64_t>>::get(progress.stopped_epoch)}};
  }
  std::map<std::string, Tensor> tensors() const { return progress.best_weights; }
  void restore_tensors(std::map<std::string, Tensor> weights) { progress.best_weights = std::move(weights); }
  void restore(const Config& state) {
    for (const auto& [name, value] : *state.as<Config::Mapping>()) {
      if (name == "wait") Member<std::int64_t>::set(progress.wait, value);
      if (name == "best") Member<std::optional<double>>::set(progress.best, value);
      if (name == "best_epoch") Member<std::int64_t>::set(progress.best_epoch, value);
      if (name == "stopped_epoch") Member<std::optional<std::int64_t>>::set(progress.stopped_epoch, value);
    }
  }

 private:
  void keep(int epoch, const Training& t) {
    progress.best_weights = t.weights();
    progress.best_epoch = epoch;
  }
};

}  // namespace strata
