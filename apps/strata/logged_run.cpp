#include "apps/strata/logged_run.h"

namespace strata {

LoggedRun logged_run(const RunDirectory& run, const std::string& label) {
  LoggedRun logged{label, {}};
  for (const LoggedValues& log : run.read_history()) {
    LoggedMetric& metric = logged.metrics.emplace_back(LoggedMetric{log.name, {}});
    for (const auto& [epoch, value] : log.values) metric.points.push_back({static_cast<double>(epoch), value});
  }
  return logged;
}

}  // namespace strata
