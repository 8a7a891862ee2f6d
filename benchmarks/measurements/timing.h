#pragma once
// Alternating windows, the best of each; and the state of the machine that every result carries.
#include <functional>
#include <vector>

namespace strata::measure {

// Milliseconds per call of each contestant: the best of `rounds` windows that take turns.
// (Not the median: on a shared machine two threads that the system puts on one core lose 8 ms at every join.)
std::vector<double> alternate(const std::vector<std::function<void()>>& contestants, int rounds = 9,
                              double window_ms = 6);

double core_distance_ns();      // round trip of a cache line between cores 0 and 1
void print_machine();

}      // namespace strata::measure
