#include "src/spec/source_text.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "src/spec/diagnostics.h"

namespace strata {
namespace {

[[noreturn]] void refuse(const std::string& name, const std::string& message, const std::string& hint = {}) {
  Diagnostics diagnostics;
  diagnostics.file_error(name, message, hint);
  diagnostics.throw_if_errors();
  std::abort();
}

[[noreturn]] void refuse_size(const std::string& name) {
  refuse(name, fmt::format("larger than the limit of {} MiB for a spec", SourceText::max_bytes >> 20),
         "data and weights belong in files of their own, which the spec names");
}

struct FileDescriptor {
  int value;
  ~FileDescriptor() {
    if (value >= 0) ::close(value);
  }
};

bool continues(unsigned char c) { return (c & 0xC0) == 0x80; }

void check_utf8(const std::string& name, const std::string& text) {
  const auto starts_with = [&](std::string_view prefix) { return text.compare(0, prefix.size(), prefix) == 0; };
  if (starts_with("\xFF\xFE") || starts_with("\xFE\xFF"))
    refuse(name, "not UTF-8: a UTF-16 or UTF-32 byte order mark at byte offset 0", "save the file as UTF-8");
  std::size_t line = 1, line_begin = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text, i);
    if (length == 0 || text[i] == '\0') {
      const std::size_t column = utf8_count(std::string_view(text).substr(line_begin, i - line_begin)) + 1;
      const std::string what = length == 0 ? fmt::format("not UTF-8: byte 0x{:02X}", static_cast<unsigned char>(text[i]))
                                           : std::string("not a text: a NUL byte");
      refuse(name, fmt::format("{} at byte offset {} (line {}, column {})", what, i, line, column),
             length == 0 ? "save the file as UTF-8" : "is it another kind of file?");
    }
    if (text[i] == '\n') {
      ++line;
      line_begin = i + 1;
    }
    i += length;
  }
}

std::string with_plain_line_breaks(std::string text) {
  if (text.compare(0, 3, "\xEF\xBB\xBF") == 0) text.erase(0, 3);
  if (text.find('\r') == std::string::npos) return text;
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      plain += text[i];
      continue;
    }
    plain += '\n';
    if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
  }
  return plain;
}

}  // namespace

std::size_t utf8_length(std::string_view text, std::size_t offset) {
  const auto byte = [&](std::size_t i) { return offset + i < text.size() ? static_cast<unsigned char>(text[offset + i]) : 0u; };
  const unsigned a = byte(0), b = byte(1);
  if (offset >= text.size()) return 0;
  if (a < 0x80) return 1;
  if (a < 0xC2 || a > 0xF4) return 0;
  if (!continues(b)) return 0;
  if (a < 0xE0) return 2;
  if ((a == 0xE0 && b < 0xA0) || (a == 0xED && b > 0x9F) || (a == 0xF0 && b < 0x90) || (a == 0xF4 && b > 0x8F)) return 0;
  if (!continues(byte(2))) return 0;
  if (a < 0xF0) return 3;
  return continues(byte(3)) ? 4 : 0;
}

std::size_t utf8_count(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return !continues(static_cast<unsigned char>(c)); });
}

SourceRef SourceText::read(const std::string& path) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  struct stat status;
  if (file.value < 0 || ::fstat(file.value, &status) != 0) {
    refuse(path, errno == ENOENT ? std::string("there is no such file") : fmt::format("cannot be opened: {}", std::strerror(errno)));
  }
  if (!S_ISREG(status.st_mode)) {
    const char* what = S_ISDIR(status.st_mode) ? "a directory" : S_ISFIFO(status.st_mode) ? "a FIFO" : "a device or a socket";
    refuse(path, fmt::format("not a regular file, but {}", what));
  }
  if (static_cast<std::size_t>(status.st_size) > max_bytes) refuse_size(path);
  std::string text;
  char block[1 << 16];
  for (;;) {
    const ssize_t count = ::read(file.value, block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) refuse(path, fmt::format("cannot be read: {}", std::strerror(errno)));
    if (count == 0) break;
    text.append(block, static_cast<std::size_t>(count));
    if (text.size() > max_bytes) refuse_size(path);  // it grew after fstat
  }
  return from_text(path, std::move(text));
}

SourceRef SourceText::from_text(const std::string& name, std::string text) {
  if (text.size() > max_bytes) refuse_size(name);
  check_utf8(name, text);
  return SourceRef(new SourceText(name, with_plain_line_breaks(std::move(text))));
}

SourceText::SourceText(std::string name, std::string text) : name_(std::move(name)), text_(std::move(text)), line_begins_{0} {
  for (std::size_t i = 0; i < text_.size(); ++i)
    if (text_[i] == '\n') line_begins_.push_back(i + 1);
}

Place SourceText::place(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto next = std::upper_bound(line_begins_.begin(), line_begins_.end(), offset);
  const std::size_t begin = *(next - 1);
  return {static_cast<std::size_t>(next - line_begins_.begin()),
          utf8_count(std::string_view(text_).substr(begin, offset - begin)) + 1};
}

std::string_view SourceText::line(std::size_t number) const {
  const std::size_t begin = line_begins_[number - 1];
  const std::size_t end = number < line_begins_.size() ? line_begins_[number] - 1 : text_.size();
  return std::string_view(text_).substr(begin, end - begin);
}

}  // namespace strata
