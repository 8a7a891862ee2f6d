#pragma once

#include <functional>

#include <strata/callback.h>

namespace strata {

// Functions of a program, called while it trains. A spec has no functions, so this is in no registry: its schema is
// written out.
struct LambdaCallback {
  struct Nothing {
    template <class... T>
    void operator()(T&&...) const {}
  };
  std::function<void(int epoch, Training&)> on_epoch_begin = Nothing{};
  std::function<void(int epoch, Logs&, Training&)> on_epoch_end = Nothing{};
  std::function<void(Training&)> on_train_begin = Nothing{};
  std::function<void(const Logs&, Training&)> on_train_end = Nothing{};
  std::function<void(std::int64_t batch, Training&)> on_train_batch_begin = Nothing{};
  std::function<void(std::int64_t batch, const Logs&, Training&)> on_train_batch_end = Nothing{};

  static Schema schema() {
    return {
        .name = "LambdaCallback", .doc = "Calls functions of a program while it trains.", .aliases = {}, .fields = {}};
  }
  bool needs_batch_logs() const { return !on_train_batch_end.target<Nothing>(); }
  bool acts_between_steps() const { return !on_train_batch_begin.target<Nothing>(); }
};

}  // namespace strata
