#pragma once

#include <string>
#include <vector>

#include <strata/activation.h>
#include <strata/layers/core/einsum_axes.h>

namespace strata {

// y = activation(einsum(equation, x, kernel) + bias).
struct EinsumDense {
  Required<std::string> equation = unset;
  Required<Shape> output_shape = unset;
  Activation activation = "linear";
  std::optional<std::string> bias_axes = {};
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  Constraint kernel_constraint = {};
  Constraint bias_constraint = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    using T = EinsumDense;
    return describe<EinsumDense>("EinsumDense", "y = activation(einsum(equation, x, kernel) + bias).",
        field("equation", &T::equation, "Axes of input, kernel and output, a letter each: 'abc,cd->abd'; '...' for any others."),
        output_shape_field(), field("activation", &T::activation, "Function applied to every element."),
        field("bias_axes", &T::bias_axes, "Axes of the output that the bias has, by their letters; null: no bias."),
        kernel_fields<T>(), bias_fields<T>(), activity_field<T>(), layer_fields<T>());
  }

  Value call(Scope& s, Value x) const {
    const EinsumAxes axes(*equation, x.shape(), *output_shape);
    std::vector<Dim> dims;
    std::vector<std::int64_t> summed, made;  // axes of the kernel
    for (const char axis : axes.kernel) {
      (axes.output.find(axis) == std::string::npos ? summed : made).push_back(static_cast<std::int64_t>(dims.size()));
      dims.push_back(axes.length(axis));
    }
    const Value kernel = s.weight("kernel", Shape(dims), {with_fans(kernel_initializer, summed, made), kernel_regularizer, kernel_constraint});
    Value y = einsum(*equation, x, kernel);
    if (bias_axes) y = y + s.weight("bias", axes.bias_shape(*bias_axes), {bias_initializer, bias_regularizer, bias_constraint});
    return activation(y);
  }

 private:
  // One number stands for a shape of one axis.
  static Field output_shape_field() {
    Field f = field("output_shape", &EinsumDense::output_shape,
                    "Size of the output's axes but the batch and those of '...'; null where the input says it.");
    f.type.scalar_or_list = true;
    f.set_member = [](void* m, const Config& c) {
      Member<Required<Shape>>::set(*static_cast<Required<Shape>*>(m), c.as<std::int64_t>() ? Config(Config::List{c}) : c);
    };
    return f;
  }

  // Initializers that count connections count those of the equation, unless they say which axes they count.
  static Initializer with_fans(const Initializer& given, const std::vector<std::int64_t>& summed, const std::vector<std::int64_t>& made) {
    if (!given || !given.type().schema.find("input_axes") || !(given.argument("input_axes").is_null() || given.argument("output_axes").is_null()))
      return given;
    ObjectConfig config = *given.config().as<ObjectConfig>();
    for (auto& [name, value] : config.arguments) {
      if (name == "input_axes") value = Config(Config::List(summed.begin(), summed.end()));
      if (name == "output_axes") value = Config(Config::List(made.begin(), made.end()));
    }
    Initializer counted;
    counted.assign(config);
    return counted;
  }
};

}  // namespace strata
