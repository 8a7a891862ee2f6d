#pragma once

#include <vector>

#include <strata/layer.h>

namespace strata {

// x (N, T, ...) -> (N, T, ...): the same layer at every step. A layer that sees each row for itself is called once, on the
// steps as rows (N T, ...); one that keeps statistics or states is called step after step, as in Keras.
struct TimeDistributed {
  Required<Layer> layer = unset;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::passes;

  static Schema schema() {
    return describe<TimeDistributed>("TimeDistributed", "A layer at every step of a sequence.",
        field("layer", &TimeDistributed::layer, "The layer."),
        activity_field<TimeDistributed>(), layer_fields<TimeDistributed>());
  }
  static CallSignature signature() { return {.inputs = {"inputs"}}; }
  std::vector<InnerLayer> inner() const { return {{inner_name(), "layer", *layer}}; }
  bool mixes_rows() const { return layer->mixes_rows(); }

  Value call(Scope& s, Value x) const {
    if (x.rank() < 3) throw Error(ErrorKind::spec, "TimeDistributed takes an input of at least 3 axes, (batch, steps, ...); received " + x.shape().str());
    if (layer->name() == "Functional")
      throw Error(ErrorKind::spec, "TimeDistributed takes a layer, not a model: '" + layer->given_name() + "' is one", "wrap its layers one by one");
    // Keras counts no activity regularizer of the layer inside.
    const Layer inside = layer->argument("activity_regularizer").is_null() ? *layer : layer->with({{"activity_regularizer", {}}});
    const Value valid = s.mask(x);
    const auto at = [&](Value step, Value step_mask) {
      const std::vector<Value> y =
          s.call(inner_name(), inside, step_mask ? Inputs({step}, {{"mask", step_mask}}) : Inputs({step}));
      if (y.size() != 1)
        throw Error(ErrorKind::spec, "TimeDistributed takes a layer with one output; " + inside.name() + " gives " + std::to_string(y.size()));
      return y[0];
    };
    if (!inside.mixes_rows()) {
      const auto as_rows = [&](Value v) { return reshape(v, Shape{v.dim(0) * v.dim(1)} + v.shape().slice(2, v.rank())); };
      const Value y = at(as_rows(x), valid ? as_rows(valid) : Value());
      return reshape(y, Shape{x.dim(0), x.dim(1)} + y.shape().slice(1, y.rank()));
    }
    if (!x.dim(1).is_known())
      throw Error(ErrorKind::spec, "TimeDistributed: " + inside.name() + " is called step after step, so the number of steps must be known; the input is " +
                                       x.shape().str());
    std::vector<Value> steps;
    for (std::int64_t t = 0; t < x.dim(1).value(); ++t) steps.push_back(at(take(x, 1, t), valid ? take(valid, 1, t) : Value()));
    return stack(steps, 1);
  }

 private:
  std::string inner_name() const { return layer->given_name().empty() ? snake_case(layer->name()) : layer->given_name(); }
};

}  // namespace strata
