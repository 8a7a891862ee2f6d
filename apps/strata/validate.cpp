#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/strata/verb.h"
#include "src/files/keras_model.h"
#include "src/files/spec_model.h"

namespace strata {

void add_validate(Verbs& verbs) {
  struct Options { std::vector<std::string> files; bool strict = false; };
  const auto o = std::make_shared<Options>();
  CLI::App& verb = verbs.add("validate", "Finds every error of specs; no data is read.", [&verbs, o] {
    Diagnostics diagnostics;
    for (const std::string& file : o->files) validate_spec(file, verbs.common.set, diagnostics, read_model);
    const bool wrong = diagnostics.has_errors() || (o->strict && diagnostics.warning_count() > 0);
    if (verbs.common.json) std::printf("%s\n", json_of(diagnostics.sorted()).c_str());
    else if (wrong || diagnostics.warning_count() > 0) std::fprintf(stderr, "%s\n", diagnostics.text().c_str());
    if (!wrong && !verbs.common.json)
      for (const std::string& file : o->files) std::printf("%s: ok\n", file.c_str());
    return wrong ? 2 : 0;
  });
  verb.add_option("SPEC", o->files, "YAML or JSON files.")->required();
  verb.add_flag("--strict", o->strict, "Warnings are errors.");
}

}  // namespace strata
