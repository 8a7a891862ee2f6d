#include "apps/strata/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include "apps/strata/progress_text.h"

namespace strata {
namespace {

// Where lines can be drawn again. TERM=dumb says of a terminal that they cannot.
bool is_terminal() {
  const char* term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) != 0 && term != nullptr && std::string_view(term) != "dumb";
}

}  // namespace

Progress::Progress(bool quiet, int epochs)
    : quiet_(quiet), terminal_(is_terminal()), epochs_(epochs), epoch_began_(Clock::now()), shown_(epoch_began_) {}

// A terminal may become another width at any time. The last column stays free: some break the line when it is written.
std::size_t Progress::width() const {
  if (!terminal_) return 0;
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return known ? size.ws_col - 1u : 79;
}

void Progress::clear_bar() {
  if (bar_shown_) std::fputs("\r\033[K", stderr);
  bar_shown_ = false;
}

void Progress::after_step(Fit& fit) {
  const FitPosition& p = fit.position();
  if (p.batch == 0) return;  // the epoch is over
  if (first_step_ < 0) first_step_ = p.batch - 1;
  if (quiet_) return;
  const auto now = Clock::now();
  // Reading the logs waits for the device.
  if (now - shown_ < (terminal_ ? std::chrono::milliseconds(200) : std::chrono::seconds(30))) return;
  shown_ = now;
  const double seconds = std::chrono::duration<double>(now - epoch_began_).count();
  const std::int64_t steps = fit.steps_per_epoch();
  if (terminal_) {
    const double left = seconds / static_cast<double>(p.batch - first_step_) * static_cast<double>(steps - p.batch);
    std::fputs(("\r\033[K" + bar_line({p.epoch + 1, epochs_, p.batch, steps, left, fit.logs()}, width())).c_str(), stderr);
    bar_shown_ = true;
  } else {
    const std::string head = fmt::format("Epoch {}/{}, step {}/{} - {}", p.epoch + 1, epochs_, p.batch, steps, duration_text(seconds));
    std::fputs((log_lines(head, fit.logs(), 0) + "\n").c_str(), stderr);
  }
}

void Progress::after_epoch(const Fit& fit, const Logs& logs) {
  const auto now = Clock::now();
  const double seconds = std::chrono::duration<double>(now - epoch_began_).count();
  epoch_began_ = shown_ = now;
  first_step_ = -1;
  if (quiet_) return;
  clear_bar();
  const std::string head = fmt::format("Epoch {}/{} - {}", fit.position().epoch + 1, epochs_, duration_text(seconds));
  std::fputs((log_lines(head, logs, width()) + "\n").c_str(), stderr);
}

}  // namespace strata
