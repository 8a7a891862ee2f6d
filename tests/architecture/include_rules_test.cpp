#include "tests/architecture/include_rules.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strata {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Architecture, EverySourceKeepsTheRulesOfTheHouse) {
  std::vector<std::string> broken;
  int sources = 0;
  for (const char* folder : {"include", "src", "layers", "backend", "apps"})
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(STRATA_SOURCE_DIR) / folder)) {
      const std::string ending = entry.path().extension().string();
      if (ending != ".h" && ending != ".cpp" && ending != ".cu" && ending != ".cuh") continue;
      std::ostringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      for (std::string& line : broken_rules(fs::relative(entry.path(), STRATA_SOURCE_DIR).generic_string(), text.str()))
        broken.push_back(std::move(line));
      ++sources;
    }
  EXPECT_GT(sources, 100);
  EXPECT_THAT(broken, IsEmpty());
}

TEST(Architecture, ABrokenRuleIsNamedWithItsLine) {
  EXPECT_THAT(broken_rules("src/graph/graph.cpp", "// a\n#include \"src/model/fit.h\"\n"),
              ElementsAre("src/graph/graph.cpp:2: #include \"src/model/fit.h\": src/graph may not use src/model"));
  const auto breaks = [](const std::string& path, const std::string& line) { return broken_rules(path, line + "\n"); };
  EXPECT_THAT(breaks("src/compile/plan.cpp", "#include <strata/layers/core/dense.h>"), ElementsAre(HasSubstr("may not use layers")));
  EXPECT_THAT(breaks("layers/core/dense.h", "#include <strata/losses/mean_squared_error.h>"), ElementsAre(HasSubstr("may not use src/train")));
  EXPECT_THAT(breaks("backend/cpu/gemm.cpp", "#include <strata/error.h>"), ElementsAre(HasSubstr("may not use include")));
  EXPECT_THAT(breaks("src/files/keras_model.cpp", "#include <hdf5.h>"), ElementsAre(HasSubstr("HDF5 and libzip stays in src/io/plugins/")));
  EXPECT_THAT(breaks("apps/strata/train.cpp", "#include <nlohmann/json.hpp>"), ElementsAre(HasSubstr("JSON stays in")));
  EXPECT_THAT(breaks("src/files/spec_model.cpp", "#  include <yaml-cpp/yaml.h>"), ElementsAre(HasSubstr("YAML stays in")));
  EXPECT_THAT(breaks("src/spec/spec.cpp", "#include <CLI/CLI.hpp>"), ElementsAre(HasSubstr("CLI11 stays in apps/")));
  EXPECT_THAT(breaks("backend/reference/walk.h", "#include <xtensor/xarray.hpp>"), ElementsAre(HasSubstr("xtensor stays in")));
  EXPECT_THAT(breaks("include/strata/xtensor.h", "#include <xtensor/xarray.hpp>"), IsEmpty());
  EXPECT_THAT(breaks("include/strata/xtensor.h", "#include <nlohmann/json.hpp>"), ElementsAre(HasSubstr("JSON stays in")));
  EXPECT_THAT(breaks("backend/cpu/gemm.cpp", "#include <cuda_runtime.h>"), ElementsAre(HasSubstr("CUDA stays in backend/cuda/")));
  EXPECT_THAT(breaks("include/strata/tensor.h", "#include <fmt/format.h>"), ElementsAre(HasSubstr("standard library only")));
  EXPECT_THAT(breaks("layers/core/dense.h", "#include \"src/graph/graph.h\""), ElementsAre(HasSubstr("standard library only")));
  EXPECT_THAT(breaks("src/model/fit.cpp", "#include \"fit.h\""), ElementsAre(HasSubstr("from the root of the project")));
  EXPECT_THAT(breaks("src/model/fit.cpp", "#ifdef __CUDACC__"), ElementsAre(HasSubstr("__CUDACC__ is asked here")));
  EXPECT_THAT(breaks("backend/cpu/backend.cpp", "#ifdef STRATA_HAS_CUDA"), ElementsAre(HasSubstr("STRATA_HAS_CUDA is asked here")));
  EXPECT_THAT(breaks("backend/functors.h", "#if defined(__CUDA_ARCH__)"), ElementsAre(HasSubstr("__CUDA_ARCH__ is asked here")));
  EXPECT_THAT(breaks("src/model/fit.cpp", "#if defined(STRATA_HAS_ONEDNN)"), ElementsAre(HasSubstr("STRATA_HAS_ONEDNN is asked here")));
}

TEST(Architecture, WhatTheTableAllowsPasses) {
  EXPECT_THAT(broken_rules("backend/cuda/arithmetic.h", "#include \"backend/functors.h\"\n#include <cuda_runtime_api.h>\n#ifdef __CUDA_ARCH__\n#endif\n"), IsEmpty());
  EXPECT_THAT(broken_rules("src/model/fit.cpp", "#include <vector>\n#include <fmt/format.h>\n#include <strata/model.h>\n#include \"src/compile/plan.h\"\n"), IsEmpty());
  EXPECT_THAT(broken_rules("layers/rnn/lstm.h", "#pragma once\n#include <optional>\n#include <strata/layers/rnn/recurrence.h>\n"), IsEmpty());
  EXPECT_THAT(broken_rules("backend/cpu/backend.cpp", "#include <dlfcn.h>\n#include <omp.h>\n#include \"backend/backend.h\"\n#ifdef STRATA_HAS_ONEDNN\n#endif\n"), IsEmpty());
}

}  // namespace
}  // namespace strata
