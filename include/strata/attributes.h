// The attributes of an operation: what is known when the graph is written (axes, strides, rates, a target shape).
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <strata/dtype.h>
#include <strata/shape.h>

namespace strata {

class Graph;

using Attribute = std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>, DType, Shape,
                               std::shared_ptr<const Graph>>;

// A small sorted map. Keys are string literals.
class Attributes {
 public:
  Attributes() = default;
  Attributes(std::initializer_list<std::pair<std::string_view, Attribute>> rows) : rows_(rows) {
    std::sort(rows_.begin(), rows_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  }

  bool has(std::string_view key) const { return find(key) != nullptr; }
  template <class T> const T& get(std::string_view key) const { return std::get<T>(*find(key)); }
  std::int64_t integer(std::string_view key) const { return get<std::int64_t>(key); }
  bool flag(std::string_view key) const { return has(key) && integer(key) != 0; }
  double number(std::string_view key) const { return get<double>(key); }
  const std::string& text(std::string_view key) const { return get<std::string>(key); }
  const std::vector<std::int64_t>& integers(std::string_view key) const { return get<std::vector<std::int64_t>>(key); }
  DType dtype(std::string_view key) const { return get<DType>(key); }
  const Shape& shape(std::string_view key) const { return get<Shape>(key); }
  const std::shared_ptr<const Graph>& graph(std::string_view key) const { return get<std::shared_ptr<const Graph>>(key); }

  void set(std::string_view key, Attribute value) {
    const auto at = std::lower_bound(rows_.begin(), rows_.end(), key, [](const auto& row, std::string_view k) { return row.first < k; });
    if (at != rows_.end() && at->first == key) at->second = std::move(value);
    else rows_.insert(at, {key, std::move(value)});
  }
  auto begin() const { return rows_.begin(); }
  auto end() const { return rows_.end(); }
  friend bool operator==(const Attributes& a, const Attributes& b) { return a.rows_ == b.rows_; }

 private:
  const Attribute* find(std::string_view key) const {
    for (const auto& row : rows_)
      if (row.first == key) return &row.second;
    return nullptr;
  }
  std::vector<std::pair<std::string_view, Attribute>> rows_;
};

}  // namespace strata
