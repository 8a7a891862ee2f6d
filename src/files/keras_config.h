// A model as Keras writes it in JSON: config.json of a .keras file.
#pragma once

#include <string>

#include <strata/model.h>

namespace strata {

// Architecture (Keras' Model.to_json), and compile_config where the model is compiled. On one line, as Keras writes it.
// With `assets` the file keeps learned vocabularies beside the config (src/files/vocabularies.h), else they stand in it.
std::string keras_config(const Model& model, bool assets = false);

}  // namespace strata
