// A reader of foreign bytes under libFuzzer: it gives a value or throws Error; whatever else it does is a finding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <strata/error.h>

#define STRATA_FUZZ(text)                                                            \
  static void read_bytes(std::string_view text);                                     \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    try {                                                                            \
      read_bytes({reinterpret_cast<const char*>(data), size});                       \
    } catch (const strata::Error&) {                                                 \
    }                                                                                \
    return 0;                                                                        \
  }                                                                                  \
  static void read_bytes(std::string_view text)
