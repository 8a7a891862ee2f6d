#include <cstdio>

#include <CLI/CLI.hpp>

#include "apps/strata/loaded_model.h"
#include "src/spec/render.h"
#include "src/spec/write.h"

namespace strata {

void add_render(Verbs& verbs) {
  const auto choice = std::make_shared<ModelChoice>();
  CLI::App& verb = verbs.add("render", "A spec with every default written out.", [&verbs, choice] {
    Diagnostics diagnostics;
    const Spec spec = check_spec(model_tree(*choice, verbs.common), diagnostics);
    diagnostics.throw_if_errors();
    const Node tree = render_spec(spec);
    std::printf("%s", (verbs.common.json ? write_json(tree) + "\n" : write_yaml(tree)).c_str());
    return 0;
  });
  verb.add_option("SPEC", choice->model, "A YAML or JSON file.")->required();
}

}  // namespace strata
