#pragma once

#include <string>
#include <vector>

#include <strata/layer.h>

namespace strata {

// y = scale x + offset.
struct Rescaling {
  Config scale = {};
  Config offset = 0.0;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::passes;

  static Schema schema() {
    return describe<Rescaling>("Rescaling", "Its input times a scale, plus an offset: 1/255 brings bytes to [0, 1].",
        field("scale", &Rescaling::scale, "A number, or a list of one per element of the last axis."),
        field("offset", &Rescaling::offset, "A number, or a list of one per element of the last axis."),
        activity_field<Rescaling>(), layer_fields<Rescaling>());
  }

  Value call(Scope& s, Value input) const {
    const Value x = cast(input, s.compute_dtype());
    return x * factor(x, "scale", scale) + factor(x, "offset", offset);
  }

 private:
  static Value factor(Value x, const std::string& argument, const Config& c) {
    if (c.is_null()) throw Error(ErrorKind::spec, "Rescaling needs the argument '" + argument + "'");
    if (c.is_number()) return full(x, {}, c.number(), x.dtype());
    std::vector<double> values;
    const auto* list = c.as<Config::List>();
    for (const Config& item : list ? *list : Config::List{}) {
      if (!item.is_number()) break;
      values.push_back(item.number());
    }
    if (!list || values.size() != list->size() || values.empty())
      throw Error(ErrorKind::spec, "Rescaling: " + argument + " must be a number or a list of numbers, received " + c.str());
    const auto n = static_cast<std::int64_t>(values.size());
    if (n != 1 && x.dim(-1).is_known() && x.dim(-1).value() != n)
      throw Error(ErrorKind::spec, "Rescaling: " + argument + " has " + std::to_string(n) + " numbers, the last axis of its input " + x.shape().str() +
                                       " has " + x.dim(-1).str());
    return constant(x, Tensor::of<double>({n}, values).astype(x.dtype()));
  }
};

}  // namespace strata
