// What is wrong with a spec: collected, put in file order, and shown under the line that it is about.
//
//     mnist.yaml:14:5: error: unknown argument 'learning_rat' of optimizer Adam
//        |
//     14 |     learning_rat: 0.001
//        |     ^^^^^^^^^^^^ did you mean 'learning_rate'?
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <strata/error.h>

#include "src/spec/source_text.h"

namespace strata {

struct Diagnostic {
  enum class Severity { error, warning };
  Severity severity = Severity::error;
  std::string file;
  SourceRef source;             // null: about the file as a whole, without range and place
  TextRange range;
  Place place;
  std::string message, hint;
};

class Diagnostics {
 public:
  static constexpr std::size_t max_shown = 20;

  // Message and hint may quote names and values as they stand in a file: control characters are escaped here.
  void error(const SourceRef& source, TextRange range, const std::string& message, const std::string& hint = {});
  void warning(const SourceRef& source, TextRange range, const std::string& message, const std::string& hint = {});
  void file_error(const std::string& file, const std::string& message, const std::string& hint = {});
  void add(const Diagnostics& other);
  void add(Diagnostic diagnostic);

  bool has_errors() const { return errors_ != 0; }
  std::size_t error_count() const { return errors_; }
  // Whether an error stands at this place already, or at the tag before it: what else is wrong there follows from it.
  bool blames(const SourceRef& source, std::size_t offset) const;
  std::size_t warning_count() const { return list_.size() - errors_; }
  // Files in the order in which they were first named; in a file by position.
  std::vector<Diagnostic> sorted() const;
  // At most `max_shown` of them, then how many there are: "2 errors, 1 warning".
  std::string text() const;
  // Throws a SpecError with everything collected so far, warnings included.
  void throw_if_errors() const;

 private:
  std::vector<Diagnostic> list_;
  std::size_t errors_ = 0;
};

// A spec that cannot be used: what() is the text that people read, `diagnostics` the same as data.
class SpecError : public Error {
 public:
  SpecError(const std::string& text, std::vector<Diagnostic> diagnostics)
      : Error(ErrorKind::spec, text), diagnostics_(std::move(diagnostics)) {}
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

 private:
  std::vector<Diagnostic> diagnostics_;
};

// One diagnostic as people read it, without a line break at the end.
std::string text_of(const Diagnostic& diagnostic);
// {"errors": [{"file":, "line":, "column":, "message":, "hint":}], "warnings": [...]} on one line. `line`, `column` and
// `hint` are null where there is none; "warnings" is there when there are some.
std::string json_of(const std::vector<Diagnostic>& diagnostics);
// Text from a file made safe to show: control characters, line breaks and characters that turn the direction of the
// text become escapes.
std::string shown(std::string_view text);

}  // namespace strata
