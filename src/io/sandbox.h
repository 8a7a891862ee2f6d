// Runs a function in a child process that can open no file and no socket, with limits on memory and time, and reads what it
// sends. For parsers that are not ours and have memory faults on damaged input: their crash is an error here.
#pragma once

#include <functional>
#include <string>

#include "src/io/bytes.h"

namespace strata {

class SandboxWriter {
 public:
  explicit SandboxWriter(int fd) : fd_(fd) {}
  void bytes(ByteView data);
  void number(std::uint64_t value) { bytes(std::as_bytes(std::span(&value, 1))); }
  void text(std::string_view value) { number(value.size()), bytes(as_bytes(value)); }
  void flush();

 private:
  int fd_;
  Bytes buffer_;
};

// What the child sent. The child is not trusted: lengths are held against the budget before memory is taken.
class SandboxReader {
 public:
  SandboxReader(int fd, std::uint64_t budget, int seconds);
  void bytes(std::span<std::byte> out);
  std::uint64_t number();
  std::string text();
  // Takes `count` bytes from the budget; more than is left is an error.
  void take(std::uint64_t count);

 private:
  int fd_;
  std::uint64_t budget_;
  std::int64_t deadline_;  // milliseconds of the steady clock
};

struct SandboxLimits {
  std::uint64_t memory;  // bytes that the child may take beyond what this process holds
  std::uint64_t budget;  // bytes that it may send
  int seconds;
};

// `work` runs in the child; an Error that it throws is thrown here again. `receive` runs here, at the same time. A child that
// crashes, or takes too much memory or time, is an Error that begins with `name`.
void run_sandboxed(const std::string& name, const SandboxLimits& limits, const std::function<void(SandboxWriter&)>& work,
                   const std::function<void(SandboxReader&)>& receive);

}  // namespace strata
