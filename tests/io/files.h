// What the tests of src/io share: golden files, a folder that goes away, and what an error says.
#pragma once

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <strata/error.h>

#include "src/io/atomic_file.h"

namespace strata {

inline Bytes golden(const std::string& name) {
  return read_file(std::filesystem::path(STRATA_SOURCE_DIR) / "tests/golden/io" / name, 1u << 24);
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "strata-io-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::filesystem::path path_;
};

// What the Error that `f` throws says, hint included; empty where it throws none.
template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& e) {
    return std::string(e.what()) + " | " + e.hint();
  }
  return {};
}

inline std::string text_of(const Bytes& bytes) { return std::string(as_text(bytes)); }

}  // namespace strata
