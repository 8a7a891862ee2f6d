// What a graph of cuDNN's operations computes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "tests/cuda/emulator/cudnn_descriptor.h"

namespace strata::emulator {

using Operations = std::vector<std::shared_ptr<const Descriptor>>;

// Whether `run` computes it.
bool knows(const Descriptor& operation);

// Each operation as soon as what it reads is there. `memory` has the arrays that are not virtual, by their ids.
void run(const Operations& operations, const std::map<std::int64_t, void*>& memory);

}  // namespace strata::emulator
