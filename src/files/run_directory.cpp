#include "src/files/run_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include <strata/error.h>
#include "src/files/config_json.h"
#include "src/io/atomic_file.h"
#include "src/io/csv.h"

namespace strata {

namespace fs = std::filesystem;

namespace {

// A directory that was not there before.
bool make_new(const fs::path& path) {
  if (::mkdir(path.c_str(), 0777) == 0) return true;
  if (errno == EEXIST) return false;
  throw Error(ErrorKind::runtime, fmt::format("{}: the run directory cannot be made: {}", path.string(), std::strerror(errno)));
}

void make_parents(const fs::path& path) {
  std::error_code failed;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), failed);
  if (failed) throw Error(ErrorKind::runtime, fmt::format("{}: the folder cannot be made: {}", path.parent_path().string(), failed.message()));
}

Error is_there_already(const std::string& path) {
  return {ErrorKind::spec, fmt::format("{}: is there already, a run directory is never overwritten", path), "name another one, or go on with it: --resume " + path};
}

}  // namespace

void RunDirectory::check_new(const std::string& path) {
  if (fs::exists(path)) throw is_there_already(path);
}

RunDirectory RunDirectory::create(const std::string& path, const std::string& name) {
  if (!path.empty()) {
    const fs::path directory = fs::absolute(path).lexically_normal();
    make_parents(directory);
    if (!make_new(directory)) throw is_there_already(path);
    return RunDirectory(directory);
  }
  const fs::path folder = fs::absolute(fs::path("runs") / name);
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) throw Error(ErrorKind::runtime, fmt::format("{}: the folder cannot be made: {}", folder.string(), failed.message()));
  for (int number = 1;; ++number)
    if (make_new(folder / std::to_string(number))) return RunDirectory(folder / std::to_string(number));
}

bool RunDirectory::is_one(const std::string& path) { return fs::is_directory(path) && fs::exists(fs::path(path) / "spec.yaml"); }

RunDirectory RunDirectory::open(const std::string& path) {
  if (!fs::exists(path)) throw Error(ErrorKind::spec, fmt::format("{}: there is no such run directory", path));
  if (!is_one(path)) throw Error(ErrorKind::spec, fmt::format("{}: is no run directory: it has no spec.yaml", path));
  return RunDirectory(fs::absolute(path).lexically_normal());
}

RunDirectory::RunDirectory(RunDirectory&& other) noexcept : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}
RunDirectory::~RunDirectory() {
  if (lock_ >= 0) ::close(lock_);
}

std::string RunDirectory::best_model() const { return fs::exists(path_ / "best.keras") ? file("best.keras") : last_model(); }
std::string RunDirectory::last_model() const { return fs::exists(path_ / "model.keras") ? file("model.keras") : ""; }

void RunDirectory::lock() {
  const std::string name = file(".lock");
  lock_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (lock_ < 0) throw Error(ErrorKind::runtime, fmt::format("{}: cannot be opened: {}", name, std::strerror(errno)));
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    char holder[64] = {};
    const ssize_t n = ::pread(lock_, holder, sizeof holder - 1, 0);
    throw Error(ErrorKind::runtime, fmt::format("{}: another process trains here{}", path_.string(), n > 0 ? fmt::format(" (process {})", holder) : ""),
                "wait for it, or stop it");
  }
  const std::string self = std::to_string(::getpid());
  if (::ftruncate(lock_, 0) != 0 || ::pwrite(lock_, self.data(), self.size(), 0) < 0)
    throw Error(ErrorKind::runtime, fmt::format("{}: cannot be written: {}", name, std::strerror(errno)));
}

void RunDirectory::write(const std::string& name, const std::string& text) const { write_atomically(path_ / name, as_bytes(text)); }

void RunDirectory::write_classes(const std::vector<std::string>& names) const {
  if (!names.empty()) write("classes.json", nlohmann::json(names).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

std::vector<std::string> RunDirectory::read_classes() const {
  const std::string name = file("classes.json");
  if (!fs::exists(name)) return {};
  const auto names = nlohmann::json::parse(as_text(read_file(name, 64 << 20)), nullptr, false);
  if (!names.is_array() || !std::all_of(names.begin(), names.end(), [](const auto& n) { return n.is_string(); }))
    throw Error(ErrorKind::data, fmt::format("{}: is damaged: it is no list of names", name));
  return names.get<std::vector<std::string>>();
}

void RunDirectory::write_history(const History& history, int validation_freq) const {
  std::string table = "epoch", lines;
  for (const auto& [name, values] : history.history) table += "," + csv_cell(name);
  table += "\n";
  std::vector<std::size_t> next(history.history.size());
  for (const int epoch : history.epoch) {
    table += std::to_string(epoch + 1);
    nlohmann::ordered_json line = {{"epoch", epoch + 1}};
    for (std::size_t c = 0; c < next.size(); ++c) {
      const auto& [name, values] = history.history[c];
      const bool measured = (!name.starts_with("val_") || (epoch + 1) % validation_freq == 0) && next[c] < values.size();
      table += measured ? fmt::format(",{}", values[next[c]]) : ",";
      if (!measured) continue;
      const double value = values[next[c]++];
      line[name] = std::isfinite(value) ? nlohmann::ordered_json(value) : nullptr;
    }
    table += "\n";
    lines += line.dump() + "\n";
  }
  write("history.csv", table);
  write("metrics.jsonl", lines);
}

std::vector<LoggedValues> RunDirectory::read_history() const {
  std::vector<LoggedValues> logs;
  const std::string name = file("metrics.jsonl");
  if (!fs::exists(name)) return logs;
  const Bytes bytes = read_file(name, 256 << 20);
  std::istringstream lines{std::string(as_text(bytes))};
  std::string text;
  for (int number = 1; std::getline(lines, text); ++number) {
    const auto damaged = [&](const char* what) { return Error(ErrorKind::data, fmt::format("{}: line {} is damaged: {}", name, number, what)); };
    const auto line = nlohmann::ordered_json::parse(text, nullptr, false);
    if (!line.is_object()) throw damaged("it is no JSON object");
    const auto epoch = line.find("epoch");
    if (epoch == line.end() || !epoch->is_number_integer()) throw damaged("it names no epoch");
    for (const auto& [key, value] : line.items()) {
      if (key == "epoch") continue;
      if (!value.is_number() && !value.is_null()) throw damaged("a value is no number");
      auto log = std::find_if(logs.begin(), logs.end(), [&, &key = key](const LoggedValues& l) { return l.name == key; });
      if (log == logs.end()) log = logs.insert(logs.end(), {key, {}});
      const int at = epoch->get<int>();
      if (!log->values.empty() && log->values.back().first >= at) throw damaged("its epoch is not after the one before");
      log->values.emplace_back(at, value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>());
    }
  }
  return logs;
}

}  // namespace strata
