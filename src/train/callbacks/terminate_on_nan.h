#pragma once

#include <cmath>

#include <strata/callback.h>

namespace strata {

struct TerminateOnNaN {
  bool raise_error = false;

  static constexpr bool needs_batch_logs = true;

  static Schema schema() {
    return describe<TerminateOnNaN>("TerminateOnNaN", "Stops training when the loss is not finite.",
        field("raise_error", &TerminateOnNaN::raise_error, "Whether that is an error instead of an early end."));
  }

  void on_train_batch_end(std::int64_t batch, const Logs& logs, Training& t) {
    const auto loss = find_log(logs, "loss");
    if (!loss || std::isfinite(*loss)) return;
    const std::string what = "the loss of batch " + std::to_string(batch) + " is " + Config(*loss).str();
    if (raise_error) throw Error(ErrorKind::diverged, what, "a smaller learning rate or clipnorm may help");
    t.say("TerminateOnNaN: " + what + ", training stops.");
    t.stop();
  }
};

}  // namespace strata
