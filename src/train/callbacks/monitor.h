// What EarlyStopping and ModelCheckpoint watch: a name in the logs, and which way it should go.
#pragma once

#include <optional>
#include <string>

#include <strata/callback.h>

namespace strata {

inline Limits monitor_modes() { return one_of({"auto", "min", "max"}); }

class Monitor {
 public:
  // `callback` is named in messages. Mode "auto" goes by the name: an accuracy should rise, a loss or an error fall; a name
  // that says neither is an Error.
  Monitor(std::string callback, std::string name, const std::string& mode, double min_delta = 0);

  // The value in these logs. None in an epoch without validation; a name that is nowhere else is an Error.
  std::optional<double> value(const Logs& logs) const;
  // Better than the reference by more than min_delta; anything is better than none.
  bool improved(double value, std::optional<double> reference) const;

 private:
  std::string callback_, name_;
  bool rises_;
  double min_delta_;
};

}  // namespace strata
