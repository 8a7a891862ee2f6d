// The model section of a spec: layers in order, by name, and what each is called on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <strata/config.h>
#include <strata/dtype.h>
#include <strata/shape.h>

#include "src/spec/object.h"

namespace strata {

// An output of an earlier layer, or an input: "enc", "enc/1".
struct Reference {
  std::string name;
  int output = 0;
  Mark at;
};

struct InputSpec {
  std::string name;  // Keras' automatic one where none is given
  Shape shape;       // without the batch axis; -1: open
  DType dtype = DType::float32;
  std::optional<std::int64_t> batch_size;
  Mark at;
};

struct ModelSpec;

struct LayerSpec {
  std::string name;  // Keras' automatic one where none is given
  // One of the three: a new layer, another call of an earlier layer, a model inside the model.
  std::optional<ObjectConfig> layer;
  std::string shared;
  std::shared_ptr<ModelSpec> model;

  std::vector<Reference> inputs;                          // in the order of the call
  std::vector<std::pair<std::string, Reference>> named;   // by call argument
  Config::Mapping call;                                   // call arguments that are no layer's outputs
  Mark at;                                                // its class name, or the key `layer`
};

struct ModelSpec {
  std::string name;
  std::vector<InputSpec> inputs;
  std::vector<LayerSpec> layers;
  std::vector<std::pair<std::string, Reference>> outputs;  // by output name
  bool is_list = false;                                    // written as a list of layers, or as a Sequential
  std::vector<std::pair<std::string, bool>> trainable;     // layer paths ("block/expand"), in the order of the patterns
  std::string file;                                        // `model: FILE`, and nothing else is given
  Node keras;                                              // Keras' to_json, and nothing else is given
  Mark at;

  bool is_described() const { return file.empty() && keras.is_null(); }
  // Keras' Sequential: a list in which each layer is called on the one above and on nothing else.
  bool is_sequential() const;
  // "encoder", "block/expand"; null when there is none.
  const LayerSpec* find(const std::string& path) const;
  std::vector<std::string> paths() const;
};

// Input's arguments, Keras' names.
struct InputArguments {
  std::optional<Shape> shape, batch_shape;
  std::optional<std::int64_t> batch_size;
  std::string dtype = "float32";
  std::optional<std::string> name;
  static Schema schema();
};

// Nothing after errors that leave no model to speak of; what is wrong with single layers is reported and they stay out.
std::optional<ModelSpec> check_model(const Node& node, Diagnostics& diagnostics);

// `*` stands for any letters, `?` for one.
bool matches_pattern(std::string_view pattern, std::string_view text);
// {"stem*": false}: the layers that each pattern names; where a file brings the model, the patterns themselves.
std::vector<std::pair<std::string, bool>> check_trainable(const Node& node, const ModelSpec& model, Diagnostics& diagnostics);

// The name of every entry of a list of layers, automatic ones included, as Keras counts them. `taken`: names of the inputs.
std::vector<std::string> layer_names(const Node& layers, const std::vector<std::string>& taken = {});
// Whether an entry of a list of layers is an input.
bool is_input(const Node& entry);

}  // namespace strata
