// Finding and opening backends.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/backend.h"

namespace strata {

// The reference backend is part of the library; "cpu" and "cuda" are libraries beside it, opened here by absolute path when
// first asked for and never closed. "auto" is the first of cuda, cpu, reference that is there. One instance per name and
// options. A backend that cannot be had is an Error that says why.
std::shared_ptr<Backend> open_backend(const std::string& name, const BackendOptions& options = {});
Backend& reference_backend();

struct BackendStatus {
  std::string name;
  bool usable;
  std::string description;  // the device, or why it cannot be used
};
std::vector<BackendStatus> backend_statuses();

}  // namespace strata
