// Where Keras' files keep a model's variables: the order of its layers, the group of each, the order inside a group.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "src/model/model_state.h"

namespace strata {

// The layers (inputs too) in the order of Keras' model.layers: a functional model's by depth, those of one depth in the order
// in which a walk from the outputs meets them (keras/src/ops/function.py: map_graph).
std::vector<LayerGraph::Entry> keras_layers(const ModelState& model);

// The layers with their groups in Keras' files: "layers/dense", "layers/dense_1", after `path`.
std::vector<std::pair<LayerGraph::Entry, std::string>> layer_groups(const ModelState& model, const std::string& path);

// One group of a .weights.h5 file: "layers/dense", "layers/lstm/cell", "layers/functional/layers/dense".
struct VariableGroup {
  std::string path;
  std::string name;                     // of the layer, the attribute `name` of the group
  std::vector<std::int64_t> variables;  // of the model's store: <path>/vars/0, 1, ...: weights, then states
  Layer layer = {};                     // the layer itself; none for a group inside one
};
std::vector<VariableGroup> variable_groups(const ModelState& model);

// The model's weights that training changes, in the order of Keras' model.trainable_variables.
std::vector<std::int64_t> trainable_variables(const ModelState& model);

// The optimizer's variables in the order of Keras' optimizer.variables: iteration, learning_rate, averages, accumulators,
// slots, scalars; before them what a LossScaleOptimizer keeps itself. Variables that no step has made yet are made.
std::vector<std::int64_t> optimizer_variables(ModelState& model);

}  // namespace strata
