// Keras' JSON of a model (to_json, config.json, model_config) as a model. Keras 3 and Keras 2.
#pragma once

#include <string>

#include <strata/model.h>
#include "src/spec/tree.h"

namespace strata {

// `file` stands in front of every message. Compiled where the JSON has a compile_config. A class that this program does not
// have, an argument that it cannot follow, and code (Lambda) are Errors that name the layer.
Model model_of_keras(const Node& json, const RunOptions& run, const std::string& file);

// A model from a .keras file or a text of Keras' JSON, weights and optimizer included where the file has them.
Model read_model(const std::string& path, const RunOptions& run);

}  // namespace strata
