#include <unistd.h>

#include <cstdio>
#include <cmath>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <strata/error.h>
#include "apps/strata/loaded_model.h"
#include "apps/strata/progress.h"
#include "src/io/atomic_file.h"
#include "src/io/npy.h"
#include "src/io/npz.h"
#include "src/spec/write.h"

namespace strata {
namespace {

struct PredictOptions {
  ModelChoice model;
  DataChoice data;
  std::string out = "-", format;
  bool classes = false;
};

std::string format_of(const PredictOptions& o) {
  if (!o.format.empty()) return o.format;
  if (o.out == "-") return "csv";
  const std::string ending = std::filesystem::path(o.out).extension().string();
  for (const char* known : {"npy", "npz", "csv", "jsonl"})
    if (ending == std::string(".") + known) return known;
  throw Error(ErrorKind::spec, fmt::format("{}: the ending says no format", o.out), "use .npy, .npz, .csv or .jsonl, or give --format");
}

// The most probable class of each row; a single unit splits at 0.5.
Tensor most_probable(const Tensor& y) {
  const std::int64_t columns = y.rank() > 1 ? y.dim(-1) : 1, rows = columns ? y.elements() / columns : 0;
  std::vector<std::int64_t> shape(y.shape().begin(), y.shape().end() - (y.rank() > 1 ? 1 : 0));
  Tensor classes(DType::int64, shape);
  for (std::int64_t r = 0; r < rows; ++r) {
    std::int64_t best = 0;
    for (std::int64_t c = 1; c < columns; ++c)
      if (y.at(r * columns + c) > y.at(r * columns + best)) best = c;
    classes.set(r, columns > 1 ? static_cast<double>(best) : y.at(r) > 0.5);
  }
  return classes;
}

Tensor as_written(const Tensor& y, bool classes) { return classes ? most_probable(y) : is_floating(y.dtype()) ? y.astype(DType::float32) : y; }

std::string number(const Tensor& t, std::int64_t i, bool json) {
  if (t.dtype() != DType::float32) return fmt::format("{}", static_cast<std::int64_t>(t.at(i)));
  const float v = t.values<float>()[static_cast<std::size_t>(i)];
  return json && !std::isfinite(v) ? "null" : fmt::format("{}", v);
}

// Row `row` of a tensor as nested lists.
void append_json(const Tensor& t, int axis, std::int64_t& at, std::string& text) {
  if (axis == t.rank()) {
    text += number(t, at++, true);
    return;
  }
  text += "[";
  for (std::int64_t i = 0; i < t.dim(axis); ++i) {
    if (i > 0) text += ", ";
    append_json(t, axis + 1, at, text);
  }
  text += "]";
}

std::string text_rows(const Arrays& outputs, const std::string& format) {
  std::string text;
  const std::int64_t rows = outputs.columns()[0].second.dim(0);
  for (std::int64_t r = 0; r < rows; ++r) {
    bool first = true;
    if (format == "jsonl" && outputs.size() > 1) text += "{";
    for (const auto& [name, t] : outputs.columns()) {
      const std::int64_t width = t.elements() / rows;
      std::int64_t at = r * width;
      if (format == "csv") {
        for (std::int64_t i = 0; i < width; ++i, first = false) text += (first ? "" : ",") + number(t, at + i, false);
        continue;
      }
      if (!first) text += ", ";
      if (outputs.size() > 1) text += write_json(Node::string(name), -1) + ": ";
      append_json(t, 1, at, text);
      first = false;
    }
    if (format == "jsonl" && outputs.size() > 1) text += "}";
    text += "\n";
  }
  return text;
}

// Columns of several outputs need names: label_0, label_1, score_0.
std::string csv_header(const Arrays& outputs) {
  if (outputs.size() == 1) return "";
  std::string header;
  for (const auto& [name, t] : outputs.columns()) {
    const std::int64_t width = t.dim(0) ? t.elements() / t.dim(0) : 1;
    for (std::int64_t i = 0; i < width; ++i) header += (header.empty() ? "" : ",") + (width == 1 ? name : fmt::format("{}_{}", name, i));
  }
  return header + "\n";
}

Arrays written(const Arrays& outputs, bool classes) {
  Arrays result;
  for (const auto& [name, t] : outputs.columns()) result.add(name, as_written(t, classes));
  return result;
}

class Output {
 public:
  explicit Output(const std::string& path) : path_(path) {}
  void text(const std::string& part) {
    if (path_ == "-") std::fwrite(part.data(), 1, part.size(), stdout);
    else bytes_.insert(bytes_.end(), as_bytes(part).begin(), as_bytes(part).end());
  }
  void bytes(const Bytes& whole) {
    if (path_ == "-") std::fwrite(whole.data(), 1, whole.size(), stdout);
    else bytes_ = whole;
  }
  void close() {
    if (path_ == "-") return;
    const std::filesystem::path parent = std::filesystem::path(path_).parent_path();
    if (!parent.empty()) std::filesystem::create_directories(parent);
    write_atomically(path_, bytes_);
  }

