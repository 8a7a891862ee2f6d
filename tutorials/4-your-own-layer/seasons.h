#pragma once

#include <strata/layer.h>

// t (..., 1) -> (..., 2 harmonics): sin and cos of 2 pi k t / period for k = 1 ... harmonics. The period is learned.
struct Seasons {
  std::int64_t harmonics = 2;
  strata::Initializer period_initializer = "ones";
  std::optional<std::string> name = {};
  bool trainable = true;
  strata::Config dtype = {};

  static strata::Schema schema() {
    using namespace strata;
    return describe<Seasons>("Seasons", "Waves over time, with a period that is learned.",
                             field("harmonics", &Seasons::harmonics, "How many waves fit into a period.", at_least(1)),
                             field("period_initializer", &Seasons::period_initializer, "The period to begin with."),
                             layer_fields<Seasons>());
  }

  strata::Value call(strata::Scope& s, strata::Value t) const {
    const strata::Value period = s.weight("period", {1}, {period_initializer});
    std::vector<strata::Value> waves;
    for (int k = 1; k <= harmonics; ++k) {
      const strata::Value angle = 6.283185307179586 * k * t / period;
      waves.push_back(sin(angle));
      waves.push_back(cos(angle));
    }
    return concatenate(waves, -1);
  }
};
