// A training that only writes down what a callback does to it.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <strata/callback.h>

namespace strata {

class Recorded : public Training {
 public:
  int epochs() const override { return 10; }
  std::int64_t steps_per_epoch() const override { return 5; }
  std::int64_t step() const override { return steps; }
  void stop() override { stopped = true; }
  double learning_rate() const override { return rate; }
  void set_learning_rate(double r) override { rate = r; }
  std::map<std::string, Tensor> weights() const override { return {{"w", Tensor::scalar<double>(weight)}}; }
  void set_weights(const std::map<std::string, Tensor>& weights) override { weight = weights.at("w").at(0); }
  void save(const std::string& path, bool weights_only) override {
    saved.push_back(path + (weights_only ? " weights" : ""));
  }
  void back_up(const std::string& folder, int keep) override { saved.push_back(folder + " " + std::to_string(keep)); }
  bool go_on_from(const std::string& folder) override { return std::exchange(kept_in, "") == folder; }
  void drop_backups(const std::string& folder) override { dropped.push_back(folder); }
  std::string model_json() const override { return "{}"; }
  void say(const std::string& line) override { said.push_back(line); }

  bool stopped = false;
  std::int64_t steps = 0;
  double weight = 0, rate = 0.1;
  std::string kept_in;  // folder that has a state to go on from
  std::vector<std::string> saved, dropped, said;
};

// Epochs with this value of `name` until the callback stops; the last epoch's number.
inline int train(Callback callback, const std::string& name, const std::vector<double>& values, Recorded& t) {
  int epoch = 0;
  callback.on_train_begin(t);
  Logs logs;
  for (; epoch < static_cast<int>(values.size()) && !t.stopped; ++epoch) {
    t.weight = epoch;
    callback.on_epoch_begin(epoch, t);
    logs = {{"loss", 1}, {name, values[static_cast<std::size_t>(epoch)]}};
    callback.on_epoch_end(epoch, logs, t);
  }
  callback.on_train_end(logs, t);
  return epoch - 1;
}

}  // namespace strata
