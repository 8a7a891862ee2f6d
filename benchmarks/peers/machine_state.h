// What a window of measurement says about the machine it met, as the peers' scripts ask for it.
#pragma once

namespace strata::peers {

double seconds_since_exec();
double core_latency_ns();  // round trip of a cache line between the first two cores: near or far
// CPU seconds that every process but this one has used since the machine started.
double cpu_of_others();

}  // namespace strata::peers
