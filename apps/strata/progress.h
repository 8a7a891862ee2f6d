// Progress of a training run on stderr: a bar on a terminal, one line per epoch elsewhere.
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
  void clear_bar();
  bool quiet_, terminal_;
  int epochs_;
  bool bar_shown_ = false;
  std::chrono::steady_clock::time_point epoch_began_, drawn_;
};

}  // namespace strata
