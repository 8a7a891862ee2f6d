// The peers' workloads (their workloads.md): which model, on which data, by which loss and optimizer.
#pragma once

#include <string>
#include <vector>

#include <strata/model.h>

namespace strata::peers {

struct Workload {
  Model model;             // compiled, where it trains
  Tensor x;
  Tensor y;                // inference has none
  std::int64_t batch = 0;  // rows of a step, or of a call

  bool trains() const { return static_cast<bool>(y); }
};

std::vector<std::string> workload_names();
// An unknown name is an Error that lists the known ones.
Workload make_workload(const std::string& name, RunOptions run);

// Standard normal numbers, and integers in [0, below): the same ones every time.
Tensor normal(std::vector<std::int64_t> shape);
Tensor integers(std::vector<std::int64_t> shape, int below);

}  // namespace strata::peers
