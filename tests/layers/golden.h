// Golden layer cases made by real Keras: tests/golden/make_layers.py.
#pragma once

#include <fstream>
#include <iterator>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "layers/tracing.h"
#include "src/io/npz.h"

namespace strata {

inline Config config_of(const nlohmann::json& j) {
  if (j.is_null()) return {};
  if (j.is_boolean()) return j.get<bool>();
  if (j.is_number_integer()) return j.get<std::int64_t>();
  if (j.is_number()) return j.get<double>();
  if (j.is_string()) return j.get<std::string>();
  if (j.is_array()) {
    Config::List list;
    for (const auto& item : j) list.push_back(config_of(item));
    return list;
  }
  Config::Mapping mapping;
  for (const auto& [key, value] : j.items()) mapping.emplace_back(key, config_of(value));
  return mapping;
}

// |a - b| <= bound * (1 + |b|), element by element.
inline void expect_near(const Tensor& a, const Tensor& b, double bound, const std::string& what) {
  ASSERT_EQ(a.shape(), b.shape()) << what;
  for (std::int64_t i = 0; i < a.elements(); ++i)
    ASSERT_NEAR(a.at(i), b.at(i), bound * (1 + std::abs(b.at(i)))) << what << ", element " << i << " of " << b.str();
}

class GoldenCases {
 public:
  explicit GoldenCases(const std::string& layer) : layer_(layer) {
    const std::string path = std::string(STRATA_SOURCE_DIR) + "/tests/golden/layers/" + layer + ".npz";
    std::ifstream file(path, std::ios::binary);
    if (!file) return;
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    for (auto& [name, tensor] : read_npz(as_bytes(bytes), path)) {
      if (const auto slash = name.find('/'); slash != std::string::npos) names_.insert(name.substr(0, slash));
      tensors_[name] = tensor;
    }
  }

  const std::set<std::string>& names() const { return names_; }

  // Outputs, gradients, and what becomes of the states, at rel 1e-9.
  void check(const std::string& name) const {
    SCOPED_TRACE(layer_ + " " + name);
    Layer layer;
    layer.assign(Config(ObjectConfig{layer_, *config_of(json(name + "/config")).as<Config::Mapping>()}));
    const nlohmann::json call = json(name + "/call");
    const bool training = call.value("training", false);

    std::map<std::string, Tensor> inputs;
    std::vector<TensorType> types;
    CallBeside beside;
    const auto type = [](const Tensor& t) { return TensorType{t.dtype(), Shape::of(t.shape())}; };
    const auto add = [&](const Tensor& t) {
      inputs[std::to_string(types.size())] = t;
      types.push_back(type(t));
    };
    for (const Tensor& t : series(name + "/x")) add(t);
    const std::size_t xs = types.size();
    for (int i = 0; tensors_.count(name + "/call/initial_state" + std::to_string(i)); ++i)
      add(at(name + "/call/initial_state" + std::to_string(i)));
    for (const char* key : {"mask", "attention_mask"})
      if (tensors_.count(name + "/call/" + key)) {
        inputs[key] = at(name + "/call/" + key);
        beside.named[key] = type(inputs[key]);
      }
    for (std::size_t i = 0; i < xs; ++i)
      if (const std::string key = "masks/" + std::to_string(i); tensors_.count(name + "/" + key)) {
        inputs[key] = at(name + "/" + key);
        beside.masks[i] = type(inputs[key]);
      }
    for (const auto& [key, value] : call.items())
      if (key != "training") beside.arguments.emplace_back(key, config_of(value));

    Traced t = trace_layer(layer, types, training, DType::float64, beside);
    std::vector<std::string> paths;  // in order of creation, as Keras creates them
    for (const Variable& v : t.variables->list())
      if (v.kind != VariableKind::counter) paths.push_back(v.path.substr(std::string("layer/").size()));
    EXPECT_EQ(nlohmann::json(paths), json(name + "/weights"));

    if (tensors_.count(name + "/data")) {
      const auto adaptation = layer.adaptation();
      ASSERT_TRUE(adaptation);
      const Tensor& data = at(name + "/data");
      adaptation->observe(data.rows(0, 5));
      adaptation->observe(data.rows(5, data.dim(0)));
      for (const auto& [state, value] : adaptation->finish()) {
        const auto i = std::find(paths.begin(), paths.end(), state) - paths.begin();
        expect_near(value, at(name + "/w/" + std::to_string(i)), 1e-12, "adapted " + state);
      }
    }
    std::vector<std::int64_t> ids;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      ids.push_back(*t.variables->find("layer/" + paths[i]));
      t.variables->at(ids[i]).value = at(name + "/w/" + std::to_string(i));
    }

