#include "apps/strata/progress.h"

#include <cstdio>

#include <fmt/format.h>

#include "apps/strata/progress_text.h"

namespace strata {
namespace {

double seconds_since(Pace::Clock::time_point begin, Pace::Clock::time_point now) { return std::chrono::duration<double>(now - begin).count(); }
void say_line(const std::string& text) { std::fputs((text + "\n").c_str(), stderr); }

}  // namespace

Progress::Progress(bool quiet, int epochs) : quiet_(quiet), epochs_(epochs), pace_(line_.is_terminal()), epoch_began_(Pace::Clock::now()) {}

void Progress::after_step(Fit& fit) {
  const FitPosition& p = fit.position();
  if (p.batch == 0) return;  // the epoch is over
  const auto now = Pace::Clock::now();
  if (quiet_ || !pace_(now)) return;  // reading the logs waits for the device
  const double seconds = seconds_since(epoch_began_, now);
  const std::int64_t steps = fit.steps_per_epoch();
  const std::string epoch = fmt::format("Epoch {}/{}", p.epoch + 1, epochs_);
  if (line_.is_terminal()) {
    const double left = seconds / static_cast<double>(p.batch - first_batch_) * static_cast<double>(steps - p.batch);
    line_.draw(bar_line({epoch, p.batch, steps, left, fit.logs()}, line_.width()));
  } else {
    say_line(log_lines(fmt::format("{}, step {}/{} - {}", epoch, p.batch, steps, duration_text(seconds)), fit.logs(), 0));
  }
}

void Progress::after_epoch(const Fit& fit, const Logs& logs) {
  const auto now = Pace::Clock::now();
  const double seconds = seconds_since(epoch_began_, now);
  epoch_began_ = now;
  pace_.restart(now);
  first_batch_ = 0;
  if (quiet_) return;
  line_.clear();
  say_line(log_lines(fmt::format("Epoch {}/{} - {}", fit.position().epoch + 1, epochs_, duration_text(seconds)), logs, line_.width()));
}

WorkProgress::WorkProgress(bool quiet, std::string what, std::string things)
    : quiet_(quiet), what_(std::move(what)), things_(std::move(things)), pace_(line_.is_terminal()), began_(Pace::Clock::now()) {}

void WorkProgress::operator()(std::int64_t done, std::int64_t of) {
  const auto now = Pace::Clock::now();
  if (quiet_ || done == 0 || done == of || !pace_(now)) return;
  const double seconds = seconds_since(began_, now), left = seconds / static_cast<double>(done) * static_cast<double>(of - done);
  if (line_.is_terminal()) line_.draw(bar_line({what_, done, of, left, {}}, line_.width()));
  else say_line(fmt::format("{}: {} of {} {}, {} left", what_, done, of, things_, duration_text(left)));
}

}  // namespace strata
