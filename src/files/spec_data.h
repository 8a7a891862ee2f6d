// The rows that a spec's data section names.
#pragma once

#include <string>
#include <vector>

#include "src/data/source.h"
#include "src/spec/spec.h"

namespace strata {

// `table` with its paths made whole; relative ones start from the spec's folder.
RowSource row_source(const Spec& spec, const DataTable& table);
// The same rows for a model: the types of its inputs.
RowSource for_inputs(const Model& model, RowSource source);

}  // namespace strata
