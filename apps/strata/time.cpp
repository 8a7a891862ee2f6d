#include <cstdio>
#include <map>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/strata/loaded_model.h"
#include "src/model/step_trial.h"

namespace strata {
namespace {

// Seconds of a layer, or of the loss, the metrics or the optimizer.
struct Part {
  std::string name;
  double forward = 0, backward = 0, update = 0;
};

std::vector<Part> parts_of(StepTrial& trial) {
  constexpr std::string_view gradient = "(gradient)";
  std::vector<Part> parts;
  const std::vector<double> seconds = trial.seconds_of_steps();
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    std::string name = trial.plan().steps[i].place;
    const bool backward = name.ends_with(gradient);
    if (backward) name.erase(name.size() - gradient.size());
    while (name.ends_with(' ')) name.pop_back();
    if (name.empty()) name = "others";
    auto part = std::find_if(parts.begin(), parts.end(), [&](const Part& p) { return p.name == name; });
    if (part == parts.end()) part = parts.insert(parts.end(), Part{name});
    (name == "optimizer" ? part->update : backward ? part->backward : part->forward) += seconds[i];
  }
  return parts;
}

Part sum_of(const std::vector<Part>& parts) {
  Part sum{"sum"};
  for (const Part& p : parts) sum.forward += p.forward, sum.backward += p.backward, sum.update += p.update;
  return sum;
}

Node json_of(const Part& part) {
  Node row = Node::mapping();
  row.set("name", Node::string(part.name));
  row.set("forward_ms", Node::number(part.forward * 1e3));
  row.set("backward_ms", Node::number(part.backward * 1e3));
  row.set("update_ms", Node::number(part.update * 1e3));
  return row;
}

std::string cell(double seconds) { return seconds > 0 ? fmt::format("{:.3f}", seconds * 1e3) : ""; }

}  // namespace

void add_time(Verbs& verbs) {
  struct Options { ModelChoice model; DataChoice data; };
  const auto o = std::make_shared<Options>();
  CLI::App& verb = verbs.add("time", "Milliseconds of a step, layer by layer, on synthetic data.", [&verbs, o] {
    CommonOptions quiet = verbs.common;
    quiet.quiet = true;
    LoadedModel loaded = load_model(o->model, quiet);
    const std::int64_t rows = batch_size(o->data, loaded);
    StepTrial trial(loaded.model.state(), rows);
    const double whole = trial.seconds();
    const std::vector<Part> parts = parts_of(trial);
    const Part sum = sum_of(parts);
    if (verbs.common.json) {
      Node out = json_of(sum);
      out.set("name", Node::string(loaded.model.name()));
      out.set("batch_size", Node::integer(rows));
      out.set("step_ms", Node::number(whole * 1e3));
      Node& layers = out.set("layers", Node::sequence());
      for (const Part& p : parts) layers.append(json_of(p));
      print_json(out);
      return 0;
    }
    say(verbs.common, fmt::format("a {} step of {} rows on {}, synthetic data", trial.is_training() ? "training" : "prediction", rows,
                                  loaded.model.state().backend()->description()));
    std::size_t width = 5;
    for (const Part& p : parts) width = std::max(width, p.name.size());
    std::string table = fmt::format("{:<{}}  {:>10}  {:>10}  {:>10}\n", "ms", width, "forward", "backward", "update");
    for (const Part& p : parts) table += fmt::format("{:<{}}  {:>10}  {:>10}  {:>10}\n", p.name, width, cell(p.forward), cell(p.backward), cell(p.update));
    table += fmt::format("{:<{}}  {:>10}  {:>10}  {:>10}\n", sum.name, width, cell(sum.forward), cell(sum.backward), cell(sum.update));
    table += fmt::format("\n{:.3f} ms a step, {:.0f} rows a second; the parts sum to {:.3f} ms\n", whole * 1e3, static_cast<double>(rows) / whole,
                         (sum.forward + sum.backward + sum.update) * 1e3);
    std::printf("%s", table.c_str());
    return 0;
  });
  add_model_options(verb, o->model);
  verb.add_option("--batch-size", o->data.batch_size, "Rows of the step; else what the spec says.")->check(integer_from(1));
}

}  // namespace strata
