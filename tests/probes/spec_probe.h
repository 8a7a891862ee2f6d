// A probe that is a spec (tests/golden/probes/*.yaml), built to run in a chosen way, beside Keras' numbers.
#pragma once

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <strata/model.h>
#include "golden/probe.h"
#include "src/files/spec_model.h"
#include "src/files/weights_h5.h"
#include "src/model/model_state.h"
#include "src/spec/diagnostics.h"
#include "src/spec/spec.h"

namespace strata {

// The optimizer's variables in Keras' order, as files hold them, beside `<prefix>_order`: slots, iteration, learning rate.
inline void expect_slots(const Model& model, const Golden& golden, const std::string& prefix, Bound bound) {
  const Tensor& text = golden.at(prefix + "_order");
  const auto order = nlohmann::json::parse(std::string(static_cast<const char*>(text.data()), text.bytes()));
  const H5Group tree = weights_tree(model);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::string path = order[i], name = path.substr(path.rfind('/') + 1);
    const bool counts = name == "iteration" && !golden.has(prefix + "/" + path);
    const std::string key = counts ? prefix.substr(0, prefix.rfind("slots")) + name : prefix + "/" + path;
    const Tensor* found = tree.find_dataset("optimizer/vars/" + std::to_string(i));
    ASSERT_NE(found, nullptr) << path;
    expect_near(*found, golden.at(key), bound, key);
  }
}

struct How {
  std::string backend = "reference";
  int threads = 0;
  std::string dtype = {};  // empty: the spec's
  Bound bound{1e-9, 1e-12};
};

class Probe {
 public:
  // `initial` false: with weights of its own instead of Keras' initial ones.
  Probe(const std::string& name_of_file, const How& how, bool initial = true)
      : name(name_of_file), golden(name), how_(how), spec(read_spec(probe_folder() + name + ".yaml")) {
    spec.run.backend = how.backend;
    spec.run.threads = how.threads;
    if (!how.dtype.empty()) spec.run.dtype = how.dtype;
    Diagnostics diagnostics;
    auto built = build_model(spec, diagnostics);
    diagnostics.throw_if_errors();
    model.emplace(std::move(*built));
    if (initial) model->set_weights(golden.under("initial"));
  }

  Logs train(const std::string& step) { return model->train_on_batch(golden.batch(step)); }

  void expect_logs(const Logs& logs, const std::string& step) const {
    for (const auto& [name, value] : logs)
      if (golden.has(step + "/" + name)) expect_near(value, golden.at(step + "/" + name).at(0), how_.bound, step + "/" + name);
    EXPECT_TRUE(find_log(logs, "loss") && golden.has(step + "/loss")) << step;
  }

  void expect_weights(const std::string& prefix) const {
    const auto weights = model->weights();
    for (const auto& [path, expected] : golden.under(prefix)) {
      ASSERT_TRUE(weights.count(path)) << "no weight " << path;
      expect_near(weights.at(path), expected, how_.bound, prefix + "/" + path);
    }
  }

  // The scale of the loss and the updates since it moved are exact at any precision.
  void expect_loss_scale(const std::string& step) const {
    const Variables& kept = model->state().optimizer->variables;
    for (const auto& [name, expected] : golden.under(step + "/loss_scale")) {
      const auto id = kept.find("loss_scale/" + name);
      ASSERT_TRUE(id) << name;
      EXPECT_EQ(kept.read(*id).at(0), expected.at(0)) << step << "/loss_scale/" << name;
    }
  }

  void expect_prediction() {
    const Arrays x = golden.columns("step0/x");
    const Arrays found = model->predict(x, {.batch_size = x.columns()[0].second.dim(0)});
    for (const auto& [name, expected] : golden.under("prediction")) {
      ASSERT_NE(found.find(name), nullptr) << name;
      expect_near(*found.find(name), expected, how_.bound, "prediction/" + name);
    }
  }

  std::string name;
  Golden golden;
  How how_;
  Spec spec;
  std::optional<Model> model;
};

inline std::vector<std::string> spec_probes() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(probe_folder()))
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

inline bool is_mixed(const std::string& probe) { return probe.rfind("mixed_", 0) == 0; }

// bfloat16 and float16 round at every op: what is compared is their size, not their bits.
inline Bound bound_of(const std::string& probe, Bound bound) {
  if (probe == "mixed_bfloat16") return {2e-2, 2e-2};
  return is_mixed(probe) ? Bound{4e-3, 4e-3} : bound;
}

}  // namespace strata
