#include "src/compile/backends.h"

#include <dlfcn.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <tuple>

#include <fmt/format.h>

#include <strata/error.h>
#include "backend/reference/reference.h"

namespace strata {
namespace {

// The folders where a plug-in may lie: beside this library, or in the lib folder beside the program's.
std::filesystem::path plugin_path(const std::string& name) {
  Dl_info info{};
  dladdr(reinterpret_cast<const void*>(&open_backend), &info);
  std::error_code ignored;
  const auto here = std::filesystem::canonical(info.dli_fname ? info.dli_fname : "/proc/self/exe", ignored).parent_path();
  const std::string file = "libstrata-" + name + ".so";
  for (const auto& folder : {here, here.parent_path() / "lib"})
    if (std::filesystem::exists(folder / file, ignored)) return folder / file;
  return {};
}

struct Opened {
  std::shared_ptr<Backend> backend;
  std::string why_not;
};

Opened try_open(const std::string& name, const BackendOptions& options) {
  if (name == "reference") return {std::shared_ptr<Backend>(make_reference_backend()), ""};
  const auto path = plugin_path(name);
  if (path.empty()) return {nullptr, fmt::format("libstrata-{}.so is not beside the library: this build has no such backend", name)};
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) return {nullptr, dlerror()};
  const auto factory = reinterpret_cast<BackendFactory>(dlsym(library, "strata_backend"));
  if (!factory) return {nullptr, fmt::format("{} is no Strata backend", path.string())};
  try {
    if (Backend* backend = factory(options)) return {std::shared_ptr<Backend>(backend), ""};
    return {nullptr, "no device"};
  } catch (const std::exception& e) {
    return {nullptr, e.what()};
  }
}

}  // namespace

Backend& reference_backend() {
  static const std::unique_ptr<Backend> backend = make_reference_backend();
  return *backend;
}

std::shared_ptr<Backend> open_backend(const std::string& name, const BackendOptions& options) {
  if (name == "auto") {
    for (const char* each : {"cuda", "cpu"})
      if (!plugin_path(each).empty())
        try {
          return open_backend(each, options);
        } catch (const Error&) {  // the next one
        }
    return open_backend("reference", options);
  }
  if (name != "cpu" && name != "cuda" && name != "reference")
    throw Error(ErrorKind::spec, fmt::format("there is no backend '{}'", name), "use cpu, cuda, reference or auto");
  static std::mutex mutex;
  static std::map<std::tuple<std::string, int, bool>, std::shared_ptr<Backend>> open;
  const std::lock_guard lock(mutex);
  auto& backend = open[{name, options.threads, options.reproducible}];
  if (!backend) {
    Opened opened = try_open(name, options);
    if (!opened.backend) throw Error(ErrorKind::runtime, fmt::format("the backend '{}' cannot be used: {}", name, opened.why_not));
    backend = std::move(opened.backend);
  }
  return backend;
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
