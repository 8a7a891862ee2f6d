#include "src/files/choices_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <strata/error.h>

namespace strata {

using Json = nlohmann::ordered_json;

std::string choices_json(ModelState& state) { return choices_json(state, state.choices->made()); }

std::string choices_json(ModelState& state, const Choices& kernels) {
  const RunOptions& run = state.run;
  Json of_regions = Json::object();
  for (const auto& [region, kernel] : kernels) of_regions[region] = kernel;
  const Json json = {{"backend", state.backend()->name()}, {"threads", run.threads}, {"reproducible", run.reproducible},
                     {"tensor_float32", run.tensor_float32}, {"dtype", run.dtype}, {"kernels", std::move(of_regions)}};
  return json.dump(2) + "\n";
}

void use_choices(ModelState& state, std::string_view text, const std::string& file) {
  try {
    const Json json = Json::parse(text);
    const auto backend = json.at("backend").get<std::string>();
    Choices kernels = json.at("kernels").get<Choices>();
    if (backend != state.backend()->name())
      return state.choices->warn(fmt::format("the kernels of {} are those of the backend '{}', this run is on '{}': they are not used, and bits will differ",
                                             file, backend, state.backend()->name()));
    state.choices->use(std::move(kernels));
  } catch (const Json::exception&) {
    throw Error(ErrorKind::data, fmt::format("{}: does not say which kernels a run chose", file));
  }
}

}  // namespace strata
