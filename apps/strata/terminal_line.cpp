#include "apps/strata/terminal_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace strata {
namespace {

// TERM=dumb says of a terminal that its lines cannot be drawn again.
bool draws_lines_again() {
  const char* term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) != 0 && term != nullptr && std::string_view(term) != "dumb";
}

}  // namespace

TerminalLine::TerminalLine() : is_terminal_(draws_lines_again()) {}

// The last column stays free: some break the line when it is written.
std::size_t TerminalLine::width() const {
  if (!is_terminal_) return 0;
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return known ? size.ws_col - 1u : 79;
}

void TerminalLine::draw(const std::string& text) {
  std::fputs(("\r\033[K" + text).c_str(), stderr);
  drawn_ = true;
}

void TerminalLine::clear() {
  if (drawn_) std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

}  // namespace strata
