#pragma once

#include <strata/schedule.h>
#include <strata/ops.h>

namespace strata::schedules {

struct PiecewiseConstantDecay {
  Required<std::vector<double>> boundaries = unset;
  Required<std::vector<double>> values = unset;
  std::string name = "PiecewiseConstant";

  static Schema schema() {
    return describe<PiecewiseConstantDecay>("PiecewiseConstantDecay",
        "values[i] up to the update boundaries[i], then the next; the last value stays.",
        field("boundaries", &PiecewiseConstantDecay::boundaries, "Updates after which the rate changes, rising."),
        field("values", &PiecewiseConstantDecay::values, "Rates, one more than boundaries.", at_least(0)),
        field("name", &PiecewiseConstantDecay::name, "Name in files."));
  }
  Value call(Value step) const {
    if (values->size() != boundaries->size() + 1)
      throw Error(ErrorKind::spec,
                  "the schedule PiecewiseConstantDecay needs one value more than boundaries, received " +
                                       std::to_string(values->size()) + " values and " + std::to_string(boundaries->size()) + " boundaries");
    Value rate = full(step, {}, values->back(), step.dtype());
    for (std::size_t i = boundaries->size(); i-- > 0;) rate = select(step <= (*boundaries)[i], (*values)[i], rate);
    return rate;
  }
};

}  // namespace strata::schedules
