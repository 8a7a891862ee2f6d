#include <strata/layers/regularization/activity_regularization.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, ActivityRegularization) { ordeal(ActivityRegularization{.l1 = 0.1, .l2 = 0.2}, {floats({4, 5})}); }

}  // namespace strata
