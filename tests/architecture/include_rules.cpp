#include "tests/architecture/include_rules.h"

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include <fmt/format.h>

namespace strata {
namespace {

bool starts_with_any(const std::string& text, const std::vector<std::string>& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(), [&](const std::string& b) { return text.rfind(b, 0) == 0; });
}

// The room of the house that a path or an included name belongs to; "" for a header that is none of ours.
std::string room_of(const std::string& path) {
  static const std::regex group("^strata/(activation|callback|constraint|initializer|loss|metric|optimizer|regularizer|schedule)e?s/.*");
  if (std::regex_match(path, group)) return "src/train";
  if (starts_with_any(path, {"strata/layers/"})) return "layers";
  if (starts_with_any(path, {"strata/"})) return "include";
  static const std::regex inner("^((?:src|backend)/[a-z0-9_]+)/.*");
  std::smatch match;
  if (std::regex_match(path, match, inner)) return match[1];
  for (const char* room : {"include", "layers", "backend", "apps"})
    if (starts_with_any(path, {std::string(room) + "/"})) return room;
  return "";
}

// The rooms that each room may use beside itself. `backend` is backend.h and what a kernel and the graph must agree on.
const std::map<std::string, std::set<std::string>> allowed = {
    {"include", {}},
    {"layers", {"include"}},
    {"src/train", {"include"}},
    {"src/plugin", {"include"}},
    {"src/io", {"include", "src/plugin"}},
    {"src/graph", {"include", "backend"}},
    {"src/spec", {"include"}},
    {"src/data", {"include", "src/io"}},
    {"src/compile", {"include", "src/graph", "src/plugin", "backend", "backend/reference"}},
    {"src/model", {"include", "src/graph", "src/compile", "src/train", "src/data"}},
    {"src/files", {"include", "src/model", "src/spec", "src/io", "src/data"}},
    {"src/report", {"include"}},  // draws: knows neither files nor models
    {"apps", {"include", "src/files", "src/model", "src/spec", "src/io", "src/data", "src/compile", "src/train", "src/report"}},
    {"backend", {"include"}},
    {"backend/reference", {"backend", "include"}},  // inside the library
    {"backend/cpu", {"backend"}},                    // plug-ins
    {"backend/cuda", {"backend"}},
};

// Libraries that one place alone may know.
struct Library {
  const char* name;
  std::vector<std::string> headers, places;
};
const std::vector<Library> libraries = {
    {"HDF5 and libzip", {"hdf5", "H5", "zip.h"}, {"src/io/plugins/"}},
    {"zlib, xxHash, libpng and libjpeg", {"zlib.h", "xxhash", "png.h", "jpeglib.h"}, {"src/io/"}},
    {"JSON", {"nlohmann/"}, {"src/spec/", "src/files/"}},
    {"YAML", {"yaml-cpp/"}, {"src/spec/"}},
    {"CLI11", {"CLI/"}, {"apps/"}},
    {"xtensor", {"xtensor", "xtl/", "xsimd"}, {"backend/cpu/", "include/strata/xtensor.h"}},
    {"oneDNN, OpenMP and BLAS", {"oneapi/", "dnnl", "omp.h", "cblas", "lapack"}, {"backend/cpu/"}},
    {"CUDA", {"cuda", "cudnn", "cublas", "curand", "nvrtc", "nccl", "cooperative_groups"}, {"backend/cuda/"}},
};

// Conditions that the preprocessor may ask, and where; in backend/cuda any.
struct Condition {
  const char *name, *place;
};
const std::vector<Condition> conditions = {
    {"STRATA_HAS_ONEDNN", "backend/cpu/"},
    {"STRATA_HOST_DEVICE", "backend/philox.h"},
    {"__x86_64__", "src/io/sandbox.cpp"},  // numbers of system calls
    {"__aarch64__", "src/io/sandbox.cpp"},
};

bool is_public(const std::string& path) {
  static const std::regex group("^(include|layers|src/train/[a-z]+)/.*\\.h$");
  return std::regex_match(path, group);
}

std::string why_not_include(const std::string& path, const std::string& name, bool quoted) {
  const std::string from = room_of(path), to = room_of(name);
  if (quoted && to.empty()) return "our own headers are named from the root of the project";
  for (const Library& library : libraries)
    if (to.empty() && starts_with_any(name, library.headers) && !starts_with_any(path, library.places))
      return fmt::format("{} stays in {}", library.name, fmt::join(library.places, " and "));
  if (is_public(path)) {
    const bool standard = name.find_first_of("./") == std::string::npos;
    const bool bridge = std::any_of(libraries.begin(), libraries.end(), [&](const Library& l) {
      return starts_with_any(name, l.headers) && std::find(l.places.begin(), l.places.end(), path) != l.places.end();
    });
    if (quoted || (to.empty() && !standard && !bridge)) return "a public header includes <strata/...> and the standard library only";
  }
  if (to.empty() || to == from) return "";
  const auto found = allowed.find(from);
  if (found == allowed.end()) return fmt::format("{} has no row in the table of tests/architecture", from);
  return found->second.count(to) ? "" : fmt::format("{} may not use {}", from, to);
}

std::string why_not_condition(const std::string& path, const std::string& condition) {
  if (starts_with_any(path, {"backend/cuda/"})) return "";
  static const std::regex name("[A-Za-z_][A-Za-z0-9_]*");
  for (auto i = std::sregex_iterator(condition.begin(), condition.end(), name); i != std::sregex_iterator(); ++i) {
    const std::string found = i->str();
    if (found == "defined") continue;
    if (std::none_of(conditions.begin(), conditions.end(), [&](const Condition& c) { return found == c.name && starts_with_any(path, {c.place}); }))
      return fmt::format("{} is asked here; what differs by device is a backend's", found);
  }
  return "";
}

}  // namespace

std::vector<std::string> broken_rules(const std::string& path, const std::string& text) {
  static const std::regex include(R"rx(^\s*#\s*include\s*([<"])([^>"]+)[>"].*)rx");
  static const std::regex condition(R"rx(^\s*#\s*(?:if|ifdef|ifndef|elif)\s(.*))rx");
  std::vector<std::string> broken;
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (line.find('#') == std::string::npos) continue;
    std::smatch match;
    std::string why;
    if (std::regex_match(line, match, include)) why = why_not_include(path, match[2], match[1] == "\"");
    else if (std::regex_match(line, match, condition)) why = why_not_condition(path, match[1]);
    if (!why.empty()) broken.push_back(fmt::format("{}:{}: {}: {}", path, number, line, why));
  }
  return broken;
}

}  // namespace strata