    const std::vector<Tensor> ys = series(name + "/y"), dys = series(name + "/dy");
    ASSERT_EQ(t.outputs.size(), ys.size());
    std::vector<Value> wanted, cotangents;
    std::vector<Tensor> expected;
    std::vector<std::string> what;
    for (std::size_t i = 0; i < ys.size(); ++i) {
      cotangents.push_back(t.graph().constant(dys[i]));
      expected.push_back(ys[i]);
      what.push_back("y" + std::to_string(i));
    }
    for (std::size_t i = 0; i < xs; ++i)
      if (const std::string key = name + "/dx" + (xs > 1 ? std::to_string(i) : ""); tensors_.count(key)) {
        wanted.push_back(t.inputs[i]);
        expected.push_back(at(key));
        what.push_back("dx" + std::to_string(i));
      }
    for (std::size_t i = 0; i < paths.size(); ++i) {
      const std::string key = name + "/dw/" + std::to_string(i);
      EXPECT_EQ(t.variables->at(ids[i]).section() == "trainable", tensors_.count(key) == 1) << paths[i];
      if (!tensors_.count(key)) continue;
      wanted.push_back(t.trace->read(*t.variables, ids[i]));
      expected.push_back(at(key));
      what.push_back("gradient of " + paths[i]);
    }
    for (const Value& y : t.outputs) t.graph().outputs.push_back(port(y));
    for (const Value& d : gradients(t.outputs, wanted, cotangents)) t.graph().outputs.push_back(port(d));
    if (tensors_.count(name + "/mask")) {
      const Value mask = t.trace->mask(t.outputs[0]);
      ASSERT_TRUE(mask);
      t.graph().outputs.push_back(port(mask));
      expected.push_back(at(name + "/mask"));
      what.push_back("mask");
    }
    t.trace->finish();
    auto values = t.values();
    const std::vector<Tensor> results = interpret(t.graph(), inputs, values);
    for (std::size_t i = 0; i < expected.size(); ++i) expect_near(results[i], expected[i], 1e-9, what[i]);
    for (std::size_t i = 0; i < paths.size(); ++i) {
      const std::string after = name + "/after/" + std::to_string(i);
      expect_near(values[t.trace->number(*t.variables, ids[i])], at(tensors_.count(after) ? after : name + "/w/" + std::to_string(i)), 1e-9,
                  paths[i] + " after the step");
    }
  }

 private:
  const Tensor& at(const std::string& key) const { return tensors_.at(key); }
  nlohmann::json json(const std::string& key) const {
    const auto bytes = at(key).values<std::uint8_t>();
    return nlohmann::json::parse(bytes.begin(), bytes.end());
  }
  // x, or x0, x1, ...
  std::vector<Tensor> series(const std::string& key) const {
    if (tensors_.count(key)) return {at(key)};
    std::vector<Tensor> all;
    for (int i = 0; tensors_.count(key + std::to_string(i)); ++i) all.push_back(at(key + std::to_string(i)));
    return all;
  }

  std::string layer_;
  std::set<std::string> names_;
  std::map<std::string, Tensor> tensors_;
};

}  // namespace strata
