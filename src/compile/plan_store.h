// The plans of this process: models that are equal in everything that a plan depends on share it, as do the threads that
// predict with one model. Memory is never shared.
#pragma once

#include "src/compile/plan.h"

namespace strata {

// A plan that somebody holds and that equals the one asked for (graph with its shapes, backend, places of variables, options,
// choices), or else a new one. May be called from several threads at once.
std::shared_ptr<const Plan> shared_plan(const Graph& graph, Backend& backend, Backend& reference,
                                        std::span<const VariablePlace> variables, const CompileOptions& options = {});

}  // namespace strata
