#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <strata/callback.h>

namespace strata {

struct CSVLogger {
  Required<std::string> filename = unset;
  std::string separator = ",";
  bool append = false;

  struct Progress {
    std::vector<std::string> columns = {};
    std::int64_t bytes = -1;  // of the file after the last row; -1: nothing written yet
  };
  Progress progress = {};

  static Schema schema() {
    return describe<CSVLogger>("CSVLogger", "Writes one row per epoch to a CSV file.",
        field("filename", &CSVLogger::filename, "Path of the file."),
        field("separator", &CSVLogger::separator, "Text between two columns."),
        field("append", &CSVLogger::append,
              "Whether rows are added to a file that is there, instead of replacing it."));
  }

  void on_train_begin(Training&) { progress = {}; }

  void on_epoch_end(int epoch, Logs& logs, Training&) {
    const bool first = progress.bytes < 0;
    if (first) choose_columns(logs);
    const bool keep = !first || append;
    std::ofstream file(*filename, std::ios::binary | (keep ? std::ios::app : std::ios::trunc));
    if (first && file.tellp() == 0) {
      file << "epoch";
      for (const std::string& column : progress.columns) file << separator << column;
      file << '\n';
    }
    file << epoch;
    for (const std::string& column : progress.columns) {
      const auto value = find_log(logs, column);
      file << separator << (value ? Config(*value).str() : "NA");
    }
    file << '\n' << std::flush;
    if (!file) throw Error(ErrorKind::runtime, "CSVLogger cannot write '" + *filename + "'");
    progress.bytes = static_cast<std::int64_t>(file.tellp());
  }

  Config state() const {
    return Config::Mapping{{"columns", Member<std::vector<std::string>>::get(progress.columns)},
                             {"bytes", progress.bytes}};
  }
  // Rows written after the checkpoint go, so that no epoch stands there twice.
  void restore(const Config& state) {
    for (const auto& [name, value] : *state.as<Config::Mapping>()) {
      if (name == "columns") Member<std::vector<std::string>>::set(progress.columns, value);
      if (name == "bytes") Member<std::int64_t>::set(progress.bytes, value);
    }
    std::error_code failed;
    const auto size = std::filesystem::file_size(*filename, failed);
    if (failed) progress = {};
    else if (progress.bytes >= 0 && static_cast<std::int64_t>(size) > progress.bytes)
      std::filesystem::resize_file(*filename, static_cast<std::uintmax_t>(progress.bytes));
  }

 private:
  // Keras' columns: sorted names, and where the first epoch was not validated, their val_ twins.
  void choose_columns(const Logs& logs) {
    std::vector<std::string>& columns = progress.columns;
    for (const auto& [name, value] : logs) columns.push_back(name);
    std::sort(columns.begin(), columns.end());
    const auto validated = [](const std::string& name) { return name.starts_with("val_"); };
    if (std::any_of(columns.begin(), columns.end(), validated)) return;
    const std::size_t n = columns.size();
    for (std::size_t i = 0; i < n; ++i) columns.push_back("val_" + columns[i]);
  }
};

}  // namespace strata
