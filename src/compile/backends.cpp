#include "src/compile/backends.h"

#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <tuple>

#include <fmt/format.h>

#include <strata/error.h>
#include "backend/reference/reference.h"
#include "src/plugin/plugin.h"

namespace strata {
namespace {

struct Backends {
  std::recursive_mutex mutex;  // a backend may be made of another
  std::map<std::tuple<std::string, int, bool, bool>, std::shared_ptr<Backend>> open;
  std::map<std::string, BackendMaker> registered;
};
Backends& backends() {
  static Backends all;
  return all;
}

bool is_of_strata(const std::string& name) { return name == "cpu" || name == "cuda" || name == "reference"; }

std::shared_ptr<Backend> opened(const std::string& name, const BackendOptions& options) {
  if (name == "reference") return make_reference_backend();
  if (const auto own = backends().registered.find(name); own != backends().registered.end()) return own->second(options);
  const auto why_not = [&](const std::string& why) {
    return Error(ErrorKind::runtime, fmt::format("the backend '{}' cannot be used: {}", name, why));
  };
  if (!has_plugin(name)) throw why_not("this build has none, libstrata-" + name + ".so is not beside the library");
  // A worker that waits gives its core back after 0.1 ms: where other processes run, libgomp's own 7 ms made steps a hundred times
  // longer (docs/measurements.md). It is read when libgomp is loaded.
  if (!std::getenv("OMP_WAIT_POLICY")) setenv("GOMP_SPINCOUNT", "5000", 0);
  try {
    const auto factory = reinterpret_cast<BackendFactory>(plugin_symbol(name, "strata_backend"));
    if (std::shared_ptr<Backend> backend{factory(options)}) return backend;
  } catch (const std::exception& e) {
    throw why_not(e.what());
  }
  throw why_not("no device");
}

// Where NVIDIA's driver has made no device file (the second is that of Windows' Linux), its library is not even opened.
bool may_have_cuda_device() { return std::filesystem::exists("/dev/nvidiactl") || std::filesystem::exists("/dev/dxg"); }

}  // namespace

Backend& reference_backend() {
  static const std::unique_ptr<Backend> backend = make_reference_backend();
  return *backend;
}

std::shared_ptr<Backend> open_backend(const std::string& name, const BackendOptions& options) {
  if (name == "auto") {
    for (const char* each : {"cuda", "cpu"})
      if (has_plugin(each) && (each != std::string("cuda") || may_have_cuda_device()))
        try {
          return open_backend(each, options);
        } catch (const Error&) {  // the next one
        }
    return open_backend("reference", options);
  }
  const std::lock_guard lock(backends().mutex);
  if (!is_of_strata(name) && !backends().registered.count(name))
    throw Error(ErrorKind::spec, fmt::format("there is no backend '{}'", name), "use cpu, cuda, reference or auto");
  auto& backend = backends().open[{name, options.threads, options.reproducible, options.tensor_float32}];
  if (!backend) backend = opened(name, options);
  return backend;
}

void register_backend(const std::string& name, BackendMaker make) {
  const std::lock_guard lock(backends().mutex);
  if (is_of_strata(name) || name == "auto" || !backends().registered.emplace(name, std::move(make)).second)
    throw Error(ErrorKind::spec, fmt::format("there is a backend '{}' already", name), "give it another name");
}

std::vector<BackendStatus> backend_statuses() {
  std::vector<BackendStatus> rows;
  for (const char* name : {"cpu", "cuda", "reference"}) {
    try {
      rows.push_back({name, true, open_backend(name)->description()});
    } catch (const Error& e) {
      rows.push_back({name, false, e.what()});
    }
  }
  return rows;
}

}  // namespace strata
