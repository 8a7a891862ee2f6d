// Which kernel runs a region: what a plan chose, and what a run may ask for.
#pragma once

#include <map>
#include <string>

#include "backend/backend.h"

namespace strata {

// Kernel by region signature. An empty name: regions of one signature came to different kernels, so nothing is recorded.
using Choices = std::map<std::string, std::string>;

// The choice for a region that no kernel takes whole: it runs in smaller regions, a fused op by its decomposition.
inline constexpr const char* split_choice = "split";

// All that a kernel may go by: "float32(128,784) float32(784,10) float32(10): matmul(x0,x1) add(%0,x2) relu(%1) -> %2", x0 the
// first input, %0 what the first op gives. Attributes stand behind an op's name, but for zeros, real numbers and random streams.
std::string signature(const Region& region);

// Whether the signature is of a region that the one op of `first` begins.
bool begins_with(const std::string& signature, const Region& first);

void record(Choices& choices, const std::string& signature, const std::string& kernel);
// Those of `more` as well.
void record(Choices& choices, const Choices& more);

}  // namespace strata
