// Numbers of real Keras in float64 (tests/golden/README.md), and graphs that are run to be compared with them.
#pragma once

#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <set>

#include <nlohmann/json.hpp>

#include <strata/component.h>
#include <strata/ops.h>
#include "src/compile/interpreter.h"
#include "src/io/atomic_file.h"
#include "src/io/npz.h"

namespace strata {

inline Config config_of(const nlohmann::json& j) {
  if (j.is_boolean()) return j.get<bool>();
  if (j.is_number_integer()) return j.get<std::int64_t>();
  if (j.is_number()) return j.get<double>();
  if (j.is_string()) return j.get<std::string>();
  if (j.is_array()) {
    Config::List list;
    for (const auto& item : j) list.push_back(config_of(item));
    return list;
  }
  if (!j.is_object()) return {};
  Config::Mapping mapping;
  for (const auto& [key, value] : j.items()) mapping.emplace_back(key, config_of(value));
  return mapping;
}

class Golden {
 public:
  explicit Golden(const std::string& file) {
    const Bytes bytes = read_file(std::string(STRATA_SOURCE_DIR) + "/tests/golden/" + file + ".npz", 1 << 28);
    for (auto& [name, tensor] : read_npz(bytes, file)) arrays_[name] = tensor;
  }
  bool has(const std::string& key) const { return arrays_.contains(key); }
  const Tensor& at(const std::string& key) const {
    const auto found = arrays_.find(key);
    if (found == arrays_.end()) throw Error(ErrorKind::data, "the golden file has no '" + key + "'");
    return found->second;
  }
  // No tensor where there is none.
  Tensor find(const std::string& key) const { return has(key) ? at(key) : Tensor(); }
  nlohmann::json text(const std::string& key) const {
    const auto bytes = at(key).values<std::uint8_t>();
    return nlohmann::json::parse(bytes.begin(), bytes.end());
  }
  // "Adam/default", ...: everything that has a config.
  std::vector<std::string> cases() const {
    std::vector<std::string> names;
    for (const auto& [key, tensor] : arrays_)
      if (key.ends_with("/config")) names.push_back(key.substr(0, key.size() - 7));
    return names;
  }
  // The class and its arguments, as a spec would give them.
  ObjectConfig object(const std::string& name) const {
    return {name.substr(0, name.find('/')), *config_of(text(name + "/config")).as<Config::Mapping>()};
  }

 private:
  std::map<std::string, Tensor> arrays_;
};

inline void expect_close(const Tensor& got, const Tensor& want, const std::string& what, double bound = 1e-9) {
  ASSERT_EQ(got.elements(), want.elements()) << what;
  for (std::int64_t i = 0; i < got.elements(); ++i) {
    const double a = got.at(i), b = want.at(i);
    if (std::isnan(b) || std::isinf(b)) EXPECT_TRUE(std::isnan(b) ? std::isnan(a) : a == b) << what << " element " << i << ": " << a << " for " << b;
    else EXPECT_NEAR(a, b, bound * std::max(1.0, std::abs(b))) << what << " element " << i;
  }
}

// The outputs of a graph written by `write` from its inputs, in order. An empty tensor is "no value".
inline std::vector<Tensor> run(const std::vector<Tensor>& inputs, const std::function<std::vector<Value>(const std::vector<Value>&)>& write) {
  Graph graph;
  std::vector<Value> values;
  std::map<std::string, Tensor> named;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string name = "x" + std::to_string(i);
    values.push_back(inputs[i] ? graph.input(name, {inputs[i].dtype(), Shape::of(inputs[i].shape())}) : Value());
    if (inputs[i]) named[name] = inputs[i];
  }
  for (const Value& v : write(values)) graph.outputs.push_back(port(v));
  return interpret(graph, named);
}

// The classes of a golden file that Strata does not have.
inline std::set<std::string> classes_missing(const Golden& golden, std::string_view kind) {
  std::set<std::string> missing;
  for (const std::string& name : golden.cases())
    if (!find_component(kind, golden.object(name).name)) missing.insert(golden.object(name).name);
  return missing;
}

}  // namespace strata
