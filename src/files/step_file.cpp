// The file of a program's own training step: models/<name>/<weight>, state/<name>.
#include <algorithm>

#include <fmt/format.h>

#include <strata/error.h>
#include <strata/step.h>
#include "src/io/atomic_file.h"
#include "src/io/hdf5.h"

namespace strata {
namespace {

constexpr std::uint64_t max_file_bytes = std::uint64_t{1} << 40;

std::map<std::string, Tensor> contents(const Step& step) {
  std::map<std::string, Tensor> found;
  for (const auto& [name, model] : step.models())
    for (const auto& [path, t] : model.weights()) found[fmt::format("models/{}/{}", name, path)] = t;
  for (const auto& [name, t] : step.state()) found["state/" + name] = t;
  return found;
}

}  // namespace

void Step::save(const std::string& path) const {
  H5Group root;
  for (const auto& [name, t] : contents(*this)) {
    const std::size_t slash = name.rfind('/');
    root.make_group(name.substr(0, slash)).datasets[name.substr(slash + 1)] = t;
  }
  write_atomically(path, write_hdf5(root));
}

void Step::load(const std::string& path) {
  const std::map<std::string, Tensor> expected = contents(*this);
  const auto another = [&](const std::string& what) {
    return Error(ErrorKind::data, fmt::format("{}: {}", path, what), "the file belongs to a step of another definition");
  };
  H5Limits limits;
  limits.bytes = std::uint64_t{1} << 20;
  for (const auto& [name, t] : expected) limits.bytes += t.bytes();
  limits.expect = [&](const std::string& dataset, DType dtype, const std::vector<std::int64_t>& shape) {
    const std::string name = dataset.substr(dataset.starts_with('/') ? 1 : 0);
    const auto found = expected.find(name);
    if (found == expected.end()) throw another(fmt::format("the step has no '{}'", name));
    if (found->second.dtype() != dtype || found->second.shape() != shape)
      throw another(fmt::format("'{}' is {} {} in the step, {} {} in the file", name, name_of(found->second.dtype()),
                                Shape::of(found->second.shape()).str(), name_of(dtype), Shape::of(shape).str()));
  };
  const H5Group tree = read_hdf5(read_file(path, max_file_bytes), path, H5Origin::foreign, limits);
  const auto read = [&](const std::string& name) {
    const Tensor* t = tree.find_dataset(name);
    if (!t) throw another(fmt::format("has no '{}'", name));
    return *t;
  };
  std::map<std::string, Tensor> values;
  for (const auto& [name, t] : expected) values[name] = read(name);
  for (auto [name, model] : models()) {
    std::map<std::string, Tensor> weights;
    for (const auto& [weight, t] : model.weights()) weights[weight] = values.at(fmt::format("models/{}/{}", name, weight));
    model.set_weights(weights);
  }
  std::map<std::string, Tensor> own;
  for (const auto& [name, t] : state()) own[name] = values.at("state/" + name);
  set_state(own);
}

}  // namespace strata
