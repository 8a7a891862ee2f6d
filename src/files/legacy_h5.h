// Keras' whole-model .h5 of before .keras: JSON in attributes, weights by layer, optimizer weights. Keras 3 and Keras 2 files.
#pragma once

#include <string>

#include <strata/model.h>
#include "src/io/hdf5.h"

namespace strata {

bool is_legacy_h5(const H5Group& root);
H5Group legacy_tree(const Model& model);
// Architecture, weights and optimizer, where the file has a model_config.
Model model_of_legacy(const H5Group& root, const RunOptions& run, const std::string& file);
// Weights go by order, never by name; the optimizer's are taken where their number and shapes fit.
void set_legacy_weights(Model& model, const H5Group& root, const std::string& file, bool with_optimizer);

}  // namespace strata
