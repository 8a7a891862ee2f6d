// The kernel choices of a model: those that its plans must use (of the run it goes on with), and those that they made.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <string>

#include "src/compile/plan.h"

namespace strata {

class KernelChoices {
 public:
  KernelChoices();
  // Told of a choice that cannot be used, once each: on stderr unless it is set.
  std::function<void(const std::string&)> warn;

  // Plans are made with these from here on; those that were made otherwise are made anew.
  void use(Choices recorded);
  Choices in_use() const;
  // Changes when plans have to be made anew.
  std::int64_t version() const { return version_; }

  void add(const Plan& plan);
  // What was asked for, and over it what the plans came to.
  Choices made() const;

 private:
  mutable std::mutex mutex_;  // several threads may make plans at once
  Choices in_use_, made_;
  std::set<std::string> warned_;
  std::atomic<std::int64_t> version_ = 0;
};

}  // namespace strata
