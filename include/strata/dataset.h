// Rows to train on: named columns of equal length, and where they come from.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <strata/tensor.h>

namespace strata {

// One tensor, or several by name (of an input or output); a single one has the name "".
class Arrays {
 public:
  Arrays() = default;
  Arrays(Tensor single) : columns_{{"", std::move(single)}} {}  // NOLINT
  Arrays(std::vector<std::pair<std::string, Tensor>> columns) : columns_(std::move(columns)) {}  // NOLINT
  Arrays(std::initializer_list<std::pair<std::string, Tensor>> columns) : columns_(columns) {}
  bool empty() const { return columns_.empty(); }
  std::size_t size() const { return columns_.size(); }
  const std::vector<std::pair<std::string, Tensor>>& columns() const { return columns_; }
  const Tensor* find(const std::string& name) const {
    for (const auto& [n, t] : columns_)
      if (n == name) return &t;
    return nullptr;
  }
  void add(std::string name, Tensor t) { columns_.emplace_back(std::move(name), std::move(t)); }

 private:
  std::vector<std::pair<std::string, Tensor>> columns_;
};

// Inputs, targets and weights of the same rows; y and sample_weight may be empty. Axis 0 of every tensor counts rows.
struct Dataset {
  Arrays x, y, sample_weight;

  std::int64_t rows() const;
  // Rows [first, last), sharing the elements.
  Dataset slice(std::int64_t first, std::int64_t last) const;
};

// The order of `rows` rows in an epoch: a permutation by (seed, epoch), the same on every machine.
std::vector<std::int64_t> shuffled_order(std::int64_t rows, std::uint64_t seed, std::int64_t epoch);

}  // namespace strata
