// The text that a spec, or a piece of one, was read from: valid UTF-8 without NUL, lines ended by '\n'.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/spec/place.h"

namespace strata {

class SourceText;
using SourceRef = std::shared_ptr<const SourceText>;

class SourceText {
 public:
  static constexpr std::size_t max_bytes = std::size_t{16} << 20;

  // Reads a regular file; a SpecError tells what is wrong with it.
  static SourceRef read(const std::string& path);
  // `name` is what errors show for a file's name ("--set", "<stdin>"). A byte order mark is dropped and "\r\n" and "\r"
  // become "\n", so that offsets count in the text that is kept.
  static SourceRef from_text(const std::string& name, std::string text);

  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }
  std::size_t size() const { return text_.size(); }

  Place place(std::size_t offset) const;
  // Lines count from 1; the text comes without its line break.
  std::string_view line(std::size_t number) const;
  std::size_t line_begin(std::size_t number) const { return line_begins_[number - 1]; }
  std::size_t line_count() const { return line_begins_.size(); }

 private:
  SourceText(std::string name, std::string text);

  std::string name_, text_;
  std::vector<std::size_t> line_begins_;
};

// Bytes of the UTF-8 character that begins at `offset`, or 0 if none does (RFC 3629: no overlong forms, no surrogates).
std::size_t utf8_length(std::string_view text, std::size_t offset);
// Characters in valid UTF-8.
std::size_t utf8_count(std::string_view text);

}  // namespace strata
