#include "apps/strata/progress_text.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace strata {
namespace {

std::string log_text(const Logs::value_type& log) { return fmt::format("{}: {:.4g}", log.first, log.second); }

std::string bar(const BarProgress& p, std::size_t width) {
  const auto done = std::min(width, static_cast<std::size_t>(static_cast<std::int64_t>(width) * p.done / std::max<std::int64_t>(1, p.all)));
  return "[" + std::string(done, '=') + std::string(width - done, '.') + "]";
}

}  // namespace

std::string duration_text(double seconds) {
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  const auto s = static_cast<std::int64_t>(seconds + 0.5);
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min {} s", s / 60, s % 60);
  return fmt::format("{} h {} min", s / 3600, s / 60 % 60);
}

std::string bar_line(const BarProgress& p, std::size_t width) {
  const std::string count = fmt::format("{}/{}", p.done, p.all);
  constexpr std::size_t widest = 24, narrowest = 8;
  std::string line;
  if (const std::size_t used = p.head.size() + count.size() + 4; used + narrowest <= width)
    line = p.head + " " + bar(p, std::min(widest, width - used)) + " " + count;
  else if (p.head.size() + 1 + count.size() <= width) line = p.head + " " + count;
  else return count.size() <= width ? count : "";
  const auto append = [&](const std::string& more) {
    const bool fits = line.size() + more.size() <= width;
    if (fits) line += more;
    return fits;
  };
  if (!append(", " + duration_text(p.seconds_left) + " left")) return line;
  for (const auto& log : p.logs)
    if (!append(" - " + log_text(log))) break;
  return line;
}

std::string log_lines(const std::string& head, const Logs& logs, std::size_t width) {
  std::string text = head;
  std::size_t column = head.size();
  for (const auto& log : logs) {
    const std::string piece = log_text(log);
    if (width != 0 && column + 3 + piece.size() > width) {
      text += "\n  " + piece;
      column = 2 + piece.size();
    } else {
      text += " - " + piece;
      column += 3 + piece.size();
    }
  }
  return text;
}

}  // namespace strata
