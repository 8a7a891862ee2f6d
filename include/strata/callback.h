// What happens between steps and epochs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <strata/component.h>
#include <strata/tensor.h>

namespace strata {

// Names and values in the order they are reported: loss, metrics, val_loss, ...
using Logs = std::vector<std::pair<std::string, double>>;
std::optional<double> find_log(const Logs& logs, const std::string& name);
// In its place where it is reported already, else at the end.
void set_log(Logs& logs, const std::string& name, double value);

// What a callback may see of the training it is part of, and do to it.
class Training {
 public:
  virtual ~Training() = default;
  virtual int epochs() const = 0;
  virtual std::int64_t steps_per_epoch() const = 0;
  // Updates done since training began.
  virtual std::int64_t step() const = 0;
  // The last batch of this epoch is the last one.
  virtual void stop() = 0;
  virtual double learning_rate() const = 0;
  // An error when the rate follows a schedule.
  virtual void set_learning_rate(double rate) = 0;
  // Weights and states by path: a copy, and back.
  virtual std::map<std::string, Tensor> weights() const = 0;
  virtual void set_weights(const std::map<std::string, Tensor>& weights) = 0;
  // Writes the model (or its weights alone) in the form that the ending names.
  virtual void save(const std::string& path, bool weights_only) = 0;
  // Keeps the whole state of this training in `folder`, as soon as this batch or epoch is over for every callback; of the
  // states kept there the newest `keep` stay.
  virtual void back_up(const std::string& folder, int keep) = 0;
  // Goes on from the newest state kept in `folder`; false where there is none. Only before the first batch.
  virtual bool go_on_from(const std::string& folder) = 0;
  // Removes what back_up has kept.
  virtual void drop_backups(const std::string& folder) = 0;
  // The model's architecture, as Keras' JSON.
  virtual std::string model_json() const = 0;
  // A line for the person who watches.
  virtual void say(const std::string& line) = 0;
};

// A struct is a callback when it has a schema and any of the functions named below. `Config state() const` and
// `void restore(const Config&)` make it part of a checkpoint, `std::map<std::string, Tensor> tensors() const` and
// `void restore_tensors(std::map<std::string, Tensor>)` the arrays that it keeps; both come after on_train_begin.
// `static constexpr bool needs_batch_logs = true`, or a const function of this name, makes the logs of every step be read from
// the device; without it on_train_batch_end gets no logs. `acts_between_steps`, likewise, says whether the functions of a batch do
// anything that another step could see, or need their logs; without it they are taken to. Where nobody does, a device may take
// several steps at once, and the functions are called for all their batches afterwards.
class Callback : public Component<Callback> {
 public:
  static constexpr std::string_view kind = "callback";
  struct Functions {
    void (*on_train_begin)(void*, Training&);
    void (*on_epoch_begin)(void*, int epoch, Training&);
    void (*on_train_batch_begin)(void*, std::int64_t batch, Training&);
    void (*on_train_batch_end)(void*, std::int64_t batch, const Logs&, Training&);
    void (*on_epoch_end)(void*, int epoch, Logs&, Training&);
    void (*on_train_end)(void*, const Logs&, Training&);
    Config (*state)(const void*);
    void (*restore)(void*, const Config&);
    std::map<std::string, Tensor> (*tensors)(const void*);
    void (*restore_tensors)(void*, std::map<std::string, Tensor>);
    bool (*needs_batch_logs)(const void*);
    bool (*acts_between_steps)(const void*);
  };
  template <class T> static Functions functions_of();
  using Component::Component;

