// Every bundled config on the CUDA backend and on the CPU: from one seed, the losses of the first epoch are within 1e-3 of each other.
#include <filesystem>
#include <tuple>

#include <gtest/gtest.h>

#include "src/data/source.h"
#include "src/files/spec_data.h"
#include "src/files/spec_model.h"
#include "src/spec/diagnostics.h"
#include "src/spec/spec.h"
#include "tests/cuda/plugin.h"

namespace strata {
namespace {

std::filesystem::path folder() { return std::filesystem::path(STRATA_SOURCE_DIR) / "configs"; }
std::vector<std::string> configs() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder()))
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

class CudaConfigs : public testing::TestWithParam<std::tuple<const char*, std::string>> {};

TEST_P(CudaConfigs, lose_in_the_first_epoch_what_they_lose_on_the_cpu) {
  const auto& [which, config] = GetParam();
  const CudaName cuda = cuda_name(which);
  if (cuda.name.empty()) GTEST_SKIP() << "no CUDA device: " << cuda.why_not;
  const auto first_epoch = [&, &config = config, whole = which == std::string_view("device")](const std::string& backend) {
    Spec spec = read_spec((folder() / (config + ".yaml")).string());
    spec.run.backend = backend;
    Diagnostics diagnostics;
    Model model = build_model(spec, diagnostics).value();
    diagnostics.throw_if_errors();
    const FitSpec stage = spec.fit.empty() ? FitSpec{} : spec.fit[0];
    set_trainable(model, stage.trainable);
    model.compile(compile_arguments(stage.compile ? *stage.compile : *spec.compile));
    FitArguments arguments = fit_arguments(stage, {});
    arguments.epochs = 1;
    arguments.verbose = 0;
    if (!whole) {  // a host that stands for a device takes its time
      arguments.batch_size = std::min<std::int64_t>(arguments.batch_size, 8);
      arguments.steps_per_epoch = 2;
      arguments.validation_split = 0;
    }
    return model.fit(load_rows(for_inputs(model, row_source(spec, *spec.data->train))).data, arguments);
  };
  const History expected = first_epoch("cpu"), found = first_epoch(cuda.name);
  const double loss = expected["loss"].at(0);
  EXPECT_NEAR(found["loss"].at(0), loss, 1e-3 * std::max(1.0, std::abs(loss)));
}
INSTANTIATE_TEST_SUITE_P(Bundled, CudaConfigs, testing::Combine(testing::Values("emulated", "device"), testing::ValuesIn(configs())), [](const auto& info) {
  std::string name = std::get<1>(info.param) + "_" + std::get<0>(info.param);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace strata
