#include "src/plugin/plugin.h"

#include <dlfcn.h>

#include <filesystem>

#include <fmt/format.h>

#include <strata/error.h>

namespace strata {
namespace {

std::string file_of(const std::string& name) { return "libstrata-" + name + ".so"; }

std::filesystem::path path_of(const std::string& name) {
  Dl_info info{};
  dladdr(reinterpret_cast<const void*>(&plugin_symbol), &info);
  std::error_code ignored;
  const auto here = std::filesystem::canonical(info.dli_fname ? info.dli_fname : "/proc/self/exe", ignored).parent_path();
  for (const auto& folder : {here, here.parent_path() / "lib"})
    if (std::filesystem::exists(folder / file_of(name), ignored)) return folder / file_of(name);
  return {};
}

}  // namespace

bool has_plugin(const std::string& name) { return !path_of(name).empty(); }

void* plugin_symbol(const std::string& name, const char* symbol, const std::string& hint) {
  const auto refuse = [&](const std::string& why) { throw Error(ErrorKind::runtime, why, hint); };
  const auto path = path_of(name);
  if (path.empty()) refuse(file_of(name) + " is not beside the library");
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) refuse(fmt::format("{} cannot be opened: {}", path.string(), dlerror()));
  void* address = dlsym(library, symbol);
  if (!address) refuse(fmt::format("{} is of another version: it has no {}", path.string(), symbol));
  return address;
}

}  // namespace strata