  void on_train_begin(Training& t) { if (functions().on_train_begin) functions().on_train_begin(object_.get(), t); }
  void on_epoch_begin(int epoch, Training& t) { if (functions().on_epoch_begin) functions().on_epoch_begin(object_.get(), epoch, t); }
  void on_train_batch_begin(std::int64_t batch, Training& t) {
    if (functions().on_train_batch_begin) functions().on_train_batch_begin(object_.get(), batch, t);
  }
  void on_train_batch_end(std::int64_t batch, const Logs& logs, Training& t) {
    if (functions().on_train_batch_end) functions().on_train_batch_end(object_.get(), batch, logs, t);
  }
  void on_epoch_end(int epoch, Logs& logs, Training& t) { if (functions().on_epoch_end) functions().on_epoch_end(object_.get(), epoch, logs, t); }
  void on_train_end(const Logs& logs, Training& t) { if (functions().on_train_end) functions().on_train_end(object_.get(), logs, t); }
  Config state() const { return functions().state ? functions().state(object_.get()) : Config(); }
  void restore(const Config& state) { if (functions().restore) functions().restore(object_.get(), state); }
  std::map<std::string, Tensor> tensors() const {
    return functions().tensors ? functions().tensors(object_.get()) : std::map<std::string, Tensor>();
  }
  void restore_tensors(std::map<std::string, Tensor> tensors) {
    if (functions().restore_tensors) functions().restore_tensors(object_.get(), std::move(tensors));
  }
  bool needs_batch_logs() const { return functions().needs_batch_logs && functions().needs_batch_logs(object_.get()); }
  bool acts_between_steps() const {
    const bool has_any = functions().on_train_batch_begin || functions().on_train_batch_end;
    return needs_batch_logs() || (functions().acts_between_steps ? functions().acts_between_steps(object_.get()) : has_any);
  }
};

template <class T>
Callback::Functions Callback::functions_of() {
  Functions f{};
  if constexpr (requires(T& t, Training& r) { t.on_train_begin(r); })
    f.on_train_begin = [](void* o, Training& r) { static_cast<T*>(o)->on_train_begin(r); };
  if constexpr (requires(T& t, Training& r) { t.on_epoch_begin(0, r); })
    f.on_epoch_begin = [](void* o, int e, Training& r) { static_cast<T*>(o)->on_epoch_begin(e, r); };
  if constexpr (requires(T& t, Training& r) { t.on_train_batch_begin(std::int64_t{0}, r); })
    f.on_train_batch_begin = [](void* o, std::int64_t b, Training& r) { static_cast<T*>(o)->on_train_batch_begin(b, r); };
  if constexpr (requires(T& t, const Logs& l, Training& r) { t.on_train_batch_end(std::int64_t{0}, l, r); })
    f.on_train_batch_end = [](void* o, std::int64_t b, const Logs& l, Training& r) { static_cast<T*>(o)->on_train_batch_end(b, l, r); };
  if constexpr (requires(T& t, Logs& l, Training& r) { t.on_epoch_end(0, l, r); })
    f.on_epoch_end = [](void* o, int e, Logs& l, Training& r) { static_cast<T*>(o)->on_epoch_end(e, l, r); };
  if constexpr (requires(T& t, const Logs& l, Training& r) { t.on_train_end(l, r); })
    f.on_train_end = [](void* o, const Logs& l, Training& r) { static_cast<T*>(o)->on_train_end(l, r); };
  if constexpr (requires(const T& t) { { t.state() } -> std::convertible_to<Config>; })
    f.state = [](const void* o) { return static_cast<const T*>(o)->state(); };
  if constexpr (requires(T& t, const Config& c) { t.restore(c); })
    f.restore = [](void* o, const Config& c) { static_cast<T*>(o)->restore(c); };
  if constexpr (requires(const T& t) { { t.tensors() } -> std::convertible_to<std::map<std::string, Tensor>>; })
    f.tensors = [](const void* o) -> std::map<std::string, Tensor> { return static_cast<const T*>(o)->tensors(); };
  if constexpr (requires(T& t, std::map<std::string, Tensor> m) { t.restore_tensors(std::move(m)); })
    f.restore_tensors = [](void* o, std::map<std::string, Tensor> m) { static_cast<T*>(o)->restore_tensors(std::move(m)); };
  if constexpr (requires(const T& t) { { t.needs_batch_logs() } -> std::convertible_to<bool>; })
    f.needs_batch_logs = [](const void* o) -> bool { return static_cast<const T*>(o)->needs_batch_logs(); };
  else if constexpr (requires { { T::needs_batch_logs } -> std::convertible_to<bool>; })
    f.needs_batch_logs = [](const void*) -> bool { return T::needs_batch_logs; };
  if constexpr (requires(const T& t) { { t.acts_between_steps() } -> std::convertible_to<bool>; })
    f.acts_between_steps = [](const void* o) -> bool { return static_cast<const T*>(o)->acts_between_steps(); };
  return f;
}

}  // namespace strata

#include <strata/bundled/callback.h>
