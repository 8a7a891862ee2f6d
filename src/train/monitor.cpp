#include <strata/callbacks/monitor.h>

#include <cmath>

namespace strata {
namespace {

// Parts of names of what should rise, and of what should fall.
constexpr const char* rising[] = {"accuracy", "acc", "auc", "precision", "recall", "sensitivity", "specificity", "score",
                                  "io_u", "iou", "cosine_similarity", "correlation", "true_"};
constexpr const char* falling[] = {"loss", "error", "mse", "mae", "mape", "msle", "crossentropy", "bce", "hinge",
                                   "divergence", "poisson", "logcosh", "false_", "perplexity"};

template <std::size_t N>
bool any_in(const char* const (&parts)[N], const std::string& name) {
  for (const char* part : parts)
    if (name.find(part) != std::string::npos) return true;
  return false;
}

bool should_rise(const std::string& callback, const std::string& name, const std::string& mode) {
  if (mode != "auto") return mode == "max";
  const bool up = any_in(rising, name), down = any_in(falling, name);
  if (up != down) return up;
  throw Error(ErrorKind::spec,
              callback + " cannot tell whether '" + name + "' should rise or fall", "give it mode: max or mode: min");
}

}  // namespace

Monitor::Monitor(std::string callback, std::string name, const std::string& mode, double min_delta)
    : callback_(std::move(callback)),
      name_(std::move(name)),
      rises_(should_rise(callback_, name_, mode)),
      min_delta_(std::abs(min_delta)) {}

std::optional<double> Monitor::value(const Logs& logs) const {
  std::string names;
  bool validated = false;
  for (const auto& [name, value] : logs) {
    if (name == name_) return value;
    validated = validated || name.starts_with("val_");
    names += (names.empty() ? "" : ", ") + name;
  }
  if (name_.starts_with("val_") && !validated) return {};
  throw Error(ErrorKind::spec, callback_ + " watches '" + name_ + "', which is not reported", "reported: " + names);
}

bool Monitor::improved(double value, std::optional<double> reference) const {
  if (!reference) return true;
  return rises_ ? value - min_delta_ > *reference : value + min_delta_ < *reference;
}

}  // namespace strata
