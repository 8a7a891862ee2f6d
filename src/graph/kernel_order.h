// The order of the axes of a convolution's kernel: (spatial..., C/groups, F), as Keras has it, or (F, spatial..., C/groups).
#pragma once

#include <strata/value.h>

namespace strata {

Value filters_first(Value kernel);
Value filters_last(Value kernel);

}  // namespace strata
