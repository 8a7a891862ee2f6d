// What progress looks like, in lines no wider than the terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <strata/callback.h>

namespace strata {

// Seconds as a person says them: "0.4 s", "12 s", "3 min 5 s", "2 h 10 min".
std::string duration_text(double seconds);

struct BarProgress {
  std::string head;  // "Epoch 3/12"
  std::int64_t done, all;
  double seconds_left;
  Logs logs;
};

// "Epoch 3/12 [=====.....] 120/400, 4 s left - loss: 0.4 - accuracy: 0.8" in at most `width` columns. What does not fit is
// left out, from the end: logs first, then the bar and the rest of its kind.
std::string bar_line(const BarProgress& progress, std::size_t width);

// `head` and the logs, divided by " - "; where `width` is not 0, broken into indented lines of at most so many columns.
std::string log_lines(const std::string& head, const Logs& logs, std::size_t width);

}  // namespace strata
