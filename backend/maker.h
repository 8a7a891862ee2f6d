// What a file of kernels offers: makers. A maker looks at a region and answers with a candidate, or with the reason why not. A
// backend lists its makers by their anchors, best first, and asks them here.
#pragma once

#include <string>
#include <variant>

#include "backend/region.h"

namespace strata {

struct Declined { std::string reason; };
using Answer = std::variant<Candidate, Declined>;
inline Declined not_alone() { return {"it takes no epilogue"}; }

// The makers of an anchor; without an op, of regions that are elementwise throughout. A Machine is what a backend tells its makers.
template <class Machine>
struct Anchor {
  struct Kernel {
    std::string_view name;
    Answer (*maker)(const Region& region, const Machine& machine);
    bool takes_along = false;  // more than an epilogue, see Region
  };
  std::string_view op;
  std::vector<Kernel> kernels;
};

// `backend` names who has no kernel at all.
template <class Machine>
std::vector<Candidate> candidates_of(const Region& region, const Machine& machine, const std::vector<Anchor<Machine>>& anchors,
                                     std::string_view backend, std::vector<Refusal>& refusals) {
  std::vector<Candidate> found;
  const int at = anchor_of(region);
  const std::string_view op = at < 0 ? "" : region.ops[static_cast<std::size_t>(at)].name;
  for (int i = 0; i < at; ++i)
    if (region.ops[static_cast<std::size_t>(i)].name != "constant") {
      refusals.push_back(Refusal{std::string(op), "it takes no prologue"});
      return found;
    }
  const bool has_more = end_of_epilogue(region) < static_cast<int>(region.ops.size());
  for (const Anchor<Machine>& row : anchors)
    if (row.op == op)
      for (const auto& kernel : row.kernels) {
        Answer answer = has_more && !kernel.takes_along ? Declined{"it takes nothing along"} : kernel.maker(region, machine);
        if (auto* declined = std::get_if<Declined>(&answer)) refusals.push_back(Refusal{std::string(kernel.name), std::move(declined->reason)});
        else found.push_back(std::move(std::get<Candidate>(answer)));
      }
  if (found.empty() && refusals.empty()) refusals.push_back(Refusal{std::string(backend), std::string(at < 0 ? "arithmetic" : op) + " has no kernel"});
  return found;
}

}  // namespace strata
