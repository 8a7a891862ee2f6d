#include "src/files/weights_h5.h"

#include <iterator>

#include <fmt/format.h>

#include <strata/error.h>
#include "src/files/keras_order.h"
#include "src/files/vocabularies.h"
#include "src/io/atomic_file.h"

namespace strata {
namespace {

std::string vars(const std::string& group) { return group.empty() ? "vars" : group + "/vars"; }

std::string shape_text(const std::vector<std::int64_t>& shape) { return fmt::format("({})", fmt::join(shape, ", ")); }

}  // namespace

H5Group weights_tree(const Model& model) {
  ModelState& state = model.state();
  H5Group root;
  for (const VariableGroup& group : variable_groups(state)) {
    H5Group& h5 = root.make_group(vars(group.path));
    h5.attributes["name"] = group.name;
    for (std::size_t i = 0; i < group.variables.size(); ++i)
      h5.datasets[fmt::format("{}", i)] = state.store->read(group.variables[i]);
    if (const auto weights = idf_weights(group.layer)) {
      h5.datasets[idf_weights_name] = *weights;
      // TextVectorization keeps a StringLookup, and Keras the weights of both.
      if (group.layer.name() == "TextVectorization") root.make_group(vars(group.path + "/_lookup_layer")).datasets[idf_weights_name] = *weights;
    }
  }
  if (state.optimizer && !state.optimizer->variables.list().empty()) {
    const Optimizer& optimizer = state.optimizer->optimizer;
    const std::vector<std::int64_t> order = optimizer_variables(state);
    const auto put = [&](const std::string& group, const Optimizer& of, std::size_t first) {
      H5Group& h5 = root.make_group(vars(group));
      const Config name = of.argument("name");
      h5.attributes["name"] = name.as<std::string>() ? *name.as<std::string>() : snake_case(of.name());
      for (std::size_t i = first; i < order.size(); ++i) h5.datasets[fmt::format("{}", i - first)] = state.optimizer->variables.read(order[i]);
    };
    put("optimizer", optimizer, 0);
    // Keras keeps the variables of the optimizer inside once more, under its own attribute.
    if (optimizer.wraps()) put("optimizer/inner_optimizer", optimizer.rule(), std::size(loss_scale_variables));
  }
  return root;
}

std::string set_weights_tree(Model& model, const H5Group& tree, const std::string& file, bool with_optimizer) {
  ModelState& state = model.state();
  const auto bad = [&](const std::string& what, const std::string& hint = "") -> Error { return {ErrorKind::data, file + ": " + what, hint}; };
  const auto fits = [](const Variable& v, const Tensor& t) { return t.shape() == v.type.dims; };
  struct Change { Variables* store; std::int64_t id; const Tensor* value; };
  std::vector<Change> changes;

  for (const VariableGroup& group : variable_groups(state)) {
    const H5Group* h5 = tree.find_group(vars(group.path));
    const std::size_t found = h5 ? h5->datasets.size() - (h5->find_dataset(idf_weights_name) ? 1 : 0) : 0;
    if (found != group.variables.size())
      throw bad(fmt::format("layer '{}' has {} variable{}, the file has {} in '{}'", group.name, group.variables.size(),
                            group.variables.size() == 1 ? "" : "s", found, vars(group.path)),
                "the file belongs to a model with other layers");
    for (std::size_t i = 0; i < found; ++i) {
      const Tensor* t = h5->find_dataset(fmt::format("{}", i));
      const Variable& v = state.store->at(group.variables[i]);
      if (!t) throw bad(fmt::format("'{}' has no variable {}", vars(group.path), i));
      if (!fits(v, *t))
        throw bad(fmt::format("'{}' is {} in the model, {} in the file ('{}/{}')", state.own_path(v.path), shape_text(v.type.dims), shape_text(t->shape()), vars(group.path), i),
                  "the file belongs to a model with other sizes");
      changes.push_back({state.store.get(), group.variables[i], t});
    }
  }

  std::string message;
  const H5Group* h5 = tree.find_group("optimizer/vars");
  if (with_optimizer && state.optimizer && h5 && !h5->datasets.empty()) {
    OptimizerState& optimizer = *state.optimizer;
    const std::vector<std::int64_t> order = optimizer_variables(state);
    std::vector<Change> slots;
    for (std::size_t i = 0; i < order.size(); ++i)
      if (const Tensor* t = h5->find_dataset(fmt::format("{}", i)); t && fits(optimizer.variables.at(order[i]), *t)) slots.push_back({&optimizer.variables, order[i], t});
    if (slots.size() == order.size() && order.size() == h5->datasets.size()) changes.insert(changes.end(), slots.begin(), slots.end());
    else message = fmt::format("{}: the optimizer's {} variables do not fit {}, which has {}: they were left out", file, h5->datasets.size(), optimizer.optimizer.name(), order.size());
    if (slots.size() == order.size() && !optimizer.optimizer.wraps() && order.size() + std::size(loss_scale_variables) == h5->datasets.size())
      message += "; the file's scaled its loss, as under the dtype policy mixed_float16";
  }
  for (const Change& c : changes) c.store->write(c.id, *c.value);
  read_idf_weights(model, tree);
  state.mark_adapted();
  return message;
}

void save_weights(const Model& model, const std::string& path) { write_atomically(path, write_hdf5(weights_tree(model))); }

}  // namespace strata
