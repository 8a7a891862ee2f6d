#pragma once

#include <map>

#include <strata/layers/rnn/gru_cell.h>
#include <strata/layers/rnn/lstm_cell.h>
#include <strata/layers/rnn/simple_rnn_cell.h>

namespace strata {

// Cells one above the other as a single cell for RNN: each takes the output of the one below. Called by itself it is one
// step: x (N, features), then the states of all cells -> the last cell's output, then the states.
struct StackedRNNCells {
  std::vector<Layer> cells = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<StackedRNNCells>("StackedRNNCells", "Cells one above the other.",
        field("cells", &StackedRNNCells::cells, "The cells, from the input up."), layer_fields<StackedRNNCells>());
  }
  static CallSignature signature() { return Recurrence::step_signature(); }

  struct Named {
    std::string name, group;  // in paths, and below the cells of Keras' files
    const Layer* cell;
  };
  // A name that is used already gets a number, as everywhere.
  std::vector<Named> named() const {
    std::vector<Named> all;
    std::map<std::string, int> names, classes;
    const auto numbered = [](std::map<std::string, int>& used, const std::string& base) {
      const int n = used[base]++;
      return n == 0 ? base : base + "_" + std::to_string(n);
    };
    for (const Layer& cell : cells) {
      const std::string base = snake_case(cell.name());
      all.push_back({numbered(names, cell.given_name().empty() ? base : cell.given_name()), numbered(classes, base), &cell});
    }
    return all;
  }
  std::vector<InnerLayer> inner() const {
    std::vector<InnerLayer> all;
    for (const Named& n : named()) all.push_back({n.name, "cells/" + n.group, *n.cell});
    return all;
  }

  std::vector<Value> call(Scope& s, const Inputs& inputs) const {
    std::vector<Value> outputs{inputs[0]};
    std::size_t next = 1;
    for (const Named& n : named()) {
      std::vector<Value> values{outputs[0]};
      const std::size_t states = n.cell->as<LSTMCell>() ? 2 : 1;
      for (std::size_t i = 0; i < states; ++i) values.push_back(inputs[next++]);
      const std::vector<Value> y = s.call(n.name, *n.cell, Inputs(std::move(values)));
      outputs[0] = y[0];
      outputs.insert(outputs.end(), y.begin() + 1, y.end());
    }
    return outputs;
  }
};

}  // namespace strata
