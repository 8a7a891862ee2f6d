// Finding and opening backends.
#pragma once

#include <functional>
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

// A backend that is no library of its own, under a name that open_backend knows from here on: the tests bring theirs.
using BackendMaker = std::function<std::shared_ptr<Backend>(const BackendOptions&)>;
void register_backend(const std::string& name, BackendMaker make);

struct BackendStatus {
  std::string name;
  bool usable;
  std::string description;  // the device, or why it cannot be used
};
std::vector<BackendStatus> backend_statuses();

}  // namespace strata
