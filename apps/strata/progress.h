// Progress of a training run on stderr: a bar on a terminal; elsewhere a line for each epoch, and one every half minute.
#pragma once

#include <chrono>

#include "src/model/fit.h"

namespace strata {

class Progress {
 public:
  Progress(bool quiet, int epochs);
  void after_step(Fit& fit);
  void after_epoch(const Fit& fit, const Logs& logs);

 private:
  using Clock = std::chrono::steady_clock;
  std::size_t width() const;  // 0: no terminal
  void clear_bar();

  bool quiet_, terminal_;
  int epochs_;
  bool bar_shown_ = false;
  Clock::time_point epoch_began_, shown_;
  std::int64_t first_step_ = -1;  // of the epoch's part that this process ran
};

}  // namespace strata
