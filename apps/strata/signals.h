// SIGINT and SIGTERM ask for an end, a second one ends at once; a closed pipe ends quietly.
#pragma once

namespace strata {

void watch_signals();
// A closed pipe is no reason to stop training: what would be written is lost, the run goes on.
void ignore_closed_pipes();
// 0, or the exit code that the signal asks for: 130 or 143.
int asked_to_stop();

}  // namespace strata
