// Reading a text in a test: the tree, or what people see instead of it.
#pragma once

#include "src/spec/reader.h"

namespace strata {

inline Node read_text(const std::string& name, const std::string& text) {
  return read_tree(SourceText::from_text(name, text));
}

inline std::string error_text(const std::string& name, const std::string& text) {
  try {
    read_text(name, text);
  } catch (const SpecError& e) {
    return e.what();
  }
  return "no error";
}

// "line:column message" of the first error.
inline std::string first_error(const std::string& name, const std::string& text) {
  try {
    read_text(name, text);
  } catch (const SpecError& e) {
    const Diagnostic& d = e.diagnostics().front();
    return (d.source ? std::to_string(d.place.line) + ":" + std::to_string(d.place.column) + " " : std::string()) + d.message;
  }
  return "no error";
}

}  // namespace strata
