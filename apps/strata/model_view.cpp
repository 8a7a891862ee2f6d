#include "apps/strata/model_view.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "src/model/model_state.h"

namespace strata {
namespace {

const ModelState* inner_model(const LayerCall& call) {
  const Nested* nested = call.input ? nullptr : call.layer.as<Nested>();
  return nested ? nested->model.get() : nullptr;
}

std::string type_of(const LayerCall& call) {
  if (call.input) return "InputLayer";
  if (const ModelState* inner = inner_model(call)) return inner->sequential ? "Sequential" : "Functional";
  return call.layer.name();
}

std::string join(const std::string& path, const std::string& name) { return path.empty() ? name : path + "/" + name; }

class View {
 public:
  explicit View(const ModelState& outermost) : outermost_(outermost) {
    result_.layers.header = {"Layer", "Type", "Output shape", "Parameters", "Connected to"};
    result_.layers.numbers = {false, false, false, true, false};
    add_graphs(outermost, "");
    add_rows(outermost, "");
  }
  ModelView take() { return std::move(result_); }

 private:
  void add_graphs(const ModelState& state, const std::string& path) {
    LayerDrawing graph{path.empty() ? state.name : path, {}, {}};
    std::map<const LayerCall*, int> number;
    std::set<const void*> called;  // layers
    std::vector<std::pair<const ModelState*, std::string>> inside;
    for (const auto& call : state.graph.calls()) {
      const std::string& name = state.graph.name(*call);
      const bool again = !call->input && !called.insert(call->layer.object()).second;
      number.emplace(call.get(), static_cast<int>(number.size()));
      graph.layers.push_back(drawn(*call, name, join(path, name), again));
      for (const LayerOutput& in : sources(*call)) graph.edges.push_back({number.at(in.call().get()), number.at(call.get())});
      if (const ModelState* inner = inner_model(*call); inner && !again) inside.emplace_back(inner, join(path, name));
    }
    for (const LayerOutput& out : state.graph.outputs())
      if (DrawnLayer& layer = graph.layers[static_cast<std::size_t>(number.at(out.call().get()))]; layer.role == DrawnLayer::Role::inner)
        layer.role = DrawnLayer::Role::output;
    result_.graphs.push_back(std::move(graph));
    for (const auto& [inner, whole] : inside) add_graphs(*inner, whole);
  }

  void add_rows(const ModelState& state, const std::string& path) {
    for (const LayerGraph::Entry& e : state.graph.layers()) {
      const std::string whole = join(path, e.name);
      std::string connected;
      for (const LayerOutput& in : sources(*e.call)) connected += (connected.empty() ? "" : ", ") + state.graph.name(*in.call());
      const std::int64_t parameters = parameters_of(whole);
      const bool frozen = e.layer && !e.layer.trainable() && parameters > 0;
      result_.layers.rows.push_back({whole, type_of(*e.call), shapes(*e.call, whole), grouped(parameters) + (frozen ? " (frozen)" : ""), connected});
      if (const ModelState* inner = inner_model(*e.call)) add_rows(*inner, whole);
    }
  }

  static std::vector<LayerOutput> sources(const LayerCall& call) {
    std::vector<LayerOutput> all = call.inputs;
    for (const auto& [key, in] : call.named) all.push_back(in);
    return all;
  }

  std::string shapes(const LayerCall& call, const std::string& whole) const {
    if (call.input) {
      std::vector<Dim> dims{call.input->batch_size ? Dim(*call.input->batch_size) : Dim::symbol("batch")};
      for (const Dim& d : call.input->shape) dims.push_back(d == Dim(-1) ? Dim::symbol("open") : d);
      return Shape(std::move(dims)).str();
    }
    const auto found = outermost_.output_shapes.find(whole);
    std::string text;
    if (found != outermost_.output_shapes.end())
      for (const Shape& s : found->second) text += (text.empty() ? "" : ", ") + s.str();
    return text;
  }

  std::int64_t parameters_of(const std::string& whole) const {
    std::int64_t count = 0;
    for (const std::int64_t id : outermost_.own_variables())
      if (const Variable& v = outermost_.store->at(id); v.path.rfind(whole + "/", 0) == 0) count += v.type.elements();
    return count;
  }

  DrawnLayer drawn(const LayerCall& call, const std::string& name, const std::string& whole, bool again) const {
    const ModelState* inner = inner_model(call);
    const std::string layers = inner ? fmt::format(" of {} layers", inner->graph.layers().size()) : "";
    return {again ? name + " (again)" : name, fmt::format("{}{} {}", type_of(call), layers, shapes(call, whole)),
            call.input ? DrawnLayer::Role::input : DrawnLayer::Role::inner, parameters_of(whole) > 0, inner != nullptr};
  }

  const ModelState& outermost_;
  ModelView result_;
};

}  // namespace

ModelView model_view(const Model& model) { return View(model.state()).take(); }

std::string grouped(std::int64_t n) {
  std::string digits = std::to_string(n);
  for (int i = static_cast<int>(digits.size()) - 3; i > 0; i -= 3) digits.insert(static_cast<std::size_t>(i), ",");
  return digits;
}

}  // namespace strata
