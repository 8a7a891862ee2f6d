// What every layer must stand, derived from one example of it: see docs/design.md, section 9.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <strata/layer.h>
#include "graph/examples.h"

namespace strata {

inline ExampleInput floats(Shape shape) { return {{DType::float64, std::move(shape)}}; }
inline ExampleInput indices(Shape shape, std::int64_t below) { return {{DType::int32, std::move(shape)}, Domain::index, below}; }

// Config round trip; every misspelt argument; an open batch; a half precision policy; gradients against differences; the
// compiled plan against the interpreter; Keras' golden values for the layer's class. `inputs` with their batch axis.
void ordeal(const Layer& layer, const std::vector<ExampleInput>& inputs);

// The text and the hint of the error that tracing the layer gives: "text; hint".
std::string error_of(const Layer& layer, const std::vector<Shape>& inputs);

}  // namespace strata
