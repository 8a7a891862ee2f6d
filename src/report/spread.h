// Places on a line: as near as possible to where things want to be, in their order, and far enough apart.
#pragma once

#include <vector>

namespace strata {

// x minimises sum weight[i] (x[i] - wanted[i])^2 under x[i + 1] - x[i] >= apart[i]. With y[i] = x[i] - (apart[0] + ... +
// apart[i - 1]) that is isotonic regression, solved by pooling adjacent violators (Barlow et al. 1972).
std::vector<double> spread(const std::vector<double>& wanted, const std::vector<double>& weight, const std::vector<double>& apart);

}  // namespace strata
