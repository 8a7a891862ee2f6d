#include <cstdio>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <strata/error.h>
#include "apps/strata/loaded_model.h"
#include "src/files/keras_config.h"
#include "src/files/model_to_spec.h"
#include "src/io/atomic_file.h"
#include "src/spec/render.h"
#include "src/spec/write.h"

namespace strata {
namespace {

// The spec that the model came with, data and training too, around the model itself.
Spec as_spec(const LoadedModel& loaded) {
  Spec spec = loaded.spec;
  spec.model = model_spec_of(loaded.model);
  if (spec.name.empty()) spec.name = loaded.model.name();
  if (auto compile = compile_spec_of(loaded.model)) spec.compile = std::move(compile);
  return spec;
}

}  // namespace

void add_convert(Verbs& verbs) {
  struct Options { ModelChoice from; std::string to; };
  const auto o = std::make_shared<Options>();
  CLI::App& verb = verbs.add("convert", "A model from one kind of file to another.", [&verbs, o] {
    if (o->from.model.ends_with(".weights.h5"))
      throw Error(ErrorKind::spec, fmt::format("{}: holds weights without an architecture", o->from.model), "name the model and give these as --weights");
    const LoadedModel loaded = load_model(o->from, verbs.common, Weights::best);
    const std::filesystem::path parent = std::filesystem::path(o->to).parent_path();
    if (!parent.empty()) std::filesystem::create_directories(parent);
    if (o->to.ends_with(".json")) {
      write_atomically(o->to, as_bytes(keras_config(loaded.model) + "\n"));
      if (loaded.has_weights) say(verbs.common, "weights stay behind: a .json file holds the architecture");
    } else if (o->to.ends_with(".yaml") || o->to.ends_with(".yml")) {
      write_atomically(o->to, as_bytes(write_yaml(render_spec(as_spec(loaded), true))));
      if (loaded.has_weights) say(verbs.common, "weights stay behind: a spec holds the architecture");
    } else {
      loaded.model.save(o->to);
      if (!loaded.has_weights) say(verbs.common, fmt::format("the model was never trained: {} holds the initial weights of seed {}", o->to, loaded.spec.run.seed));
    }
    if (verbs.common.json) {
      Node out = Node::mapping();
      out.set("out", Node::string(o->to));
      print_json(out);
    }
    return 0;
  });
  verb.add_option("FROM", o->from.model, "A spec, a Keras file or a run directory.")->required();
  verb.add_option("TO", o->to, ".keras, .h5, .weights.h5, .json (Keras' to_json) or .yaml.")->required();
  verb.add_option("--weights", o->from.weights, "Weights to use.");
}

}  // namespace strata
