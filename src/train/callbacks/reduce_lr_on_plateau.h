#pragma once

#include <algorithm>

#include <strata/callback.h>
#include <strata/callbacks/monitor.h>

namespace strata {

struct ReduceLROnPlateau {
  std::string monitor = "val_loss";
  double factor = 0.1;
  std::int64_t patience = 10;
  std::int64_t verbose = 0;
  std::string mode = "auto";
  double min_delta = 1e-4;
  std::int64_t cooldown = 0;
  double min_lr = 0;

  struct Progress {
    std::int64_t wait = 0;     // epochs since the last improvement
    std::int64_t cooling = 0;  // epochs until it waits again
    std::optional<double> best = {};
  };
  Progress progress = {};

  static Schema schema() {
    return describe<ReduceLROnPlateau>(
        "ReduceLROnPlateau", "Makes the learning rate smaller when what it watches improves no more.",
        field("monitor", &ReduceLROnPlateau::monitor, "Name in the logs."),
        field("factor", &ReduceLROnPlateau::factor, "What the rate is multiplied by.",
              Limits{.low = 0, .high = 1, .open_high = true, .choices = {}}),
        field("patience", &ReduceLROnPlateau::patience, "Epochs without improvement before the rate falls.",
              at_least(0)),
        field("verbose", &ReduceLROnPlateau::verbose, "1: says when it falls.", between(0, 1)),
        field("mode", &ReduceLROnPlateau::mode, "Whether less or more is better; auto: by the name.", monitor_modes()),
        field("min_delta", &ReduceLROnPlateau::min_delta, "Change that counts as an improvement."),
        field("cooldown", &ReduceLROnPlateau::cooldown, "Epochs after a fall before it watches again.", at_least(0)),
        field("min_lr", &ReduceLROnPlateau::min_lr, "The rate falls no further.", at_least(0)));
  }

  void on_train_begin(Training& t) {
    progress = {};
    t.set_learning_rate(t.learning_rate());  // a schedule is refused before training
  }

  void on_epoch_end(int epoch, Logs& logs, Training& t) {
    const double rate = t.learning_rate();
    set_log(logs, "learning_rate", rate);
    const Monitor watched("ReduceLROnPlateau", monitor, mode, min_delta);
    const auto current = watched.value(logs);
    if (!current) return;
    Progress& p = progress;
    if (p.cooling > 0) {
      --p.cooling;
      p.wait = 0;
    }
    if (watched.improved(*current, p.best)) {
      p.best = current;
      p.wait = 0;
      return;
    }
    if (p.cooling > 0 || ++p.wait < patience || rate <= static_cast<double>(static_cast<float>(min_lr))) return;
    const double next = std::max(rate * factor, min_lr);
    t.set_learning_rate(next);
    if (verbose > 0)
      t.say("ReduceLROnPlateau: after epoch " + std::to_string(epoch + 1) + " the learning rate is " +
            Config(next).str() + ".");
    p.cooling = cooldown;
    p.wait = 0;
  }

  // The rate itself is the optimizer's.
  Config state() const {
    return Config::Mapping{{"wait", progress.wait},
                           {"cooling", progress.cooling},
                           {"best", Member<std::optional<double>>::get(progress.best)}};
  }
  void restore(const Config& state) {
    for (const auto& [name, value] : *state.as<Config::Mapping>()) {
      if (name == "wait") Member<std::int64_t>::set(progress.wait, value);
      if (name == "cooling") Member<std::int64_t>::set(progress.cooling, value);
      if (name == "best") Member<std::optional<double>>::set(progress.best, value);
    }
  }
};

}  // namespace strata
