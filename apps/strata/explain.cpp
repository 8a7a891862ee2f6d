#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/strata/loaded_model.h"
#include "src/model/step_trial.h"

namespace strata {
namespace {

Node json_of(const Plan& plan) {
  Node steps = Node::sequence();
  for (const PlannedStep& s : plan.steps) {
    Node refused = Node::sequence();
    for (const Refusal& r : s.refusals) {
      Node row = Node::mapping();
      row.set("kernel", Node::string(r.kernel));
      row.set("reason", Node::string(r.reason));
      refused.append(row);
    }
    Node row = Node::mapping();
    row.set("layer", Node::string(s.place));
    row.set("kernel", Node::string(s.kernel));
    row.set("ops", Node::string(s.ops));
    row.set("region", Node::string(s.signature));
    row.set("once", Node::boolean(s.once));
    row.set("refused", refused);
    steps.append(row);
  }
  Node out = Node::mapping();
  out.set("steps", steps);
  return out;
}

// What only the weights decide runs once, until they change.
std::string kernel_of(const PlannedStep& s) { return s.once ? s.kernel + ", once" : s.kernel; }

void print(const Plan& plan) {
  std::size_t place = 5, kernel = 6;
  for (const PlannedStep& s : plan.steps) {
    place = std::max(place, s.place.size());
    kernel = std::max(kernel, kernel_of(s).size());
  }
  std::printf("%-*s  %-*s  %s\n", static_cast<int>(place), "layer", static_cast<int>(kernel), "kernel", "ops");
  for (const PlannedStep& s : plan.steps) {
    std::printf("%-*s  %-*s  %s\n", static_cast<int>(place), s.place.c_str(), static_cast<int>(kernel), kernel_of(s).c_str(), s.ops.c_str());
    for (const Refusal& r : s.refusals)
      if (r.kernel != "reference")  // where another kernel runs, it is no news that the definition does not
        std::printf("%*s  not %s: %s\n", static_cast<int>(place), "", r.kernel.c_str(), r.reason.c_str());
  }
}

}  // namespace

void add_explain(Verbs& verbs) {
  struct Options { ModelChoice model; DataChoice data; };
  const auto o = std::make_shared<Options>();
  CLI::App& verb = verbs.add("explain", "Which kernel runs each region of a step, and why others declined.", [&verbs, o] {
    CommonOptions quiet = verbs.common;
    quiet.quiet = true;
    LoadedModel loaded = load_model(o->model, quiet);
    const std::int64_t rows = batch_size(o->data, loaded);
    const StepTrial trial(loaded.model.state(), rows);
    if (verbs.common.json) {
      print_json(json_of(trial.plan()));
      return 0;
    }
    say(verbs.common, fmt::format("a {} step of {} rows on {}: {} calls", trial.is_training() ? "training" : "prediction", rows,
                                  loaded.model.state().backend()->description(), trial.plan().calls.size()));
    print(trial.plan());
    return 0;
  });
  add_model_options(verb, o->model);
  verb.add_option("--batch-size", o->data.batch_size, "Rows of the step; else what the spec says.")->check(integer_from(1));
}

}  // namespace strata
