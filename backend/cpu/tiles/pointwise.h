#pragma once

#include "backend/cpu/tiles/tiles.h"

namespace strata::cpu::STRATA_ISA {
TileLoop pointwise_loop(const char* op, Element from, Element to, unsigned scalars);
}
