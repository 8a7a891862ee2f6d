#include "apps/strata/training_run.h"

#include <algorithm>

#include <fmt/format.h>

#include <strata/callbacks/monitor.h>
#include <strata/error.h>
#include "apps/strata/signals.h"
#include "src/files/checkpoint.h"
#include "src/files/choices_json.h"

namespace strata {
namespace {

using Clock = std::chrono::steady_clock;

// Saving takes at most one part in this many of the time (CheckFreq, FAST 2021: 3.5 %).
constexpr double share = 30;

double seconds_since(Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); }

}  // namespace

TrainingRun::TrainingRun(Fit& fit, RunDirectory& directory, std::string checkpoints, History before, const CommonOptions& common)
    : fit_(fit), directory_(directory), checkpoints_(std::move(checkpoints)), before_(std::move(before)), common_(common), progress_(common.quiet, fit.epochs()), saved_(Clock::now()) {
  for (const Callback& c : fit.arguments().callbacks)
    if (const Config monitor = c.argument("monitor"); monitor.as<std::string>() && (c.name() == "ModelCheckpoint" || c.name() == "EarlyStopping")) {
      monitor_ = *monitor.as<std::string>();
      if (const Config mode = c.argument("mode"); mode.as<std::string>()) mode_ = *mode.as<std::string>();
      break;
    }
  fit.pause = [this](Fit& f) { return after_step(f); };
  fit.after_epoch = [this](Fit& f, const Logs& logs) { after_epoch(f, logs); };
}

History joined(const History& before, const History& stage) {
  History all = before;
  const int offset = before.epoch.empty() ? 0 : before.epoch.back() + 1;
  for (const int epoch : stage.epoch) all.epoch.push_back(offset + epoch);
  for (const auto& [name, values] : stage.history) {
    const auto known = std::find_if(all.history.begin(), all.history.end(), [&name = name](const auto& row) { return row.first == name; });
    if (known == all.history.end()) all.history.emplace_back(name, values);
    else known->second.insert(known->second.end(), values.begin(), values.end());
  }
  return all;
}

History TrainingRun::history() const { return joined(before_, fit_.position().history); }

void TrainingRun::save_checkpoint() {
  const auto began = Clock::now();
  write_checkpoint(checkpoints_, fit_);
  save_cost_ = seconds_since(began);
  saved_ = Clock::now();
}

// New plans make choices: those of validation in the first epoch.
void TrainingRun::write_choices() {
  std::string now = choices_json(fit_.model().state());
  if (now == choices_) return;
  directory_.write("choices.json", now);
  choices_ = std::move(now);
}

bool TrainingRun::after_step(Fit& fit) {
  const FitPosition& p = fit.position();
  progress_.after_step(fit);
  if (const int code = asked_to_stop()) {
    save_checkpoint();
    code_ = code;
    return true;
  }
  const bool last = p.epoch >= fit.epochs() || p.stop;
  if (!last && seconds_since(saved_) < share * save_cost_) return false;
  try {
    save_checkpoint();
  } catch (const Error& e) {
    // Training is worth more than one checkpoint: the older one stays, and the next attempt comes later.
    if (!warned_) say(common_, fmt::format("warning: no checkpoint could be written, training goes on: {}", e.what()));
    warned_ = true;
    saved_ = Clock::now();
    save_cost_ = std::max(save_cost_, 1.0);
    if (last) throw;
  }
  return false;
}

void TrainingRun::after_epoch(Fit& fit, const Logs& logs) {
  progress_.after_epoch(fit, logs);
  directory_.write_history(history(), fit.arguments().validation_freq);
  write_choices();
  if (!fit.arguments().validation_data) return;
  const auto value = find_log(logs, monitor_);
  if (!value) return;
  if (!Monitor("ModelCheckpoint", monitor_, mode_).improved(*value, best_)) return;
  best_ = value;
  fit.model().save(directory_.file("best.keras"));
}

int TrainingRun::run(bool resume) {
  if (resume)
    if (const auto from = restore_checkpoint(checkpoints_, fit_, [&](const std::string& line) { say(common_, "warning: " + line); })) {
      const FitPosition& p = fit_.position();
      say(common_, fmt::format("going on after step {} (epoch {}, batch {})", p.step, p.epoch + 1, p.batch));
      directory_.write_history(history(), fit_.arguments().validation_freq);
    }
  for (const auto& [name, values] : history().history)
    if (name == monitor_ && fit_.arguments().validation_data)
      for (const double v : values)
        if (Monitor("ModelCheckpoint", monitor_, mode_).improved(v, best_)) best_ = v;
  write_choices();
  if (fit_.position().step == 0) save_checkpoint();  // what the run began with, --weights included
  progress_.begin(fit_.position().batch);
  fit_.run();
  if (!fit_.done()) {
    say(common_, fmt::format("stopped after step {}; go on with: strata train --resume {}", fit_.position().step, directory_.path().string()));
    return code_;
  }
  return 0;
}

}  // namespace strata
