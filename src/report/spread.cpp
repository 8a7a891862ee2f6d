#include "src/report/spread.h"

#include <cstddef>

namespace strata {

std::vector<double> spread(const std::vector<double>& wanted, const std::vector<double>& weight, const std::vector<double>& apart) {
  struct Pool { double mean, weight; std::size_t size; };
  std::vector<Pool> pools;
  std::vector<double> offset(wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (i > 0) offset[i] = offset[i - 1] + apart[i - 1];
    pools.push_back({wanted[i] - offset[i], weight[i], 1});
    while (pools.size() > 1 && pools[pools.size() - 2].mean > pools.back().mean) {
      const Pool last = pools.back();
      pools.pop_back();
      Pool& pool = pools.back();
      pool.mean = (pool.mean * pool.weight + last.mean * last.weight) / (pool.weight + last.weight);
      pool.weight += last.weight;
      pool.size += last.size;
    }
  }
  std::vector<double> x;
  for (const Pool& pool : pools)
    for (std::size_t i = 0; i < pool.size; ++i) x.push_back(pool.mean + offset[x.size()]);
  return x;
}

}  // namespace strata
