// runs/<name>/<number>: what a training run leaves behind.
//
//   spec.yaml        the spec as it ran: every default written out, data paths absolute
//   history.csv      one row per epoch
//   metrics.jsonl    the same as one JSON object per line
//   model.keras      the model after the last epoch
//   best.keras       the model of the best epoch
//   checkpoints/     see checkpoint.h
//   choices.json     what decides the bits beside the spec: see choices_json.h
//   versions.json    what wrote this
//   classes.json     the names of the classes, in the order of their numbers, where they have names
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <strata/model.h>

namespace strata {

// What the epochs of a run gave for one of its logs.
struct LoggedValues {
  std::string name;                             // loss, val_loss, ...
  std::vector<std::pair<int, double>> values;  // epochs from 1, those alone in which it was measured; NaN: not finite
};

class RunDirectory {
 public:
  // A new directory: `path`, which must not exist, or the next free number under runs/<name>.
  static RunDirectory create(const std::string& path, const std::string& name);
  // The Error of `create` where `path` exists; nothing is made.
  static void check_new(const std::string& path);
  // One that is there; a directory without spec.yaml is an Error.
  static RunDirectory open(const std::string& path);
  static bool is_one(const std::string& path);

  RunDirectory(RunDirectory&&) noexcept;
  ~RunDirectory();

  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string checkpoints() const { return file("checkpoints"); }
  // best.keras if there is one, else model.keras; empty where neither is there.
  std::string best_model() const;
  std::string last_model() const;

  // Until this object goes away, no other process may train here: a second one gets an Error that names the first.
  void lock();
  void write(const std::string& name, const std::string& text) const;
  void write_classes(const std::vector<std::string>& names) const;
  std::vector<std::string> read_classes() const;
  // Validation values stand in the epochs that `validation_freq` gives them.
  void write_history(const History& history, int validation_freq) const;
  // As metrics.jsonl has it; empty before the first epoch has ended.
  std::vector<LoggedValues> read_history() const;

 private:
  explicit RunDirectory(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace strata
