// The one exception of the library. Its text is written for the person who runs the program: what happened and where,
// what was expected, how to mend it.
#pragma once

#include <stdexcept>
#include <string>

namespace strata {

// The kinds are the exit codes of the command line.
enum class ErrorKind { runtime = 1, spec = 2, data = 3, diverged = 4 };

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message, std::string hint = {})
      : std::runtime_error(message), kind_(kind), hint_(std::move(hint)) {}
  ErrorKind kind() const { return kind_; }
  // How to mend it, or empty.
  const std::string& hint() const { return hint_; }

 private:
  ErrorKind kind_;
  std::string hint_;
};

}  // namespace strata
