#include "src/files/config_json.h"

#include <cmath>
#include <limits>

#include <strata/error.h>

namespace strata {

using Json = nlohmann::ordered_json;

Json json_of_number(double number) {
  if (std::isfinite(number)) return number;
  return {{"number", std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf"}};
}

double number_of_json(const Json& json) {
  if (json.is_number()) return json.get<double>();
  const auto text = json.is_object() && json.contains("number") ? json["number"].get<std::string>() : std::string();
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  throw Error(ErrorKind::data, "expected a number, received " + json.dump());
}

Json json_of_config(const Config& config) {
  if (config.is_null()) return nullptr;
  if (const auto* v = config.as<bool>()) return *v;
  if (const auto* v = config.as<std::int64_t>()) return *v;
  if (const auto* v = config.as<double>()) return json_of_number(*v);
  if (const auto* v = config.as<std::string>()) return *v;
  if (const auto* list = config.as<Config::List>()) {
    Json items = Json::array();
    for (const Config& item : *list) items.push_back(json_of_config(item));
    return items;
  }
  Json items = Json::object();
  const auto* object = config.as<ObjectConfig>();
  for (const auto& [key, item] : object ? object->arguments : *config.as<Config::Mapping>()) items[key] = json_of_config(item);
  return items;
}

Config config_of_json(const Json& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  if (json.is_array()) {
    Config::List items;
    for (const Json& item : json) items.push_back(config_of_json(item));
    return items;
  }
  if (json.is_object()) {
    if (json.size() == 1 && json.contains("number")) return number_of_json(json);
    Config::Mapping items;
    for (const auto& [key, item] : json.items()) items.emplace_back(key, config_of_json(item));
    return items;
  }
  return {};
}

}  // namespace strata
