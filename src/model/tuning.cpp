#include "src/model/tuning.h"

#include <algorithm>
#include <map>

#include "src/model/step_trial.h"

namespace strata {
namespace {

constexpr double worthwhile = 0.97;  // of the time: less is noise

// The naive loops, which nobody would wait for.
bool is_definition(const std::string& kernel) { return kernel.rfind("reference", 0) == 0; }

class Tuner {
 public:
  Tuner(ModelState& model, std::int64_t batch_size) : model_(model), trial_(model, batch_size) {}

  Tuning run(const std::function<void(std::size_t, std::size_t)>& told) {
    const auto warn = std::exchange(model_.choices->warn, [](const std::string&) {});
    Tuning tuning;
    tuning.seconds_before = trial_.seconds();
    const std::vector<PlannedStep> regions = with_alternatives();
    for (std::size_t r = 0; r < regions.size(); ++r) {
      if (told) told(r, regions.size());
      const PlannedStep& region = regions[r];
      TunedRegion tuned{region.place, region.ops, region.kernel, region.kernel, 0, 0};
      use(region.signature, region.kernel);
      before_ = measured();
      tuned.seconds = tuned.seconds_before = before_[region.signature].seconds;
      for (const std::string& alternative : region.alternatives) {
        if (is_definition(alternative)) continue;
        use(region.signature, alternative);
        if (alternative != split_choice && !runs(region.signature, alternative)) continue;
        const double seconds = alternative == split_choice ? seconds_of_parts(region.signature) : measured()[region.signature].seconds;
        if (seconds < worthwhile * tuned.seconds) tuned.kernel = alternative, tuned.seconds = seconds;
      }
      use(region.signature, tuned.kernel);
      tuning.regions.push_back(std::move(tuned));
    }
    tuning.choices = winners_;
    tuning.seconds = trial_.seconds();
    model_.choices->warn = warn;
    return tuning;
  }

 private:
  std::vector<PlannedStep> with_alternatives() const {
    std::vector<PlannedStep> found;
    for (const PlannedStep& s : trial_.plan().steps) {
      const bool has_choice = std::any_of(s.alternatives.begin(), s.alternatives.end(), [](const std::string& a) { return !is_definition(a); });
      const bool known = std::any_of(found.begin(), found.end(), [&](const PlannedStep& f) { return f.signature == s.signature; });
      if (has_choice && !known && !s.once) found.push_back(s);
    }
    return found;
  }

  void use(const std::string& signature, const std::string& kernel) {
    winners_[signature] = kernel;
    model_.choices->use(winners_);
    trial_.plan_anew();
  }

  bool runs(const std::string& signature, const std::string& kernel) const {
    return std::any_of(trial_.plan().steps.begin(), trial_.plan().steps.end(),
                       [&](const PlannedStep& s) { return s.signature == signature && s.kernel == kernel; });
  }

  struct Regions {
    int count = 0;
    double seconds = 0;
    double of(int some) const { return seconds * some / count; }
  };
  using BySignature = std::map<std::string, Regions>;

  BySignature measured() {
    const std::vector<double> seconds = trial_.seconds_of_steps();
    BySignature found;
    for (std::size_t i = 0; i < seconds.size(); ++i) {
      Regions& regions = found[trial_.plan().steps[i].signature];
      ++regions.count, regions.seconds += seconds[i];
    }
    return found;
  }
  // Of what the plan has more of than before, less what went together with the region.
  double seconds_of_parts(const std::string& signature) {
    BySignature now = measured();
    double sum = 0;
    for (const auto& [part, regions] : now)
      if (const int fresh = regions.count - before_[part].count; fresh > 0) sum += regions.of(fresh);
    for (const auto& [other, regions] : before_)
      if (const int gone = regions.count - now[other].count; gone > 0 && other != signature) sum -= regions.of(gone);
    return sum;
  }

  ModelState& model_;
  StepTrial trial_;
  Choices winners_;
  BySignature before_;  // while the table's kernel ran
};

}  // namespace

Tuning tune(ModelState& model, std::int64_t batch_size, const std::function<void(std::size_t, std::size_t)>& told) {
  return Tuner(model, batch_size).run(told);
}

}  // namespace strata
