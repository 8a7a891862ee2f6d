#include "src/model/kernel_choices.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

namespace strata {

KernelChoices::KernelChoices() : warn([](const std::string& line) { std::fprintf(stderr, "warning: %s\n", line.c_str()); }) {}

void KernelChoices::use(Choices recorded) {
  const std::lock_guard lock(mutex_);
  in_use_ = std::move(recorded);
  const auto agrees = [&](const auto& choice) {
    const auto asked = in_use_.find(choice.first);
    return choice.second.empty() || (asked != in_use_.end() && asked->second == choice.second);
  };
  if (std::all_of(made_.begin(), made_.end(), agrees)) return;
  made_.clear();
  ++version_;
}

Choices KernelChoices::in_use() const {
  const std::lock_guard lock(mutex_);
  return in_use_;
}

void KernelChoices::add(const Plan& plan) {
  Choices fresh;
  {
    const std::lock_guard lock(mutex_);
    record(made_, plan.choices);
    for (const auto& choice : plan.unserved)
      if (warned_.insert(choice.first).second) fresh.insert(choice);
  }
  for (const auto& [region, kernel] : fresh) {
    const auto instead = plan.choices.find(region);
    const bool whole = instead != plan.choices.end() && instead->second != split_choice && !instead->second.empty();
    warn(fmt::format("the recorded kernel '{}' is not to be had here for the region '{}'; {}: bits may differ", kernel, region,
                     whole ? fmt::format("'{}' runs instead", instead->second) : "it runs in parts"));
  }
}

Choices KernelChoices::made() const {
  const std::lock_guard lock(mutex_);
  Choices all = in_use_;
  for (const auto& [region, kernel] : made_) all[region] = kernel;
  std::erase_if(all, [](const auto& choice) { return choice.second.empty(); });
  return all;
}

}  // namespace strata
