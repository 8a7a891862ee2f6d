#pragma once

#include <strata/layers/rnn/stacked_rnn_cells.h>

namespace strata {

// A cell over a sequence: x (N, T, features) -> the last output (N, units), or every step's (N, T, units); with return_state the
// last states as well. The cell is LSTMCell, GRUCell, SimpleRNNCell, or StackedRNNCells of these.
struct RNN {
  Required<Layer> cell = unset;
  bool return_sequences = false;
  bool return_state = false;
  bool go_backwards = false;
  bool stateful = false;
  bool unroll = false;
  bool zero_output_for_mask = false;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::custom;

  static Schema schema() {
    return describe<RNN>("RNN", "A cell over a sequence.", field("cell", &RNN::cell, "What is done at a step."), recurrence_fields<RNN>(),
        activity_field<RNN>(), layer_fields<RNN>());
  }
  static CallSignature signature() { return Recurrence::signature(); }
  std::vector<InnerLayer> inner() const { return {{cell_name(), "cell", *cell}}; }
  bool mixes_rows() const { return stateful; }

  std::vector<Value> call(Scope& s, const Inputs& inputs) const {
    std::vector<StackedRNNCells::Named> cells{{cell_name(), "", &*cell}};
    const StackedRNNCells* stack = cell->as<StackedRNNCells>();
    if (stack) cells = stack->named();
    if (cells.empty()) throw Error(ErrorKind::spec, "StackedRNNCells needs at least one cell");
    const std::string path = stack ? cell_name() + "/" : "";

    std::vector<RecurrentState> states;
    for (const auto& c : cells)
      for (const RecurrentState& state : states_of(*c.cell)) states.push_back({(stack ? c.name + "_" : "") + state.name, state.size});
    const Recurrence whole(s, "RNN", inputs, states, {return_sequences, return_state, go_backwards, stateful, zero_output_for_mask});
    Recurrence::Recurred all{whole.x, {}};
    for (const auto& c : cells) {
      const auto first = whole.initial.begin() + static_cast<std::ptrdiff_t>(all.states.size());
      const auto size = static_cast<std::ptrdiff_t>(states_of(*c.cell).size());
      const Recurrence::Recurred own = over_time(s, *c.cell, path + c.name + "/", whole.above(all, {first, first + size}));
      all.output = all.states.size();
      all.sequence = own.sequence;
      all.states.insert(all.states.end(), own.states.begin(), own.states.end());
    }
    return whole.outputs(all);
  }

 private:
  std::string cell_name() const { return cell->given_name().empty() ? snake_case(cell->name()) : cell->given_name(); }

  // f(the cell as what it is).
  template <class F>
  static auto with_cell(const Layer& cell, F f) {
    if (const auto* c = cell.as<LSTMCell>()) return f(*c);
    if (const auto* c = cell.as<GRUCell>()) return f(*c);
    if (const auto* c = cell.as<SimpleRNNCell>()) return f(*c);
    throw Error(ErrorKind::spec, "RNN takes LSTMCell, GRUCell, SimpleRNNCell, or StackedRNNCells of these; received " + cell.name());
  }
  static std::vector<RecurrentState> states_of(const Layer& cell) {
    return with_cell(cell, [](const auto& c) { return c.states(); });
  }
  static Recurrence::Recurred over_time(Scope& s, const Layer& cell, const std::string& path, const Recurrence& r) {
    return with_cell(cell, [&](const auto& c) { return c.over_time(s, path, r); });
  }
};

}  // namespace strata
