#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/strata/loaded_model.h"
#include "apps/strata/model_view.h"

namespace strata {
namespace {

Node shape_node(const Shape& shape) {
  Node dims = Node::sequence();
  for (const Dim& d : shape) dims.append(d.is_known() ? Node::integer(d.value()) : Node::null());
  return dims;
}

Node shapes_node(const std::vector<Shape>& shapes) {
  if (shapes.size() == 1) return shape_node(shapes[0]);
  Node list = Node::sequence();
  for (const Shape& s : shapes) list.append(shape_node(s));
  return list;
}

Node json_of(const Summary& summary) {
  Node layers = Node::sequence();
  for (const SummaryRow& row : summary.layers) {
    Node layer = Node::mapping();
    layer.set("name", Node::string(row.name));
    layer.set("class", Node::string(row.class_name));
    layer.set("output_shape", shapes_node(row.output_shapes));
    layer.set("params", Node::integer(row.params));
    Node inputs = Node::sequence();
    for (const std::string& name : row.inputs) inputs.append(Node::string(name));
    layer.set("inputs", inputs);
    layers.append(layer);
  }
  Node out = Node::mapping();
  out.set("total_params", Node::integer(summary.total_params));
  out.set("trainable_params", Node::integer(summary.trainable_params));
  out.set("non_trainable_params", Node::integer(summary.non_trainable_params));
  out.set("layers", layers);
  return out;
}

void print_table(const Summary& summary) {
  std::vector<std::vector<std::string>> rows{{"Layer (type)", "Output Shape", "Param #", "Connected to"}};
  for (const SummaryRow& row : summary.layers) {
    std::string shapes, inputs;
    for (const Shape& s : row.output_shapes) shapes += (shapes.empty() ? "" : ", ") + s.str();
    for (const std::string& name : row.inputs) inputs += (inputs.empty() ? "" : ", ") + name;
    rows.push_back({fmt::format("{} ({})", row.name, row.class_name), shapes, grouped(row.params), inputs.empty() ? "-" : inputs});
  }
  std::vector<std::size_t> width(4);
  for (const auto& row : rows)
    for (std::size_t c = 0; c < 4; ++c) width[c] = std::max(width[c], row[c].size());
  const auto line = [&](const std::vector<std::string>& row) {
    std::printf("%s\n", fmt::format("{:<{}}  {:<{}}  {:>{}}  {}", row[0], width[0], row[1], width[1], row[2], width[2], row[3]).c_str());
  };
  std::printf("Model: \"%s\" (%s)\n", summary.model_name.c_str(), summary.model_class.c_str());
  line(rows[0]);
  std::printf("%s\n", std::string(width[0] + width[1] + width[2] + width[3] + 6, '-').c_str());
  for (std::size_t i = 1; i < rows.size(); ++i) line(rows[i]);
  std::printf("Total params: %s\nTrainable params: %s\nNon-trainable params: %s\n", grouped(summary.total_params).c_str(),
              grouped(summary.trainable_params).c_str(), grouped(summary.non_trainable_params).c_str());
}

void print_memory(const MemoryPlan& memory, std::int64_t batch_size) {
  const auto row = [](const char* what, std::int64_t bytes) { std::printf("%-34s %12.2f MiB\n", what, static_cast<double>(bytes) / 1048576); };
  std::printf("Memory of training at batch size %lld\n", static_cast<long long>(batch_size));
  row("weights and states", memory.weights);
  row("optimizer and metrics", memory.optimizer);
  row("activations, gradients, scratch", memory.activations);
  row("  of these at most alive at once", memory.activations_live);
  row("total", memory.total());
}

Node json_of(const MemoryPlan& memory) {
  Node out = Node::mapping();
  out.set("weights", Node::integer(memory.weights));
  out.set("optimizer", Node::integer(memory.optimizer));
  out.set("activations", Node::integer(memory.activations));
  out.set("activations_live", Node::integer(memory.activations_live));
  out.set("total", Node::integer(memory.total()));
  return out;
}

}  // namespace

void add_summary(Verbs& verbs) {
  const auto choice = std::make_shared<ModelChoice>();
  const auto with_memory = std::make_shared<bool>(false);
  CLI::App& verb = verbs.add("summary", "Layers, shapes and parameters of a model.", [&verbs, choice, with_memory] {
    CommonOptions quiet = verbs.common;
    quiet.quiet = true;
    LoadedModel loaded = load_model(*choice, quiet);
    const Summary summary = loaded.model.summary();
    const std::int64_t rows = batch_size({}, loaded);
    if (verbs.common.json) {
      Node json = json_of(summary);
      if (*with_memory) json.set("memory", json_of(loaded.model.memory(rows)));
      print_json(json);
      return 0;
    }
    print_table(summary);
    if (*with_memory) print_memory(loaded.model.memory(rows), rows);
    return 0;
  });
  verb.add_flag("--memory", *with_memory, "Also the bytes that a training step will take at fit.batch_size.");
  add_model_options(verb, *choice);
}

}  // namespace strata
