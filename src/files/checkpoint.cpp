#include "src/files/checkpoint.h"

#include <algorithm>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include <strata/error.h>
#include "src/files/choices_json.h"
#include "src/files/config_json.h"
#include "src/files/model_files.h"
#include "src/files/weights_h5.h"
#include "src/io/manifest.h"

namespace strata {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* weights_file = "model.weights.h5";
constexpr const char* state_file = "state.h5";
constexpr const char* position_file = "position.json";
constexpr const char* choices_file = "choices.json";
constexpr const char* learned_file = "learned.json";  // where layers have learned anything
constexpr int format_version = 2;
constexpr const char* phases[] = {"train", "validate", "epoch_end"};

// Counters of the store (random streams) and the running metrics of the epoch, by path.
struct Stored { const char* group; Variables* variables; VariableKind kind; };
std::vector<Stored> rest_of_state(ModelState& state) {
  return {{"counters", state.store.get(), VariableKind::counter}, {"metrics", &state.train_metrics, VariableKind::metric}};
}

std::string callback_group(std::size_t i) { return fmt::format("callbacks/{}", i); }

void put(H5Group& root, const std::string& path, Tensor value) {
  const std::size_t slash = path.rfind('/');
  root.make_group(path.substr(0, slash)).datasets[path.substr(slash + 1)] = std::move(value);
}

H5Group state_tree(ModelState& state, const std::vector<CallbackState>& callbacks) {
  H5Group root;
  for (const Stored& s : rest_of_state(state))
    for (std::size_t i = 0; i < s.variables->list().size(); ++i) {
      const Variable& v = s.variables->list()[i];
      if (v.kind == s.kind) put(root, fmt::format("{}/{}", s.group, v.path), s.variables->read(static_cast<std::int64_t>(i)));
    }
  for (std::size_t i = 0; i < callbacks.size(); ++i)
    for (const auto& [path, t] : callbacks[i].tensors) put(root, callback_group(i) + "/" + path, t);
  return root;
}

// Every dataset below a group, by path.
void collect(const H5Group& group, const std::string& path, std::map<std::string, Tensor>& found) {
  for (const auto& [name, t] : group.datasets) found[path + name] = t;
  for (const auto& [name, inner] : group.groups) collect(inner, path + name + "/", found);
}

void set_state_tree(ModelState& state, const H5Group& tree, const std::string& file) {
  for (const Stored& s : rest_of_state(state))
    for (std::size_t i = 0; i < s.variables->list().size(); ++i) {
      const Variable& v = s.variables->list()[i];
      if (v.kind != s.kind) continue;
      const Tensor* t = tree.find_dataset(fmt::format("{}/{}", s.group, v.path));
      if (!t || t->shape() != v.type.dims) throw Error(ErrorKind::data, fmt::format("{}: '{}' is missing or has another shape", file, v.path));
      s.variables->write(static_cast<std::int64_t>(i), *t);
    }
}

Json position_json(Fit& fit, const std::vector<CallbackState>& callback_states) {
  const FitPosition& p = fit.position();
  Json history = Json::array();
  for (const auto& [name, values] : p.history.history) {
    Json numbers = Json::array();
    for (const double v : values) numbers.push_back(json_of_number(v));
    history.push_back({{"name", name}, {"values", std::move(numbers)}});
  }
  Json callbacks = Json::array();
  for (const CallbackState& c : callback_states) callbacks.push_back(json_of_config(c.config));
  Json logs = Json::array();
  for (const auto& [name, value] : fit.logs()) logs.push_back({{"name", name}, {"value", json_of_number(value)}});
  return {{"version", format_version}, {"epoch", p.epoch}, {"batch", p.batch}, {"step", p.step}, {"phase", phases[static_cast<int>(p.phase)]},
          {"stop", p.stop}, {"seconds", p.seconds}, {"logs", std::move(logs)}, {"epochs", p.history.epoch}, {"history", std::move(history)},
          {"callbacks", std::move(callbacks)}, {"batches", fit.batches()}};
}

// {layer: {argument: value}}, {inner model: {layer: {argument: value}}}
Json learned_json(const ModelState& state) {
  Json json = Json::object();
  for (const LayerGraph::Entry& e : state.graph.layers()) {
    if (const auto found = state.learned.find(e.name); found != state.learned.end())
      for (const std::string& argument : found->second) json[e.name][argument] = json_of_config(e.layer.argument(argument));
    if (const auto* nested = e.layer ? e.layer.as<Nested>() : nullptr)
      if (Json inner = learned_json(*nested->model); !inner.empty()) json[e.name] = std::move(inner);
  }
  return json;
}

void learn_from(const Json& json, ModelState& state) {
  for (const LayerGraph::Entry& e : state.graph.layers()) {
    const auto found = json.find(e.name);
    if (!e.layer || found == json.end()) continue;
    if (const auto* nested = e.layer.as<Nested>()) learn_from(*found, *nested->model);
    else for (const auto& [argument, value] : found->items()) state.learn(e.layer, argument, config_of_json(value));
  }
  state.forget_steps();
}

FitPosition position_of(const Json& json, const std::string& file) {
  try {
    if (json.at("version") != format_version)
      throw Error(ErrorKind::data, fmt::format("{}: is of version {}, this program reads version {}", file, json["version"].dump(), format_version));
    FitPosition p;
    p.epoch = json.at("epoch");
    p.batch = json.at("batch");
    p.step = json.at("step");
    const auto phase = std::find(std::begin(phases), std::end(phases), json.at("phase").get<std::string>());
    if (phase == std::end(phases)) throw Error(ErrorKind::data, fmt::format("{}: unknown phase {}", file, json["phase"].dump()));
    p.phase = static_cast<FitPosition::Phase>(phase - std::begin(phases));
    p.stop = json.at("stop");
    p.seconds = json.at("seconds");
    for (const Json& row : json.at("logs")) p.logs.emplace_back(row.at("name"), number_of_json(row.at("value")));
    p.history.epoch = json.at("epochs").get<std::vector<int>>();
    for (const Json& row : json.at("history")) {
      std::vector<double> values;
      for (const Json& v : row.at("values")) values.push_back(number_of_json(v));
      p.history.history.emplace_back(row.at("name"), std::move(values));
    }
    return p;
  } catch (const Json::exception&) {
    throw Error(ErrorKind::data, fmt::format("{}: is no position of a run", file));
  }
}

// Other rows, or rows in other batches, are another run.
void check_batches(const Json& json, Fit& fit, const std::string& file) {
  using Batches = std::map<std::string, std::string>;
  Batches then;
  try {
    then = json.at("batches").get<Batches>();
  } catch (const Json::exception&) {
    throw Error(ErrorKind::data, fmt::format("{}: does not say which batches it belongs to", file));
  }
  const Batches& now = fit.batches();
  Batches names = then;
  names.insert(now.begin(), now.end());
  const auto text = [](const Batches& all, const std::string& name) -> std::string {
    const auto found = all.find(name);
    return found == all.end() ? "none" : found->second;
  };
  std::string differences;
  for (const auto& [name, value] : names)
    if (text(then, name) != text(now, name))
      differences += fmt::format("{}{} was {}, is {}", differences.empty() ? "" : "; ", name, text(then, name), text(now, name));
  if (!differences.empty()) throw Error(ErrorKind::data, fmt::format("{}: the batches are not those of this run: {}", file, differences));
}

constexpr std::uint64_t max_checkpoint_bytes = std::uint64_t{1} << 40;

// The checkpoint's files are whole (their manifest was compared); what is left to find is that they are another model's.
void restore(Fit& fit, const fs::path& directory) {
  const std::vector<NamedBytes> files = read_with_manifest(directory, max_checkpoint_bytes);
  const auto bytes = [&](const char* name) -> const Bytes& {
    for (const NamedBytes& file : files)
      if (file.name == name) return file.bytes;
    throw Error(ErrorKind::data, fmt::format("{}: has no {}", directory.string(), name));
  };
  const auto path = [&](const char* name) { return (directory / name).string(); };
  Model& model = fit.model();
  const Json json = Json::parse(as_text(bytes(position_file)), nullptr, false);
  FitPosition position = position_of(json, path(position_file));
  check_batches(json, fit, path(position_file));
  const H5Group weights = read_weights(model, bytes(weights_file), path(weights_file), H5Origin::own);
  const H5Group state = read_hdf5(bytes(state_file), path(state_file), H5Origin::own);
  if (const std::string message = set_weights_tree(model, weights, path(weights_file)); !message.empty()) throw Error(ErrorKind::data, message);
  set_state_tree(model.state(), state, path(state_file));
  std::vector<CallbackState> callbacks;
  for (const Json& c : json["callbacks"]) {
    CallbackState kept{config_of_json(c), {}};
    if (const H5Group* tensors = state.find_group(callback_group(callbacks.size()))) collect(*tensors, "", kept.tensors);
    callbacks.push_back(std::move(kept));
  }
  fit.restore(std::move(position), std::move(callbacks));
  use_choices(model.state(), as_text(bytes(choices_file)), path(choices_file));
}

}  // namespace

