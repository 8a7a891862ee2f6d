#include "apps/strata/progress.h"

#include <unistd.h>

#include <cstdio>

#include <fmt/format.h>

namespace strata {
namespace {

using Clock = std::chrono::steady_clock;

std::string text_of(const Logs& logs) {
  std::string text;
  for (const auto& [name, value] : logs) text += fmt::format(" - {}: {:.4g}", name, value);
  return text;
}

}  // namespace

Progress::Progress(bool quiet, int epochs)
    : quiet_(quiet), terminal_(::isatty(STDERR_FILENO) != 0), epochs_(epochs), epoch_began_(Clock::now()), drawn_(Clock::now()) {}

void Progress::clear_bar() {
  if (bar_shown_) std::fputs("\r\033[K", stderr);
  bar_shown_ = false;
}

void Progress::after_step(Fit& fit) {
  if (quiet_ || !terminal_) return;
  const auto now = Clock::now();
  if (now - drawn_ < std::chrono::milliseconds(200)) return;  // reading the logs waits for the device
  drawn_ = now;
  const FitPosition& p = fit.position();
  constexpr int width = 24;
  const auto done = static_cast<std::size_t>(width * p.batch / std::max<std::int64_t>(1, fit.steps_per_epoch()));
  const std::string bar = std::string(done, '=') + std::string(width - done, '.');
  std::fputs(fmt::format("\r\033[KEpoch {}/{} [{}] {}/{}{}", p.epoch + 1, epochs_, bar, p.batch, fit.steps_per_epoch(), text_of(fit.logs())).c_str(), stderr);
  bar_shown_ = true;
}

void Progress::after_epoch(const Fit& fit, const Logs& logs) {
  const auto now = Clock::now();
  const double seconds = std::chrono::duration<double>(now - epoch_began_).count();
  epoch_began_ = now;
  if (quiet_) return;
  clear_bar();
  std::fputs(fmt::format("Epoch {}/{} - {:.1f} s{}\n", fit.position().epoch + 1, epochs_, seconds, text_of(logs)).c_str(), stderr);
}

}  // namespace strata
