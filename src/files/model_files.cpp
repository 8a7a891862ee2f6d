#include "src/files/model_files.h"

#include <map>
#include <set>

#include <fmt/format.h>

#include <strata/error.h>
#include "src/files/keras_config.h"
#include "src/files/keras_order.h"
#include "src/files/legacy_h5.h"
#include "src/files/vocabularies.h"
#include "src/files/weights_h5.h"
#include "src/io/atomic_file.h"
#include "src/io/zip.h"

namespace strata {
namespace {

constexpr std::uint64_t max_file_bytes = std::uint64_t{1} << 40;
constexpr const char* weights_member = "model.weights.h5";

bool ends_with(const std::string& path, std::string_view ending) { return std::string_view(path).ends_with(ending); }

Error unknown_ending(const std::string& path) {
  return {ErrorKind::spec, fmt::format("{}: no model is kept in files of this ending", path), "use .keras (architecture, weights, optimizer), .h5 (the same, for older Keras) or .weights.h5"};
}

// What a loader may take for one model: its own variables, its optimizer's (at most four numbers per weight and a few more),
// and 64 MiB.
std::uint64_t budget(const ModelState& state) {
  std::uint64_t bytes = std::uint64_t{64} << 20;
  for (const std::int64_t id : state.own_variables()) bytes += 12 * static_cast<std::uint64_t>(state.store->at(id).type.bytes());
  return bytes;
}

}  // namespace

H5Group read_weights(const Model& model, ByteView image, const std::string& name, H5Origin origin) {
  const ModelState& state = model.state();
  std::set<std::string> groups{"optimizer/vars"};
  std::map<std::string, const Variable*> expected;
  for (const VariableGroup& group : variable_groups(state)) {
    const std::string path = group.path.empty() ? "vars" : group.path + "/vars";
    groups.insert(path);
    for (std::size_t i = 0; i < group.variables.size(); ++i) expected[fmt::format("{}/{}", path, i)] = &state.store->at(group.variables[i]);
  }
  H5Limits limits;
  limits.bytes = budget(state);
  limits.objects = 1000 + 10 * (expected.size() + groups.size());
  const auto plain = [](std::string_view path) { return path.starts_with('/') ? path.substr(1) : path; };
  limits.wanted = [&](const std::string& path) {
    const std::string_view p = plain(path);
    const std::size_t slash = p.rfind('/');
    return slash != p.npos && groups.count(std::string(p.substr(0, slash))) != 0;
  };
  limits.expect = [&](const std::string& path, DType, const std::vector<std::int64_t>& shape) {
    const auto found = expected.find(std::string(plain(path)));
    if (found == expected.end() || shape == found->second->type.dims) return;
    throw Error(ErrorKind::data, fmt::format("{}: '{}' is ({}) in the model, ({}) in the file ('{}')", name, state.own_path(found->second->path),
                                             fmt::join(found->second->type.dims, ", "), fmt::join(shape, ", "), plain(path)),
                "the file belongs to a model with other sizes");
  };
  return read_hdf5(image, name, origin, limits);
}

H5Group read_weights(const Model& model, const std::string& path) {
  const Bytes bytes = read_file(path, max_file_bytes);
  if (ends_with(path, ".keras")) {
    const ZipReader zip(bytes, path);
    if (!zip.contains(weights_member)) throw Error(ErrorKind::data, fmt::format("{}: has no member '{}'", path, weights_member), "it is no Keras 3 model file");
    return read_weights(model, zip.read(weights_member, budget(model.state())), path, H5Origin::foreign);
  }
  if (ends_with(path, ".weights.h5")) return read_weights(model, bytes, path, H5Origin::foreign);
  throw unknown_ending(path);
}

void check_model_ending(const std::string& path) {
  if (!ends_with(path, ".keras") && !ends_with(path, ".h5") && !ends_with(path, ".hdf5")) throw unknown_ending(path);
}

Bytes model_file(const Model& model, const std::string& path) {
  check_model_ending(path);
  if (ends_with(path, ".weights.h5")) return write_hdf5(weights_tree(model));
  if (ends_with(path, ".h5") || ends_with(path, ".hdf5")) return write_hdf5(legacy_tree(model));
  std::vector<NamedBytes> members{{"metadata.json", to_bytes(R"({"keras_version": "3.15.1"})")},  // the version whose layout this is; no time, so equal models are equal bytes
                                  {"config.json", to_bytes(keras_config(model, true))},
                                  {weights_member, write_hdf5(weights_tree(model))}};
  for (NamedBytes& asset : vocabulary_assets(model)) members.push_back(std::move(asset));
  return write_zip(members);
}

void load_weights(Model& model, const std::string& path, bool with_optimizer) {
  if (!ends_with(path, ".weights.h5") && (ends_with(path, ".h5") || ends_with(path, ".hdf5"))) {
    const H5Group tree = read_hdf5(read_file(path, max_file_bytes), path);
    if (!is_legacy_h5(tree)) throw Error(ErrorKind::data, fmt::format("{}: is no Keras model file", path), "a file of weights ends in .weights.h5");
    return set_legacy_weights(model, tree, path, with_optimizer);
  }
  if (ends_with(path, ".keras")) read_vocabularies(model, ZipReader(read_file(path, max_file_bytes), path));
  const H5Group tree = read_weights(model, path);
  const std::string message = set_weights_tree(model, tree, path, with_optimizer);
  if (!message.empty()) model.state().warnings.push_back(message);
}

void Model::save(const std::string& path) const { write_atomically(path, model_file(*this, path)); }
void Model::load_weights(const std::string& path) { strata::load_weights(*this, path); }

}  // namespace strata
