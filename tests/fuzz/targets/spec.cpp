// A text as a spec: tree, checks, model.
#include "fuzz/target.h"
#include "src/files/spec_model.h"
#include "src/spec/reader.h"
#include "src/spec/source_text.h"

STRATA_FUZZ(text) {
  strata::Diagnostics diagnostics;
  const strata::Spec spec =
      strata::check_spec(strata::read_tree(strata::SourceText::from_text("spec", std::string(text)), diagnostics), diagnostics);
  if (diagnostics.has_errors()) return;
  strata::build_model(spec, diagnostics, [](const std::string& path, const strata::RunOptions&) -> strata::Model {
    throw strata::Error(strata::ErrorKind::data, path + ": no file is read here");
  });
}
