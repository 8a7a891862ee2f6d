// What a spec, a Keras file or a program writes for an argument.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace strata {

class Config;

// A named object with arguments: `Dense: {units: 64}`, Keras' {"class_name": "Dense", "config": {...}}.
struct ObjectConfig {
  std::string name;
  std::vector<std::pair<std::string, Config>> arguments;
};

// null, a boolean, an integer, a number, a text, a list, a mapping, or an object.
class Config {
 public:
  using List = std::vector<Config>;
  using Mapping = std::vector<std::pair<std::string, Config>>;

  Config() = default;
  Config(const Config&);
  Config(Config&&) noexcept;
  Config& operator=(const Config&);
  Config& operator=(Config&&) noexcept;
  ~Config();
  Config(std::nullptr_t) {}                                         // NOLINT
  Config(bool v) : value_(v) {}                                     // NOLINT
  Config(int v) : value_(std::int64_t{v}) {}                        // NOLINT
  Config(std::int64_t v) : value_(v) {}                             // NOLINT
  Config(double v) : value_(v) {}                                   // NOLINT
  Config(const char* v) : value_(std::string(v)) {}                 // NOLINT
  Config(std::string v) : value_(std::move(v)) {}                   // NOLINT
  Config(List v) : value_(std::move(v)) {}                          // NOLINT
  Config(Mapping v) : value_(std::move(v)) {}                       // NOLINT
  Config(ObjectConfig v) : value_(std::move(v)) {}                  // NOLINT

  template <class T> const T* as() const { return std::get_if<T>(&value_); }
  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_number() const { return as<std::int64_t>() || as<double>(); }
  double number() const {
    if (const auto* i = as<std::int64_t>()) return static_cast<double>(*i);
    return *as<double>();
  }
  // As a person would write it: 64, relu, [3, 3], Adam(learning_rate=0.001).
  std::string str() const;
  friend bool operator==(const Config& a, const Config& b);

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Mapping, ObjectConfig> value_;
};

}  // namespace strata
