// Configs as JSON and back, without loss: what a checkpoint keeps of callbacks. (Objects become mappings.)
#pragma once

#include <nlohmann/json.hpp>

#include <strata/config.h>

namespace strata {

// A number that JSON has no form for is written {"number": "nan" | "inf" | "-inf"}.
nlohmann::ordered_json json_of_number(double number);
double number_of_json(const nlohmann::ordered_json& json);

nlohmann::ordered_json json_of_config(const Config& config);
Config config_of_json(const nlohmann::ordered_json& json);

}  // namespace strata
