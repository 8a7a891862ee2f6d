#pragma once

#include <vector>

#include <strata/layer.h>

namespace strata {

// A recurrent layer over x (N, T, features) from both ends: what the two give step by step is put together by merge_mode, or
// given as two outputs where it is null. With return_state their last states come after it, the forward layer's first.
// Source: Schuster & Paliwal 1997.
struct Bidirectional {
  Required<Layer> layer = unset;
  std::optional<std::string> merge_mode = "concat";
  Layer backward_layer = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::custom;

  static Schema schema() {
    Field backward = field("backward_layer", &Bidirectional::backward_layer, "The layer that goes backwards; absent: one like layer.");
    backward.type.nullable = true;
    return describe<Bidirectional>("Bidirectional", "A recurrent layer that reads a sequence in both directions.",
        field("layer", &Bidirectional::layer, "The recurrent layer, read forward."),
        field("merge_mode", &Bidirectional::merge_mode, "How the two outputs become one; null: two outputs.",
              one_of({"sum", "mul", "concat", "ave"})),
        backward, activity_field<Bidirectional>(), layer_fields<Bidirectional>());
  }
  static CallSignature signature() { return {.inputs = {"sequences"}, .rest = "initial_state"}; }
  std::vector<InnerLayer> inner() const {
    const Directions d = directions();
    return {{d.forward_name, "forward_layer", d.forward}, {d.backward_name, "backward_layer", d.backward}};
  }
  bool mixes_rows() const { return layer->mixes_rows(); }

  std::vector<Value> call(Scope& s, const Inputs& inputs) const {
    const Directions d = directions();
    const auto states = inputs.size() - 1;
    if (inputs.size() == 0 || states % 2 != 0)
      throw Error(ErrorKind::spec, "Bidirectional takes its input, then the initial states of the forward layer and as many of the backward one; " +
                                       std::to_string(inputs.size()) + " inputs are given");
    const auto of = [&](std::size_t first) {
      std::vector<Value> own{inputs[0]};
      for (std::size_t i = 0; i < states / 2; ++i) own.push_back(inputs[1 + first + i]);
      const Value given = inputs.named("mask");
      return given ? Inputs(std::move(own), {{"mask", given}}) : Inputs(std::move(own));
    };
    std::vector<Value> y = s.call(d.forward_name, d.forward, of(0)), z = s.call(d.backward_name, d.backward, of(states / 2));
    const bool sequences = flag(d.forward, "return_sequences");
    if (sequences) z[0] = reverse(z[0], 1);
    std::vector<Value> outputs;
    if (merge_mode) outputs.push_back(merged(y[0], z[0]));
    else outputs = {y[0], z[0]};
    if (sequences)
      for (const Value& v : outputs) s.set_mask(v, s.mask(inputs[0]));
    outputs.insert(outputs.end(), y.begin() + 1, y.end());
    outputs.insert(outputs.end(), z.begin() + 1, z.end());
    return outputs;
  }

 private:
  struct Directions {
    Layer forward, backward;
    std::string forward_name, backward_name;
  };

  static bool flag(const Layer& l, const char* name) { return l.argument(name) == Config(true); }

  // Keras names the layers forward_<name> and backward_<name>, and lets a masked step give zeros where sequences come out:
  // the step before would be another one in each direction.
  Directions directions() const {
    for (const Layer* l : {&*layer, &backward_layer})
      if (*l && !l->type().schema.find("go_backwards"))
        throw Error(ErrorKind::spec, "Bidirectional takes a recurrent layer (LSTM, GRU, SimpleRNN, RNN); received " + l->name());
    const auto named = [](const Layer& l, const std::string& direction) {
      const std::string own = l.given_name().empty() ? snake_case(l.name()) : l.given_name();
      return own.rfind(direction, 0) == 0 ? own : direction + own;
    };
    const auto made = [](const Layer& l, const std::string& called, bool backwards) {
      return l.with({{"name", called}, {"go_backwards", backwards}, {"zero_output_for_mask", flag(l, "return_sequences")}});
    };
    Directions d;
    d.forward_name = named(*layer, "forward_");
    d.backward_name = backward_layer && !backward_layer.given_name().empty() ? backward_layer.given_name()
                                                                            : named(backward_layer ? backward_layer : *layer, "backward_");
    d.forward = made(*layer, d.forward_name, flag(*layer, "go_backwards"));
    d.backward = backward_layer ? made(backward_layer, d.backward_name, flag(backward_layer, "go_backwards")) : made(*layer, d.backward_name, true);
    if (flag(d.forward, "go_backwards") == flag(d.backward, "go_backwards"))
      throw Error(ErrorKind::spec, "Bidirectional: layer and backward_layer go the same way", "go_backwards must be true in one of them");
    for (const char* name : {"stateful", "return_sequences", "return_state"})
      if (flag(d.forward, name) != flag(d.backward, name))
        throw Error(ErrorKind::spec, std::string("Bidirectional: layer and backward_layer differ in ") + name);
    return d;
  }

  Value merged(Value y, Value z) const {
    if (*merge_mode == "sum") return y + z;
    if (*merge_mode == "mul") return y * z;
    if (*merge_mode == "ave") return (y + z) / 2;
    return concatenate({y, z}, -1);
  }
};

}  // namespace strata