 private:
  std::string path_;
  Bytes bytes_;
};

int predict(const PredictOptions& o, const CommonOptions& common) {
  if (common.json && o.out == "-") throw Error(ErrorKind::spec, "--json and the outputs cannot both go to stdout", "name a file: --out FILE");
  const std::string format = format_of(o);
  const bool binary = format == "npy" || format == "npz";
  if (binary && o.out == "-" && ::isatty(STDOUT_FILENO)) throw Error(ErrorKind::spec, "binary output is not written to a terminal", "name a file: --out FILE");
  LoadedModel loaded = load_model(o.model, common);
  if (!loaded.has_weights)
    throw Error(ErrorKind::spec, fmt::format("{}: the model has no weights: it was never trained", o.model.model), "name them: --weights FILE");
  if (format == "npy" && loaded.model.output_names().size() > 1)
    throw Error(ErrorKind::spec, fmt::format("the model has {} outputs, a .npy file holds one array", loaded.model.output_names().size()), "use .npz");
  const Rows rows = rows_to_use(o.data, loaded, common, "predict");
  const bool rows_on_terminal = o.out == "-" && ::isatty(STDOUT_FILENO);
  std::optional<WorkProgress> progress(std::in_place, common.quiet || rows_on_terminal, "predict");
  const PredictArguments arguments{.batch_size = batch_size(o.data, loaded), .progress = std::ref(*progress)};
  Output out(o.out);
  if (binary) {
    const Arrays all = written(loaded.model.predict(rows.data.x, arguments), o.classes);
    out.bytes(format == "npy" ? write_npy(all.columns()[0].second) : write_npz(all.columns()));
  } else {
    bool first = true;
    loaded.model.predict(rows.data.x, [&](const Arrays& batch) {
      const Arrays part = written(batch, o.classes);
      if (first && format == "csv") out.text(csv_header(part));
      first = false;
      out.text(text_rows(part, format));
    }, arguments);
  }
  progress.reset();
  out.close();
  if (common.json) {
    Node result = Node::mapping();
    result.set("rows", Node::integer(rows.data.rows()));
    result.set("out", Node::string(o.out));
    print_json(result);
  } else if (o.out != "-") {
    say(common, fmt::format("{} rows written to {}", rows.data.rows(), o.out));
  }
  return 0;
}

}  // namespace

void add_predict(Verbs& verbs) {
  const auto o = std::make_shared<PredictOptions>();
  CLI::App& verb = verbs.add("predict", "Outputs of a model.", [&verbs, o] { return predict(*o, verbs.common); });
  add_model_options(verb, o->model);
  add_data_options(verb, o->data, false);
  verb.add_option("--out", o->out, "Where to write: .npy, .npz, .csv, .jsonl, or - for stdout.");
  verb.add_option("--format", o->format, "npy, npz, csv or jsonl.")->check(CLI::IsMember({"npy", "npz", "csv", "jsonl"}));
  verb.add_flag("--classes", o->classes, "The most probable class instead of the outputs.");
}

}  // namespace strata
