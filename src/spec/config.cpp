#include <strata/config.h>

#include <algorithm>
#include <charconv>

namespace strata {
namespace {

// The shortest text that reads back as the same number; a whole one keeps its ".0", so that it is told from an integer.
std::string text_of(double x) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, x).ptr;
  std::string text(buffer, end);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

using Named = std::vector<std::pair<std::string, Config>>;

std::string joined(const Named& items, const char* between_name_and_value) {
  std::string text;
  for (const auto& [name, value] : items) text += (text.empty() ? "" : ", ") + name + between_name_and_value + value.str();
  return text;
}

// Order carries no meaning in a mapping.
bool same(const Named& a, const Named& b) {
  return a.size() == b.size() && std::is_permutation(a.begin(), a.end(), b.begin());
}

}  // namespace

Config::Config(const Config&) = default;
Config::Config(Config&&) noexcept = default;
Config& Config::operator=(const Config&) = default;
Config& Config::operator=(Config&&) noexcept = default;
Config::~Config() = default;

std::string Config::str() const {
  if (const auto* v = as<bool>()) return *v ? "true" : "false";
  if (const auto* v = as<std::int64_t>()) return std::to_string(*v);
  if (const auto* v = as<double>()) return text_of(*v);
  if (const auto* v = as<std::string>()) return *v;
  if (const auto* v = as<List>()) {
    std::string text;
    for (const Config& item : *v) text += (text.empty() ? "" : ", ") + item.str();
    return "[" + text + "]";
  }
  if (const auto* v = as<Mapping>()) return "{" + joined(*v, ": ") + "}";
  if (const auto* v = as<ObjectConfig>()) return v->arguments.empty() ? v->name : v->name + "(" + joined(v->arguments, "=") + ")";
  return "null";
}

bool operator==(const Config& a, const Config& b) {
  if (a.value_.index() != b.value_.index()) return false;
  if (const auto* v = a.as<Config::Mapping>()) return same(*v, *b.as<Config::Mapping>());
  if (const auto* v = a.as<ObjectConfig>())
    return v->name == b.as<ObjectConfig>()->name && same(v->arguments, b.as<ObjectConfig>()->arguments);
  if (const auto* v = a.as<Config::List>()) return *v == *b.as<Config::List>();
  if (const auto* v = a.as<bool>()) return *v == *b.as<bool>();
  if (const auto* v = a.as<std::int64_t>()) return *v == *b.as<std::int64_t>();
  if (const auto* v = a.as<double>()) return *v == *b.as<double>();
  if (const auto* v = a.as<std::string>()) return *v == *b.as<std::string>();
  return true;  // null and null
}

}  // namespace strata
