// One stage of fitting inside a run directory: checkpoints, history, the best model, signals.
#pragma once

#include <optional>
#include <string>

#include "apps/strata/progress.h"
#include "apps/strata/verb.h"
#include "src/files/run_directory.h"
#include "src/model/fit.h"

namespace strata {

// The epochs of one stage after those before it.
History joined(const History& before, const History& stage);

class TrainingRun {
 public:
  // `before`: the epochs of earlier stages.
  TrainingRun(Fit& fit, RunDirectory& directory, std::string checkpoints, History before, const CommonOptions& common);
  // To the end, or to the next signal: 0, 130 or 143.
  int run(bool resume);
  // Of this stage and those before.
  History history() const;

 private:
  bool after_step(Fit& fit);
  void after_epoch(Fit& fit, const Logs& logs);
  void save_checkpoint();
  void write_choices();

  Fit& fit_;
  RunDirectory& directory_;
  std::string checkpoints_;
  History before_;
  const CommonOptions& common_;
  Progress progress_;
  std::string monitor_ = "val_loss", mode_ = "auto";  // of the best model
  std::optional<double> best_;
  std::string choices_;  // as written last
  int code_ = 0;
  double save_cost_ = 0;  // seconds
  std::chrono::steady_clock::time_point saved_;
  bool warned_ = false;
};

}  // namespace strata
