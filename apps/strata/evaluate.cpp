#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <strata/error.h>
#include "apps/strata/loaded_model.h"
#include "apps/strata/progress.h"
#include "src/model/model_state.h"

namespace strata {

void add_evaluate(Verbs& verbs) {
  struct Options { ModelChoice model; DataChoice data; };
  const auto o = std::make_shared<Options>();
  CLI::App& verb = verbs.add("evaluate", "Loss and metrics of a model.", [&verbs, o] {
    LoadedModel loaded = load_model(o->model, verbs.common);
    if (!loaded.has_weights)
      throw Error(ErrorKind::spec, fmt::format("{}: the model has no weights: it was never trained", o->model.model), "name them: --weights FILE");
    if (!loaded.model.state().compiled)
      throw Error(ErrorKind::spec, fmt::format("{}: the model is not compiled: there is no loss", o->model.model), "give one: --set compile.loss=...");
    const Rows rows = rows_to_use(o->data, loaded, verbs.common, "evaluate");
    if (rows.data.y.empty()) throw Error(ErrorKind::spec, "there are no targets to evaluate against", "name them: --y FILE");
    const Logs logs = [&] {
      WorkProgress progress(verbs.common.quiet, "evaluate");
      return loaded.model.evaluate(rows.data, {.batch_size = batch_size(o->data, loaded), .progress = std::ref(progress)});
    }();
    Node out = Node::mapping();
    for (const auto& [name, value] : logs) {
      out.set(name, Node::number(value));
      if (!verbs.common.json) std::printf("%s: %s\n", name.c_str(), fmt::format("{:.6g}", value).c_str());
    }
    if (verbs.common.json) print_json(out);
    return 0;
  });
  add_model_options(verb, o->model);
  add_data_options(verb, o->data, true);
}

}  // namespace strata
