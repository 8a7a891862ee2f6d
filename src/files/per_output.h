// One entry, a list in output order or a map by output name, into the same of another type.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <strata/model.h>

namespace strata {

template <class T, class From, class F>
PerOutput<T> each(const PerOutput<From>& from, F to) {
  if (from.empty()) return {};
  if (from.single()) return PerOutput<T>(to(from.entries().front()));
  if (!from.by_name().empty()) {
    std::vector<std::pair<std::string, T>> map;
    for (const auto& [name, value] : from.by_name()) map.emplace_back(name, to(value));
    return PerOutput<T>::map(std::move(map));
  }
  std::vector<T> list;
  for (const From& value : from.entries()) list.push_back(to(value));
  return PerOutput<T>::list(std::move(list));
}

}  // namespace strata
