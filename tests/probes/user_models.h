// The probes that a program defines in C++: tests/golden/probes/vae.md, user_layer.md and gan.md, word for word.
#pragma once

#include <strata/layers/activations/leaky_relu.h>
#include <strata/layers/core/dense.h>
#include <strata/losses/binary_crossentropy.h>
#include <strata/model.h>
#include <strata/optimizers/adam.h>
#include <strata/step.h>
#include "golden/probe.h"

namespace strata {

// z = mean + exp(log_variance / 2) eps; adds its divergence from the unit normal to the loss.
struct Sampling {
  double weight = 0.1;
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};
  static Schema schema() {
    return describe<Sampling>("Sampling", "Draws from a normal.",
                              field("weight", &Sampling::weight, "Factor on the divergence."),
                              layer_fields<Sampling>());
  }
  Value call(Scope& s, const Inputs& in) const {
    const Value m = in[0], v = in[1], eps = in[2];
    const Value kl = mean(-0.5 * sum(1 + v - square(m) - exp(v), Axes{-1}));
    s.loss(weight * kl);
    s.metric("kl", kl);
    return m + exp(v / 2) * eps;
  }
};

// y = tanh(x kernel + bias) * sigmoid(x gate_kernel + gate_bias): primitives only.
struct Gated {
  Required<std::int64_t> units = unset;
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};
  static Schema schema() {
    return describe<Gated>("Gated", "A gated unit.", field("units", &Gated::units, "Size of the output.", at_least(1)),
                           layer_fields<Gated>());
  }
  Value call(Scope& s, Value x) const {
    const auto affine = [&](const char* kernel, const char* bias) {
      const Value w = s.weight(kernel, {x.dim(-1), *units});
      return matmul(x, w) + s.weight(bias, {*units}, {.initializer = "zeros"});
    };
    const Value h = tanh(affine("kernel", "bias"));
    return h * sigmoid(affine("gate_kernel", "gate_bias"));
  }
};

// y = x + relu(layer_norm(x) kernel + bias), with the fused op.
struct Residual {
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};
  static Schema schema() { return describe<Residual>("Residual", "A residual block.", layer_fields<Residual>()); }
  Value call(Scope& s, Value x) const {
    const Dim units = x.dim(-1);
    const Value gamma = s.weight("gamma", {units}, {.initializer = "ones"}),
                beta = s.weight("beta", {units}, {.initializer = "zeros"});
    const Value n = layer_norm(x, gamma, beta, 1e-5);
    const Value kernel = s.weight("kernel", {units, units});
    return x + relu(matmul(n, kernel) + s.weight("bias", {units}, {.initializer = "zeros"}));
  }
};

inline Model vae(const RunOptions& run) {
  const auto x = Input({6}, {.name = "x"}), eps = Input({2}, {.name = "eps"});
  const auto h = x | Dense{.units = 5, .activation = "tanh", .name = "encoder"};
  const auto m = h | Dense{.units = 2, .name = "mean"}, v = h | Dense{.units = 2, .name = "log_variance"};
  const auto z = std::vector{m, v, eps} | Sampling{.name = "sampling"};
  Model model({x, eps},
              {z | Dense{.units = 5, .activation = "tanh", .name = "decoder"} |
               Dense{.units = 6, .activation = "sigmoid", .name = "out"}},
              {}, run);
  model.compile({.optimizer = Adam{.learning_rate = 0.01}, .loss = "binary_crossentropy"});
  return model;
}

inline Model user_layer(const RunOptions& run) {
  const auto x = Input({5}, {.name = "x"});
  Model model(x,
              x | Gated{.units = 6, .name = "gated"} | Residual{.name = "residual"} | Dense{.units = 3, .name = "out"},
              {}, run);
  model.compile({.optimizer = Adam{.learning_rate = 0.01}, .loss = "mse", .metrics = MetricList{"mae"}});
  return model;
}

// Two models and the step that trains them.
struct Gan {
  Gan(const Golden& golden, const RunOptions& run)
      : generator(make_generator(run)), discriminator(make_discriminator(run)) {
    generator.set_weights(golden.under("initial/generator"));
    discriminator.set_weights(golden.under("initial/discriminator"));
  }
  static Model make_generator(const RunOptions& run) {
    const auto z = Input({3});
    return {z,
            z | Dense{.units = 6, .activation = "relu", .name = "g_hidden"} |
                Dense{.units = 4, .activation = "tanh", .name = "sample"},
            {.name = "generator"},
            run};
  }
  static Model make_discriminator(const RunOptions& run) {
    const auto x = Input({4});
    return {x,
            x | Dense{.units = 6, .name = "d_hidden"} | LeakyReLU{.negative_slope = 0.2} |
                Dense{.units = 1, .name = "logit"},
            {.name = "discriminator"},
            run};
  }
  // gan.md, word for word.
  void operator()(StepScope& s) const {
    const Loss h = losses::BinaryCrossentropy{.from_logits = true};
    const Value real = s.input("real", {4}), z_d = s.input("z_d", {3}), z_g = s.input("z_g", {3});
    const Value fake = detach ? stop_gradient(s.call(generator, z_d)) : s.call(generator, z_d);
    const Value yes = s.call(discriminator, real), no = s.call(discriminator, fake);
    const Value d_loss = h(ones_like(yes), yes) + h(zeros_like(no), no);
    s.minimize(d_loss, {discriminator}, Adam{.learning_rate = 0.01, .beta_1 = 0.5});
    const Value judged = s.call(discriminator, s.call(generator, z_g));
    const Value g_loss = h(ones_like(judged), judged);
    s.minimize(g_loss, {generator}, Adam{.learning_rate = 0.02, .beta_1 = 0.5});
    s.report("d_loss", d_loss);
    s.report("g_loss", g_loss);
  }

  Model generator, discriminator;
  bool detach = true;
};

}  // namespace strata
