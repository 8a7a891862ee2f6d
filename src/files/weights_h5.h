// Keras' .weights.h5: the variables of a model and its optimizer, without the architecture.
#pragma once

#include <string>

#include <strata/model.h>
#include "src/io/hdf5.h"

namespace strata {

// The tree of the file; the optimizer's variables are there when the model is compiled and was trained or restored.
H5Group weights_tree(const Model& model);
// Every variable is looked at before the first one is changed. Too few, too many or ill-shaped variables of a layer are an
// Error that names the group; optimizer variables are taken when the model is compiled and their number fits, and left as they
// are otherwise (Keras does the same); then the returned text says so.
std::string set_weights_tree(Model& model, const H5Group& tree, const std::string& file, bool with_optimizer = true);

void save_weights(const Model& model, const std::string& path);
// From .keras or .weights.h5.
void load_weights(Model& model, const std::string& path, bool with_optimizer = true);

}  // namespace strata
