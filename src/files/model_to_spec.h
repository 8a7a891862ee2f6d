// A model as the sections of a spec: the way back from spec_model.h.
#pragma once

#include <optional>

#include <strata/model.h>

#include "src/spec/spec.h"

namespace strata {

// Layers in the order of their calls, a list where the model is sequential. Later calls of a shared layer get names of their
// own. Weights stay behind.
ModelSpec model_spec_of(const Model& model);
// Nothing for a model that is not compiled. An object of a program's own has the form that its schema gives it.
std::optional<CompileSpec> compile_spec_of(const Model& model);

}  // namespace strata
