// The training loop. It is written with the calls that a program's own training step can use.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <strata/model.h>
#include "src/model/feed.h"

namespace strata {

// Where a run stands between two steps; with the variables and the callbacks' states it is all that a resume needs.
struct FitPosition {
  enum class Phase { train, validate, epoch_end };
  int epoch = 0;               // the one that runs, from 0
  std::int64_t batch = 0;      // batches of it that are done
  std::int64_t step = 0;       // updates since training began
  Phase phase = Phase::train;  // what comes next
  bool stop = false;           // a callback asked to stop after this epoch
  History history;
  Logs logs;                   // so far in this epoch
  double seconds = 0;          // of all sessions of this run
};

// What a callback keeps between steps.
struct CallbackState {
  Config config;
  std::map<std::string, Tensor> tensors;
};

class Fit final : public Training {
 public:
  Fit(Model model, Dataset data, FitArguments arguments);

  // Trains to the end, or until `pause` says so; call it again to go on.
  History run();
  // Asked after every launch: of one step, or of several on a device where nothing is to be done between them, of some milliseconds
  // then. True ends run() there.
  std::function<bool(Fit&)> pause;
  // Told after every step, which is launched alone then, and after every epoch.
  std::function<void(Fit&, const Logs&)> after_step;
  std::function<void(Fit&, const Logs&)> after_epoch;

  // Goes on from a position: variables and metric accumulators are the model's, this is the rest. Called before run().
  void restore(FitPosition position, std::vector<CallbackState> callback_states);
  const FitPosition& position() const { return position_; }
  std::vector<CallbackState> callback_states() const;
  bool done() const { return done_; }
  const FitArguments& arguments() const { return arguments_; }
  Model& model() { return model_; }
  // What decides the order and the contents of batches, by name: seed, batch size, a fingerprint of every column.
  const std::map<std::string, std::string>& batches();
  // Names of what a step reports: loss and metrics.
  const std::vector<std::string>& reported() const { return feed_->step().outputs(); }
  // Loss and metrics so far in this epoch, read from the device; none before its first step. Under terminate_on_nan a loss that is
  // not finite is an Error.
  Logs logs();
  // Whether the training rows lie where the steps run; otherwise they are copied there batch by batch.
  bool is_resident() const { return feed_->is_resident(); }

  // --- Training ---
  int epochs() const override { return arguments_.epochs; }
  std::int64_t steps_per_epoch() const override { return steps_; }
  std::int64_t step() const override { return position_.step; }
  void stop() override { position_.stop = true; }
  double learning_rate() const override;
  void set_learning_rate(double rate) override;
  std::map<std::string, Tensor> weights() const override { return model_.weights(); }
  void set_weights(const std::map<std::string, Tensor>& w) override { const_cast<Model&>(model_).set_weights(w); }
  void save(const std::string& path, bool weights_only) override;
  void back_up(const std::string& folder, int keep) override { backup_ = {folder, keep}; }
  bool go_on_from(const std::string& folder) override;       // src/files/checkpoint.cpp
  void drop_backups(const std::string& folder) override;     // src/files/checkpoint.cpp
  std::string model_json() const override;                   // src/files/keras_config.cpp
  void say(const std::string& line) override;

 private:
  void begin_epoch();
  bool train_epoch();  // false: paused
  void end_epoch();
  Logs validate();
  void apply_class_weights();
  void check_finite(const Logs& logs);
  // Writes the state that a callback has asked for.
  void write_backup();
  void write_backup(const std::string& folder, int keep);    // src/files/checkpoint.cpp

  Model model_;
  Dataset data_;
  FitArguments arguments_;
  FitPosition position_;
  std::vector<CallbackState> restored_;
  bool begun_ = false, done_ = false;
  std::int64_t rows_ = 0, steps_ = 0;
  std::map<std::string, std::string> batches_;
  std::optional<Feed> feed_, validation_feed_;
  Tensor order_;  // row numbers of this epoch
  std::int64_t watched_from_ = 0;  // the batch of this epoch from which the device watches the loss
  struct Backup { std::string folder; int keep; };
  std::optional<Backup> backup_;  // asked for, not written yet
};

// Loss and metrics over all rows.
Logs evaluate_rows(ModelState& state, const Dataset& data, std::int64_t batch_size, const RowsDone& progress = {});

}  // namespace strata
