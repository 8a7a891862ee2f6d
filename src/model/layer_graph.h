// The layer graph: which layer is called on which outputs.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <strata/model.h>
#include "src/model/trace.h"

namespace strata {

// An input of a model: its shape without the batch axis, -1 for an open axis.
struct InputType {
  Shape shape;
  DType dtype = DType::float32;
  std::optional<std::int64_t> batch_size;
};

// Several layers that do not fit, none of them fed by another one.
class LayerErrors : public Error {
 public:
  explicit LayerErrors(std::vector<Error> errors);
  const std::vector<Error>& errors() const { return errors_; }

 private:
  std::vector<Error> errors_;
};

struct LayerCall {
  Layer layer;                     // empty for an input
  std::optional<InputType> input;
  std::string name;                // given for this call; else the layer's
  std::vector<LayerOutput> inputs;
  std::map<std::string, LayerOutput> named;
  Config::Mapping arguments;
  std::int64_t serial = 0;         // calls in the order they were written
};

class LayerGraph {
 public:
  // Collects the calls between inputs and outputs and names their layers as Keras does. An output that depends on another
  // input, a name given twice, and an input that reaches no output are Errors.
  // `output_names`: absent, those of the outputs' layers.
  LayerGraph(std::vector<LayerOutput> inputs, std::vector<LayerOutput> outputs, std::vector<std::string> output_names = {});

  const std::vector<std::shared_ptr<LayerCall>>& calls() const { return calls_; }  // in order, inputs first among equals
  const std::vector<LayerOutput>& inputs() const { return inputs_; }
  const std::vector<LayerOutput>& outputs() const { return outputs_; }
  // In logs, losses, targets and predictions.
  const std::vector<std::string>& output_names() const { return output_names_; }
  // Name of the layer (or input) of a call.
  const std::string& name(const LayerCall& call) const { return names_.at(&call); }
  // One entry per layer, a shared one once, in the order of first calls.
  struct Entry { std::string name; Layer layer; const LayerCall* call; };
  const std::vector<Entry>& layers() const { return layers_; }

  // The types of the inputs with symbols for open axes: "batch" and "<input>.<axis>".
  std::vector<TensorType> input_types() const;

  // Writes the ops of every call under `scope`; `inputs` are the values of the model's inputs.
  std::vector<Value> trace(Scope& scope, const std::vector<Value>& inputs) const;
  // The same up to outputs inside the graph.
  std::vector<Value> trace_until(Scope& scope, const std::vector<Value>& inputs, const std::vector<LayerOutput>& wanted) const;

 private:
  using CallValues = std::map<const LayerCall*, std::vector<Value>>;
  std::string described(const LayerCall& call) const;
  Value value_of(const LayerOutput& o, const LayerCall& reader, const CallValues& values) const;
  std::vector<Value> traced(Scope& scope, const LayerCall& call, const CallValues& values) const;

  std::vector<LayerOutput> inputs_, outputs_;
  std::vector<std::string> output_names_;
  std::vector<std::shared_ptr<LayerCall>> calls_;
  std::map<const LayerCall*, std::string> names_;
  std::vector<Entry> layers_;
};

// A model as a layer of another one.
struct Nested {
  std::shared_ptr<ModelState> model;
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};
  static constexpr Mask mask = Mask::custom;
  static Schema schema();
  std::vector<Value> call(Scope& scope, const Inputs& inputs) const;
};

}  // namespace strata
