// --set PATH=VALUE: one value of the tree replaced, or made where it is absent.
//
//     compile.optimizer.learning_rate=0.01     the class name is left out, or stands in the path
//     model.label.units=20                     a layer by name; model["a.b"].units where a name has dots
//     model.layers[2].filters=8                a layer by its place, from 0
//     callbacks.EarlyStopping.patience=5
#pragma once

#include <string>

#include "src/spec/diagnostics.h"
#include "src/spec/tree.h"

namespace strata {

// The value is YAML. A path that leads nowhere is an error with a suggestion; whether the value fits is checked with the
// spec, where its errors show the text of --set.
void apply_override(Node& tree, const std::string& text, Diagnostics& diagnostics);

}  // namespace strata
