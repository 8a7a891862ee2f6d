// Checking a spec in a test.
#pragma once

#include <string>
#include <vector>

#include "src/spec/overrides.h"
#include "src/spec/reader.h"
#include "src/spec/spec.h"
#include "src/spec/warnings.h"

namespace strata {

struct Checked {
  Diagnostics diagnostics;
  Node tree;
  Spec spec;
};

inline Checked checked(const std::string& text, const std::vector<std::string>& overrides = {}, const std::string& name = "a.yaml") {
  Checked c;
  c.tree = read_tree(SourceText::from_text(name, text), c.diagnostics);
  for (const std::string& o : overrides) apply_override(c.tree, o, c.diagnostics);
  c.spec = check_spec(c.tree, c.diagnostics);
  if (!c.diagnostics.has_errors()) warn_about(c.spec, c.diagnostics);
  return c;
}

// "line:column message (hint)" of each.
inline std::vector<std::string> found(const Diagnostics& diagnostics) {
  std::vector<std::string> lines;
  for (const Diagnostic& d : diagnostics.sorted())
    lines.push_back((d.source ? std::to_string(d.place.line) + ":" + std::to_string(d.place.column) + " " : std::string()) + d.message +
                    (d.hint.empty() ? "" : " (" + d.hint + ")"));
  return lines;
}
inline std::vector<std::string> errors_of(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return found(checked(text, overrides).diagnostics);
}

}  // namespace strata
