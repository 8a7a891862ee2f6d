#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/strata/verb.h"
#include "src/spec/overrides.h"
#include "src/spec/reader.h"
#include "src/spec/spec.h"
#include "src/spec/warnings.h"

namespace strata {
namespace {

void check_file(const std::string& path, const std::vector<std::string>& set, Diagnostics& all) {
  Diagnostics found;
  try {
    Node tree = read_tree(SourceText::read(path), found);
    for (const std::string& text : set) apply_override(tree, text, found);
    const Spec spec = check_spec(tree, found);
    if (!found.has_errors()) warn_about(spec, found);
    all.add(found);
  } catch (const SpecError& e) {  // a text that cannot be read on: it carries what was found before
    for (const Diagnostic& d : e.diagnostics()) {
      const auto add = d.severity == Diagnostic::Severity::error ? &Diagnostics::error : &Diagnostics::warning;
      if (d.source) (all.*add)(d.source, d.range, d.message, d.hint);
      else all.file_error(d.file, d.message, d.hint);
    }
  }
}

}  // namespace

void add_validate(Verbs& verbs) {
  struct Options { std::vector<std::string> files; bool strict = false; };
  const auto options = std::make_shared<Options>();
  CLI::App& verb = verbs.add("validate", "Finds every error of specs; no data is read.", [&verbs, options] {
    Diagnostics diagnostics;
    for (const std::string& file : options->files) check_file(file, verbs.common.set, diagnostics);
    const bool wrong = diagnostics.has_errors() || (options->strict && diagnostics.warning_count() > 0);
    if (verbs.common.json) std::printf("%s\n", json_of(diagnostics.sorted()).c_str());
    else if (wrong || diagnostics.warning_count() > 0) std::fprintf(stderr, "%s\n", diagnostics.text().c_str());
    if (!wrong && !verbs.common.json)
      for (const std::string& file : options->files) std::printf("%s: ok\n", file.c_str());
    return wrong ? 2 : 0;
  });
  verb.add_option("SPEC", options->files, "YAML or JSON files.")->required();
  verb.add_flag("--strict", options->strict, "Warnings are errors.");
}

}  // namespace strata
