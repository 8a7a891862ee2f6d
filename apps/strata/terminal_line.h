// The line on stderr that long work draws again and again.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace strata {

class TerminalLine {
 public:
  // Whether stderr is a terminal that can draw a line again.
  TerminalLine();
  bool is_terminal() const { return is_terminal_; }
  // Columns that may be written: a terminal may become another width at any time. 0: no terminal.
  std::size_t width() const;

  void draw(const std::string& text);
  void clear();

 private:
  bool is_terminal_, drawn_ = false;
};

// How often progress is told: five times a second on a terminal, every half minute elsewhere.
class Pace {
 public:
  using Clock = std::chrono::steady_clock;
  explicit Pace(bool is_terminal) : interval_(is_terminal ? std::chrono::milliseconds(200) : std::chrono::seconds(30)) {}
  // Whether it is time again.
  bool operator()(Clock::time_point now) {
    if (now - told_ < interval_) return false;
    told_ = now;
    return true;
  }
  void restart(Clock::time_point now) { told_ = now; }

 private:
  Clock::duration interval_;
  Clock::time_point told_ = Clock::now();
};

}  // namespace strata