std::vector<fs::path> checkpoints_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("step-") && name.find_first_not_of("0123456789", 5) == std::string::npos) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) { return a.filename() > b.filename(); });
  return found;
}

fs::path write_checkpoint(const fs::path& folder, Fit& fit, int keep) {
  ModelState& state = fit.model().state();
  const std::vector<CallbackState> callbacks = fit.callback_states();
  std::vector<NamedBytes> files;
  files.push_back({weights_file, write_hdf5(weights_tree(fit.model()))});
  files.push_back({state_file, write_hdf5(state_tree(state, callbacks))});
  files.push_back({position_file, to_bytes(position_json(fit, callbacks).dump(1))});
  files.push_back({choices_file, to_bytes(choices_json(state))});
  if (const Json learned = learned_json(state); !learned.empty()) files.push_back({learned_file, to_bytes(learned.dump(-1, ' ', false, Json::error_handler_t::replace))});
  fs::create_directories(folder);
  const fs::path directory = folder / fmt::format("step-{:010}", fit.position().step);
  write_with_manifest(directory, std::move(files));
  const std::vector<fs::path> all = checkpoints_in(folder);
  for (std::size_t i = static_cast<std::size_t>(keep); i < all.size(); ++i) {
    // Renamed first: nobody takes a directory that loses its files for a checkpoint.
    const fs::path trash = folder / fmt::format(".trash-{}", all[i].filename().string());
    std::error_code gone;
    fs::rename(all[i], trash, gone);
    fs::remove_all(trash, gone);
  }
  return directory;
}

