#include "src/model/fit.h"

#include <chrono>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>

#include <strata/error.h>
#include "src/data/fingerprint.h"
#include "src/model/adapt.h"
#include "src/model/training_graph.h"

namespace strata {

std::optional<double> find_log(const Logs& logs, const std::string& name) {
  for (const auto& [key, value] : logs)
    if (key == name) return value;
  return std::nullopt;
}

void set_log(Logs& logs, const std::string& name, double value) {
  const auto known = std::find_if(logs.begin(), logs.end(), [&](const auto& log) { return log.first == name; });
  if (known == logs.end()) logs.emplace_back(name, value);
  else known->second = value;
}

namespace {

// Of the loss, where a look makes the host wait for the device.
constexpr std::chrono::milliseconds between_looks{250};

Logs evaluate_all(Variables& metrics, Feed& feed, std::optional<std::int64_t> steps, const RowsDone& progress = {}) {
  const Tensor order = in_order(feed.rows());
  ModelState::reset(metrics);
  feed.begin();
  const std::int64_t batches = std::min(feed.batches(), steps.value_or(feed.batches()));
  for (std::int64_t done = 0; done < batches;) {
    done += feed.run(order, done, batches - done);
    if (progress) progress(std::min(done * feed.batch_size(), feed.rows()), feed.rows());
  }
  return feed.logs();
}

void check_batch_size(std::int64_t batch_size) {
  if (batch_size < 1) throw Error(ErrorKind::spec, fmt::format("batch_size must be at least 1, received {}", batch_size));
}

}  // namespace

Logs evaluate_rows(ModelState& state, const Dataset& data, std::int64_t batch_size, const RowsDone& progress) {
  check_batch_size(batch_size);
  Feed feed(state, data, false, batch_size, Feed::Rows::are_read_once);
  return evaluate_all(state.test_metrics, feed, {}, progress);
}

// --- Fit -------------------------------------------------------------------------------------------------------------------

Fit::Fit(Model model, Dataset data, FitArguments arguments) : model_(std::move(model)), data_(std::move(data)), arguments_(std::move(arguments)) {
  ModelState& s = model_.state();
  FitArguments& a = arguments_;
  const auto at_least = [](const char* name, std::int64_t value, std::int64_t low) {
    if (value < low) throw Error(ErrorKind::spec, fmt::format("{} must be at least {}, received {}", name, low, value));
  };
  at_least("batch_size", a.batch_size, 1);
  at_least("epochs", a.epochs, 0);
  at_least("validation_freq", a.validation_freq, 1);
  if (!(a.validation_split >= 0 && a.validation_split < 1))
    throw Error(ErrorKind::spec, fmt::format("validation_split must lie in [0, 1), received {}", a.validation_split));
  rows_ = data_.rows();
  if (rows_ == 0) throw Error(ErrorKind::data, "there are no rows to train on");
  if (a.validation_split > 0) {
    if (a.validation_data) throw Error(ErrorKind::spec, "validation_split and validation_data are both given", "give one of them");
    // Keras takes the last fraction, before any shuffling.
    const auto first = static_cast<std::int64_t>(std::floor(static_cast<double>(rows_) * (1 - a.validation_split)));
    if (first == 0 || first == rows_)
      throw Error(ErrorKind::data, fmt::format("validation_split {} of {} rows leaves nothing on one side", a.validation_split, rows_));
    a.validation_data = data_.slice(first, rows_);
    data_ = data_.slice(0, first);
    rows_ = first;
  }
  apply_class_weights();
  adapt_layers(s, data_.x, true);
  position_.epoch = a.initial_epoch;
  const std::int64_t all = (rows_ + a.batch_size - 1) / a.batch_size;
  steps_ = a.steps_per_epoch ? std::min(*a.steps_per_epoch, all) : all;
  feed_.emplace(s, data_, true, a.batch_size, Feed::Rows::are_read_again);
}

// Keras: a row's weight is that of its class, times its own weight where it has one.
void Fit::apply_class_weights() {
  if (arguments_.class_weight.empty()) return;
  ModelState& s = model_.state();
  if (s.graph.outputs().size() != 1) throw Error(ErrorKind::spec, "class_weight needs a model with one output", "give sample_weight instead");
  if (data_.y.empty()) throw Error(ErrorKind::data, "class_weight needs targets");
  const Tensor& y = data_.y.columns()[0].second;
  const bool one_hot = y.rank() == 2 && y.dim(1) > 1;
  Tensor weight(s.policy.entry(DType::float32), {rows_});
  const std::int64_t columns = rows_ ? y.elements() / rows_ : 1;
  for (std::int64_t i = 0; i < rows_; ++i) {
    std::int64_t label = 0;
    if (one_hot)
      for (std::int64_t c = 1; c < columns; ++c) label = y.at(i * columns + c) > y.at(i * columns + label) ? c : label;
    else label = static_cast<std::int64_t>(y.at(i * columns));
    const auto found = arguments_.class_weight.find(label);
    weight.set(i, found == arguments_.class_weight.end() ? 1 : found->second);
  }
  if (!data_.sample_weight.empty()) {
    const Tensor& own = data_.sample_weight.columns()[0].second;
    for (std::int64_t i = 0; i < rows_; ++i) weight.set(i, weight.at(i) * own.at(i));
  }
  data_.sample_weight = weight;
}

void Fit::restore(FitPosition position, std::vector<CallbackState> callback_states) {
  position_ = std::move(position);
  restored_ = std::move(callback_states);
}

std::vector<CallbackState> Fit::callback_states() const {
  std::vector<CallbackState> states;
  for (const Callback& c : arguments_.callbacks) states.push_back({c.state(), c.tensors()});
  return states;
}

Logs Fit::logs() {
  if (position_.batch == 0) return {};
  if (!feed_->has_run()) return position_.logs;  // no step since the checkpoint
  Logs so_far = feed_->logs();
  check_finite(so_far);
  return so_far;
}

const std::map<std::string, std::string>& Fit::batches() {
  if (!batches_.empty()) return batches_;
  const FitArguments& a = arguments_;
  ModelState& s = model_.state();
  batches_ = {{"batch_size", fmt::format("{}", a.batch_size)}, {"shuffle", a.shuffle ? fmt::format("by seed {}", s.run.seed) : "no"},
              {"steps_per_epoch", fmt::format("{}", steps_)}};
  for (const auto& [name, t] : feed_->columns()) batches_["train " + name] = fingerprint(t);
  if (a.validation_data)
    for (const auto& [name, t] : named_columns(s, *a.validation_data)) batches_["validation " + name] = fingerprint(t);
  return batches_;
}

double Fit::learning_rate() const { return strata::learning_rate(*model_.state().optimizer); }
void Fit::set_learning_rate(double rate) { strata::set_learning_rate(*model_.state().optimizer, rate); }
void Fit::save(const std::string& path, bool) { model_.save(path); }
void Fit::say(const std::string& line) {
  if (arguments_.verbose) std::fprintf(stderr, "%s\n", line.c_str());
}

void Fit::begin_epoch() {
  const auto permutation = arguments_.shuffle ? shuffled_order(rows_, model_.state().run.seed, position_.epoch) : std::vector<std::int64_t>();
  order_ = arguments_.shuffle ? Tensor::of<std::int64_t>({rows_}, std::span<const std::int64_t>(permutation)) : in_order(rows_);
  feed_->begin();
  if (position_.batch == 0 || !feed_->has_run()) {
    ModelState::reset(model_.state().watched_loss);
    watched_from_ = position_.batch;
  }
  if (position_.batch > 0) return;  // the running values are those of the checkpoint
  ModelState::reset(model_.state().train_metrics);
  for (Callback& c : arguments_.callbacks) c.on_epoch_begin(position_.epoch, *this);
}

void Fit::check_finite(const Logs& logs) {
  auto loss = find_log(logs, "loss");
  if (!arguments_.terminate_on_nan || !loss || std::isfinite(*loss)) return;
  std::int64_t later = 0;  // steps since it was the first time
  if (const auto watched = first_loss_not_finite(model_.state())) {
    loss = watched->loss;
    later = position_.batch - (watched_from_ + watched->steps_before + 1);
  }
  throw Error(ErrorKind::diverged, fmt::format("the loss is {} at step {} (epoch {}, batch {})", *loss, position_.step - later, position_.epoch + 1, position_.batch - later),
              "make the learning rate smaller, or look for NaN in the data");
}

bool Fit::train_epoch() {
  const bool is_near = model_.state().backend()->uses_host_memory();  // looking costs nothing
  bool batch_logs = static_cast<bool>(after_step) || (is_near && arguments_.terminate_on_nan), step_by_step = batch_logs || is_near;
  for (const Callback& c : arguments_.callbacks) {
    batch_logs = batch_logs || c.needs_batch_logs();
    step_by_step = step_by_step || c.acts_between_steps();
  }
  const auto began = std::chrono::steady_clock::now();
  auto looked = began;
  const double seconds = position_.seconds;
  while (position_.batch < steps_) {
    const std::int64_t first = position_.batch;
    if (step_by_step)
      for (Callback& c : arguments_.callbacks) c.on_train_batch_begin(first, *this);
    const std::int64_t steps = feed_->run(order_, first, step_by_step ? 1 : steps_ - first);
    position_.batch += steps;
    position_.step += steps;
    const auto now = std::chrono::steady_clock::now();
    position_.seconds = seconds + std::chrono::duration<double>(now - began).count();
    const Logs so_far = batch_logs ? logs() : Logs{};
    if (arguments_.terminate_on_nan && !batch_logs && now - looked > between_looks) {
      logs();
      looked = now;
    }
    for (std::int64_t batch = first; batch < position_.batch; ++batch)
      for (Callback& c : arguments_.callbacks) {
        if (!step_by_step) c.on_train_batch_begin(batch, *this);
        c.on_train_batch_end(batch, so_far, *this);
      }
    if (after_step) after_step(*this, so_far);
    if (position_.batch < steps_) write_backup();  // at the end of an epoch validation comes first
    if (pause && pause(*this)) return false;
  }
  return true;
}

Logs Fit::validate() {
  if (!validation_feed_ || validation_feed_->is_outdated()) {
    const std::int64_t batch_size = arguments_.validation_batch_size.value_or(arguments_.batch_size);
    check_batch_size(batch_size);
    validation_feed_.emplace(model_.state(), *arguments_.validation_data, false, batch_size, Feed::Rows::are_read_again);
  }
  return evaluate_all(model_.state().test_metrics, *validation_feed_, arguments_.validation_steps);
}

void Fit::end_epoch() {
  const auto began = std::chrono::steady_clock::now();
  Logs logs = this->logs();  // which waits for the device
  position_.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  if (arguments_.validation_data && (position_.epoch + 1) % arguments_.validation_freq == 0)
    for (const auto& [name, value] : validate()) logs.emplace_back("val_" + name, value);
  for (Callback& c : arguments_.callbacks) c.on_epoch_end(position_.epoch, logs, *this);
  position_.history.epoch.push_back(position_.epoch);
  for (const auto& [name, value] : logs) {
    auto& rows = position_.history.history;
    const auto found = std::find_if(rows.begin(), rows.end(), [&name = name](const auto& row) { return row.first == name; });
    if (found == rows.end()) rows.push_back({name, {value}});
    else found->second.push_back(value);
  }
  if (after_epoch) after_epoch(*this, logs);
  ++position_.epoch;
  position_.batch = 0;
  position_.phase = FitPosition::Phase::train;
  write_backup();
}

void Fit::write_backup() {
  if (const auto asked = std::exchange(backup_, std::nullopt)) write_backup(asked->folder, asked->keep);
}

History Fit::run() {
  if (!begun_) {
    begun_ = true;
    for (Callback& c : arguments_.callbacks) c.on_train_begin(*this);
    for (std::size_t i = 0; i < restored_.size() && i < arguments_.callbacks.size(); ++i) {
      arguments_.callbacks[i].restore(restored_[i].config);
      arguments_.callbacks[i].restore_tensors(std::move(restored_[i].tensors));
    }
    restored_.clear();
  }
  while (position_.epoch < arguments_.epochs && !position_.stop) {
    if (position_.phase == FitPosition::Phase::train) {
      begin_epoch();
      if (!train_epoch()) return position_.history;
      position_.phase = FitPosition::Phase::epoch_end;
    }
    end_epoch();
    if (pause && pause(*this)) return position_.history;
  }
  finish_averages(*model_.state().store, *model_.state().optimizer);
  const Logs last;
  for (Callback& c : arguments_.callbacks) c.on_train_end(last, *this);
  done_ = true;
  return position_.history;
}

}  // namespace strata
