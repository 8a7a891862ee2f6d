#pragma once

#include <strata/optimizer.h>

namespace strata {

// Dynamic loss scaling: Micikevicius et al., "Mixed precision training", 2018. The rule, and how it is clipped, averaged and
// accumulated, is the inner optimizer's; its loss_scale_factor has no effect.
struct LossScaleOptimizer {
  Required<Optimizer> inner_optimizer = unset;
  double initial_scale = 32768;
  std::int64_t dynamic_growth_steps = 2000;
  std::string name = "loss_scale_optimizer";

  static Schema schema() {
    Field inner = field("inner_optimizer", &LossScaleOptimizer::inner_optimizer, "The optimizer that changes the weights.");
    inner.type.nullable = false;
    return describe<LossScaleOptimizer>("LossScaleOptimizer",
        "Scales the loss, so that float16 gradients do not vanish, and unscales them; halves the scale and skips the update where one is not finite.",
        inner,
        field("initial_scale", &LossScaleOptimizer::initial_scale, "Scale of the first step.", above(0)),
        field("dynamic_growth_steps", &LossScaleOptimizer::dynamic_growth_steps,
              "Updates in a row after which the scale doubles.", at_least(1)),
        field("name", &LossScaleOptimizer::name, "Name in files."));
  }
  const Optimizer& inner() const {
    if (!inner_optimizer.has_value() || !*inner_optimizer)
      throw Error(ErrorKind::spec, "the optimizer LossScaleOptimizer needs the argument 'inner_optimizer'",
                  "give it the optimizer that changes the weights");
    if (inner_optimizer->wraps())
      throw Error(ErrorKind::spec, "the optimizer LossScaleOptimizer wraps another LossScaleOptimizer",
                  "give it the optimizer that changes the weights");
    return *inner_optimizer;
  }
};

}  // namespace strata