void restore_learned(const fs::path& folder, Model& model) {
  ModelState& state = model.state();
  for (const fs::path& directory : checkpoints_in(folder)) {
    try {
      for (const NamedBytes& file : read_with_manifest(directory, max_checkpoint_bytes)) {
        if (file.name != learned_file) continue;
        const Json json = Json::parse(as_text(file.bytes), nullptr, false);
        learn_from(json, state);
      }
      return;
    } catch (const Error&) {
      continue;  // restore_checkpoint says what is wrong with it
    }
  }
}

std::optional<FitPosition> newest_position(const fs::path& folder) {
  for (const fs::path& directory : checkpoints_in(folder)) {
    try {
      for (const NamedBytes& file : read_with_manifest(directory, max_checkpoint_bytes))
        if (file.name == position_file) return position_of(Json::parse(as_text(file.bytes), nullptr, false), (directory / file.name).string());
    } catch (const Error&) {
      continue;  // restore_checkpoint says what is wrong with it
    }
  }
  return std::nullopt;
}

std::optional<fs::path> restore_checkpoint(const fs::path& folder, Fit& fit, const std::function<void(const std::string&)>& say) {
  const std::vector<fs::path> all = checkpoints_in(folder);
  for (const fs::path& directory : all) {
    try {
      restore(fit, directory);
      return directory;
    } catch (const Error& e) {
      say(fmt::format("checkpoint {} cannot be used: {}", directory.filename().string(), e.what()));
    }
  }
  if (!all.empty())
    throw Error(ErrorKind::data, fmt::format("{}: none of its {} checkpoints can be used", folder.string(), all.size()), "start anew with another --run-dir");
  return std::nullopt;
}

// --- what callbacks keep -------------------------------------------------------------------------------------------------

void Fit::write_backup(const std::string& folder, int keep) { write_checkpoint(folder, *this, keep); }

bool Fit::go_on_from(const std::string& folder) {
  return restore_checkpoint(folder, *this, [this](const std::string& line) { say("warning: " + line); }).has_value();
}

void Fit::drop_backups(const std::string& folder) {
  std::error_code gone;
  for (const fs::path& checkpoint : checkpoints_in(folder)) fs::remove_all(checkpoint, gone);
  fs::remove(folder, gone);  // stays where something else is in it
}

}  // namespace strata
