#include "apps/strata/signals.h"

#include <signal.h>
#include <unistd.h>

namespace strata {
namespace {

volatile sig_atomic_t received = 0;

void on_stop(int signal) {
  if (received) ::_exit(128 + signal);
  received = signal;
}
void on_closed_pipe(int) { ::_exit(0); }

void handle(int signal, void (*handler)(int), int flags = 0) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

void watch_signals() {
  handle(SIGINT, on_stop, SA_RESTART);
  handle(SIGTERM, on_stop, SA_RESTART);
  handle(SIGPIPE, on_closed_pipe);
}

void ignore_closed_pipes() { handle(SIGPIPE, SIG_IGN); }

int asked_to_stop() { return received ? 128 + received : 0; }

}  // namespace strata
