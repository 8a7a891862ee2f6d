// Progress on stderr. Of a training run: a bar on a terminal; elsewhere a line for each epoch, and one every half minute. Of
// other work, rows that are predicted or kernels that are timed: the same while it runs, and nothing stays of it.
#pragma once

#include "apps/strata/terminal_line.h"
#include "src/model/fit.h"

namespace strata {

class Progress {
 public:
  Progress(bool quiet, int epochs);
  // Before the first step of this process, after so many batches of its epoch.
  void begin(std::int64_t batch) { first_batch_ = batch; }
  void after_step(Fit& fit);
  void after_epoch(const Fit& fit, const Logs& logs);

 private:
  bool quiet_;
  int epochs_;
  TerminalLine line_;
  Pace pace_;
  Pace::Clock::time_point epoch_began_;
  std::int64_t first_batch_ = 0;  // of the epoch's part that this process ran
};

class WorkProgress {
 public:
  // `what` is said before the bar: "evaluate". `things`: what is counted.
  WorkProgress(bool quiet, std::string what, std::string things = "rows");
  ~WorkProgress() { line_.clear(); }
  WorkProgress(const WorkProgress&) = delete;
  WorkProgress& operator=(const WorkProgress&) = delete;
  void operator()(std::int64_t done, std::int64_t of);

 private:
  bool quiet_;
  std::string what_, things_;
  TerminalLine line_;
  Pace pace_;
  Pace::Clock::time_point began_;
};

}  // namespace strata
