#include <cstdio>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/strata/loaded_model.h"
#include "apps/strata/progress.h"
#include "src/files/choices_json.h"
#include "src/io/atomic_file.h"
#include "src/model/tuning.h"

namespace strata {
namespace {

void print(const Tuning& tuning) {
  std::size_t place = 5, kernel = 6;
  for (const TunedRegion& r : tuning.regions) {
    place = std::max(place, r.place.size());
    kernel = std::max({kernel, r.kernel.size(), r.before.size()});
  }
  std::printf("%-*s  %10s  %10s  %-*s\n", static_cast<int>(place), "layer", "us before", "us", static_cast<int>(kernel), "kernel");
  for (const TunedRegion& r : tuning.regions)
    std::printf("%-*s  %10.1f  %10.1f  %s\n", static_cast<int>(place), r.place.c_str(), r.seconds_before * 1e6, r.seconds * 1e6,
                (r.kernel == r.before ? r.kernel : r.kernel + ", not " + r.before).c_str());
}

}  // namespace

void add_tune(Verbs& verbs) {
  struct Options { ModelChoice model; DataChoice data; std::string out; };
  const auto o = std::make_shared<Options>();
  CLI::App& verb = verbs.add("tune", "Times the kernels of a step on this machine and writes the fastest.", [&verbs, o] {
    LoadedModel loaded = load_model(o->model, verbs.common);
    ModelState& state = loaded.model.state();
    const Tuning tuning = [&] {
      WorkProgress progress(verbs.common.quiet, "tune", "regions");
      return tune(state, batch_size(o->data, loaded), [&](std::size_t region, std::size_t of) {
        progress(static_cast<std::int64_t>(region), static_cast<std::int64_t>(of));
      });
    }();
    std::string out = o->out;
    if (out.empty()) out = (loaded.spec.name.empty() ? "model" : loaded.spec.name) + ".choices.json";
    if (const auto folder = std::filesystem::path(out).parent_path(); !folder.empty()) std::filesystem::create_directories(folder);
    write_atomically(out, as_bytes(choices_json(state, tuning.choices)));
    if (verbs.common.json) {
      Node regions = Node::sequence();
      for (const TunedRegion& r : tuning.regions) {
        Node row = Node::mapping();
        row.set("layer", Node::string(r.place));
        row.set("ops", Node::string(r.ops));
        row.set("before", Node::string(r.before));
        row.set("kernel", Node::string(r.kernel));
        row.set("before_ms", Node::number(r.seconds_before * 1e3));
        row.set("ms", Node::number(r.seconds * 1e3));
        regions.append(row);
      }
      Node result = Node::mapping();
      result.set("out", Node::string(out));
      result.set("step_ms_before", Node::number(tuning.seconds_before * 1e3));
      result.set("step_ms", Node::number(tuning.seconds * 1e3));
      result.set("regions", regions);
      print_json(result);
      return 0;
    }
    print(tuning);
    std::printf("\n%.3f ms a step, %.3f before; to use them: --set run.choices=%s\n", tuning.seconds * 1e3, tuning.seconds_before * 1e3,
                std::filesystem::absolute(out).c_str());
    return 0;
  });
  add_model_options(verb, o->model);
  verb.add_option("--batch-size", o->data.batch_size, "Rows of the step; else what the spec says.")->check(integer_from(1));
  verb.add_option("--out", o->out, "Where to write. Default: NAME.choices.json.");
}

}  // namespace strata
