#include "src/model/batch.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include <strata/error.h>
#include "src/model/model_state.h"

namespace strata {

bool operator<(const BatchTypes& a, const BatchTypes& b) {
  const auto key = [](const BatchTypes& t) {
    std::vector<std::tuple<std::string, DType, std::vector<std::int64_t>>> rows;
    for (const auto* list : {&t.x, &t.y, &t.sample_weight}) {
      for (const BatchColumn& c : *list) rows.emplace_back(c.name, c.dtype, c.row);
      rows.emplace_back("", DType::float32, std::vector<std::int64_t>{});
    }
    return std::pair(t.resident, rows);
  };
  return key(a) < key(b);
}

namespace {

// Columns under the names of the model's inputs or outputs; one column without a name takes the only place.
std::vector<std::pair<std::string, Tensor>> assigned(const Arrays& arrays, const std::vector<std::string>& places, const char* what, bool all) {
  std::vector<std::pair<std::string, Tensor>> result;
  if (arrays.size() == 1 && arrays.columns()[0].first.empty()) {
    if (places.size() != 1)
      throw Error(ErrorKind::data, fmt::format("the model has {} {}s ({}), one array without a name is given", places.size(), what, fmt::join(places, ", ")),
                  fmt::format("name each array after its {}", what));
    return {{places[0], arrays.columns()[0].second}};
  }
  for (const auto& [name, t] : arrays.columns())
    if (std::find(places.begin(), places.end(), name) == places.end())
      throw Error(ErrorKind::data, fmt::format("the model has no {} '{}'; it has {}", what, name, fmt::join(places, ", ")));
  for (const std::string& place : places) {
    const Tensor* t = arrays.find(place);
    if (t) result.emplace_back(place, *t);
    else if (all) throw Error(ErrorKind::data, fmt::format("no data for the {} '{}'", what, place));
  }
  return result;
}

std::vector<std::string> input_names(const ModelState& s) {
  std::vector<std::string> names;
  for (const LayerOutput& in : s.graph.inputs()) names.push_back(s.graph.name(*in.call()));
  return names;
}

// "the input 'x'", "the target 'out'", "the sample weight of 'out'" of "x:x", "y:out", "weight:out".
std::string described(const std::string& column) {
  const std::string name = column.substr(column.find(':') + 1);
  return fmt::format("{} '{}'", column[0] == 'x' ? "the input" : column[0] == 'y' ? "the target" : "the sample weight of", name);
}

// Rows agree, and inputs have the shapes that the model takes.
void check_columns(const ModelState& state, const std::map<std::string, Tensor>& columns) {
  const std::string* first = nullptr;
  for (const auto& [name, t] : columns) {
    if (t.rank() == 0) throw Error(ErrorKind::data, fmt::format("{} is a single number, an axis of rows is needed", described(name)));
    if (first && t.dim(0) != columns.at(*first).dim(0))
      throw Error(ErrorKind::data, fmt::format("{} has {} rows, {} has {}", described(name), t.dim(0), described(*first), columns.at(*first).dim(0)));
    if (!first) first = &name;
  }
  for (const LayerOutput& in : state.graph.inputs()) {
    const std::string name = "x:" + state.graph.name(*in.call());
    const Shape& row = in.call()->input->shape;
    const std::vector<std::int64_t>& dims = columns.at(name).shape();
    bool fits = static_cast<int>(dims.size()) == row.rank() + 1;
    for (int i = 0; fits && i < row.rank(); ++i) fits = row[i] == Dim(-1) || row[i] == Dim(dims[static_cast<std::size_t>(i) + 1]);
    const bool text = in.call()->input->dtype == DType::string, given_text = columns.at(name).dtype() == DType::string;
    if (text != given_text)
      throw Error(ErrorKind::data, fmt::format("{} takes {}, received {}", described(name), text ? "texts" : "numbers", given_text ? "texts" : "numbers"),
                  text ? "read them from a column of texts" : "declare it with dtype: string, and let TextVectorization or StringLookup turn texts into numbers");
    if (fits) continue;
    std::vector<Dim> wanted{Dim::symbol("batch")};
    for (const Dim& d : row) wanted.push_back(d == Dim(-1) ? Dim::symbol("open") : d);
    throw Error(ErrorKind::data, fmt::format("{} takes the shape {}, received {}", described(name), Shape(std::move(wanted)).str(), Shape::of(dims).str()),
                "the shape of the Input is that of one row of the data");
  }
}

const Loss* loss_of(const ModelState& state, std::size_t output) {
  if (!state.compiled) return nullptr;
  const PerOutput<Loss>& losses = state.compiled->loss;
  for (const auto& [name, loss] : losses.by_name())
    if (name == state.graph.output_names()[output]) return &loss;
  if (losses.single()) return &losses.entries()[0];
  return output < losses.entries().size() ? &losses.entries()[output] : nullptr;
}

bool takes_classes(const Loss* loss) { return loss && *loss && loss->takes_classes(); }

// Class numbers are classes of the output: a loss over others would be a number without meaning.
void check_classes(const ModelState& state, const std::map<std::string, Tensor>& columns) {
  for (std::size_t i = 0; i < state.graph.outputs().size(); ++i) {
    const Loss* loss = loss_of(state, i);
    const std::string& name = state.graph.output_names()[i];
    const auto column = columns.find("y:" + name);
    if (!takes_classes(loss) || column == columns.end()) continue;
    const LayerOutput& o = state.graph.outputs()[i];
    const auto shapes = state.output_shapes.find(state.graph.name(*o.call()));
    if (shapes == state.output_shapes.end()) continue;
    const Config axis = loss->argument("axis"), ignored = loss->argument("ignore_class");
    const Dim classes = shapes->second[static_cast<std::size_t>(o.index())][axis.as<std::int64_t>() ? static_cast<int>(*axis.as<std::int64_t>()) : -1];
    if (!classes.is_known()) continue;
    const Tensor& y = column->second;
    for (std::int64_t k = 0; k < y.elements(); ++k) {
      const double label = y.at(k);
      if ((label > -1 && label < static_cast<double>(classes.value())) || (ignored.is_number() && label == ignored.number())) continue;
      throw Error(ErrorKind::data, fmt::format("the target '{}': row {} is the class {}, the output has {} classes, 0 to {}", name, k / (y.elements() / y.dim(0)) + 1, label, classes.value(), classes.value() - 1),
                  "give the last layer a unit for each class, or name the class to leave out: loss: {SparseCategoricalCrossentropy: {ignore_class: ...}}");
    }
  }
}

}  // namespace

std::map<std::string, Tensor> named_columns(const ModelState& state, const Dataset& data) {
  std::map<std::string, Tensor> columns;
  for (auto& [name, t] : assigned(data.x, input_names(state), "input", true)) columns["x:" + name] = t;
  // As Keras: a last axis of 1 may be left out, or be there too much.
  for (const LayerOutput& in : state.graph.inputs()) {
    Tensor& t = columns.at("x:" + state.graph.name(*in.call()));
    const Shape& row = in.call()->input->shape;
    std::vector<std::int64_t> dims = t.shape();
    if (t.rank() == row.rank() && row.rank() > 0 && row[-1] == Dim(1)) dims.push_back(1);
    else if (t.rank() == row.rank() + 2 && t.dim(-1) == 1) dims.pop_back();
    else continue;
    t = t.reshape(std::move(dims));
  }
  if (!data.y.empty())
    for (auto& [name, t] : assigned(data.y, state.graph.output_names(), "output", false)) columns["y:" + name] = t;
  if (!data.sample_weight.empty()) {
    const auto& outputs = state.graph.output_names();
    if (data.sample_weight.size() == 1 && data.sample_weight.columns()[0].first.empty())  // one weight per row serves every output
      for (const std::string& o : outputs) columns["weight:" + o] = data.sample_weight.columns()[0].second;
    else
      for (auto& [name, t] : assigned(data.sample_weight, outputs, "output", false)) columns["weight:" + name] = t;
  }
  check_columns(state, columns);
  check_classes(state, columns);
  return columns;
}

BatchTypes batch_types(const ModelState& state, const Dataset& data, bool resident) {
  BatchTypes types;
  types.resident = resident;
  for (const auto& [name, t] : named_columns(state, data)) {
    BatchColumn column{name.substr(name.find(':') + 1), t.dtype(), {t.shape().begin() + 1, t.shape().end()}};
    (name[0] == 'x' ? types.x : name[0] == 'y' ? types.y : types.sample_weight).push_back(std::move(column));
  }
  // An axis that the model leaves open is open in the graph as well: its number is no part of the type.
  for (std::size_t i = 0; i < state.graph.inputs().size(); ++i) {
    const InputType& input = *state.graph.inputs()[i].call()->input;
    for (BatchColumn& c : types.x)
      if (c.name == state.graph.name(*state.graph.inputs()[i].call())) {
        for (std::size_t k = 0; k < c.row.size() && static_cast<int>(k) < input.shape.rank(); ++k)
          if (input.shape[static_cast<int>(k)] == Dim(-1)) c.row[k] = -1;
      }
  }
  for (std::size_t i = 0; i < state.graph.outputs().size(); ++i) {
    const LayerOutput& o = state.graph.outputs()[i];
    const std::string name = state.graph.name(*o.call());
    const auto shapes = state.output_shapes.find(name);
    if (shapes == state.output_shapes.end()) continue;
    const Shape& shape = shapes->second[static_cast<std::size_t>(o.index())];
    for (auto* list : {&types.y, &types.sample_weight})
      for (BatchColumn& c : *list)
        if (c.name == state.graph.output_names()[i])
          for (std::size_t k = 0; k < c.row.size() && static_cast<int>(k) + 1 < shape.rank(); ++k)
            if (!shape[static_cast<int>(k) + 1].is_known()) c.row[k] = -1;
  }
  return types;
}

BatchTypes assumed_types(const ModelState& state, bool resident) {
  BatchTypes types;
  types.resident = resident;
  const auto number = [](const Dim& d) { return d.is_known() ? d.value() : -1; };
  for (const LayerOutput& in : state.graph.inputs()) {
    const InputType& input = *in.call()->input;
    std::vector<std::int64_t> row;
    for (const Dim& d : input.shape) row.push_back(number(d));
    types.x.push_back({state.graph.name(*in.call()), input.dtype, std::move(row)});
  }
  for (std::size_t i = 0; state.compiled && i < state.graph.outputs().size(); ++i) {
    const LayerOutput& o = state.graph.outputs()[i];
    const Shape& shape = state.output_shapes.at(state.graph.name(*o.call()))[static_cast<std::size_t>(o.index())];
    const bool classes = takes_classes(loss_of(state, i));
    std::vector<std::int64_t> row;
    for (int k = 1; k < shape.rank() - (classes ? 1 : 0); ++k) row.push_back(number(shape[k]));
    types.y.push_back({state.graph.output_names()[i], classes ? DType::int32 : DType::float32, std::move(row)});
  }
  return types;
}

AssumedBatch assumed_batch(const ModelState& state, std::int64_t batch_size, bool resident) {
  AssumedBatch batch{assumed_types(state, resident), {}};
  if (resident) batch.shapes["order"] = {batch_size};
  for (const auto& [prefix, columns] : {std::pair("x:", &batch.types.x), std::pair("y:", &batch.types.y)})
    for (const BatchColumn& column : *columns) {
      if (std::find(column.row.begin(), column.row.end(), -1) != column.row.end())
        throw Error(ErrorKind::spec, fmt::format("'{}' has an open axis: what a step takes depends on the data", column.name), "give the axis a number");
      std::vector<std::int64_t> whole = column.row;
      whole.insert(whole.begin(), batch_size);
      batch.shapes[prefix + column.name] = std::move(whole);
    }
  return batch;
}

}  // namespace strata
