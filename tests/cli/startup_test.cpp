#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "cli/program.h"

namespace strata {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class WithVariable {
 public:
  WithVariable(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  ~WithVariable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

// The name of every library that comes into the process, as the dynamic linker tells them ("file=libz.so.1 [0];  needed by ...").
std::string libraries_of(const Workplace& w, const std::vector<std::string>& arguments) {
  const WithVariable debug("LD_DEBUG", "files");
  const Finished f = w.run(arguments);
  EXPECT_EQ(f.code, 0) << f.err;
  std::istringstream lines(f.err);
  std::string names;
  for (std::string line; std::getline(lines, line);)
    if (const std::size_t at = line.find("file="); at != std::string::npos && line.find("generating") != std::string::npos)
      names += line.substr(at + 5, line.find(" [", at) - at - 5) + "\n";
  return names;
}

}  // namespace

TEST(StartUp, WhatNeedsNoPlugInOpensNone) {
  const Workplace w;
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--help"}, {"validate", "mlp.yaml"}}) {
    const std::string libraries = libraries_of(w, arguments);
    EXPECT_THAT(libraries, HasSubstr("libstrata.so"));
    for (const char* heavy : {"libstrata-hdf5", "libhdf5", "libcurl", "libstrata-zip", "libzip", "libcrypto", "libstrata-cpu", "libdnnl", "libgomp"})
      EXPECT_THAT(libraries, Not(HasSubstr(heavy))) << arguments[0];
  }
}

TEST(StartUp, EachPlugInComesWithItsFirstUse) {
  const Workplace w;
  EXPECT_THAT(libraries_of(w, {"convert", "mlp.yaml", "m.weights.h5"}), AllOf(HasSubstr("libstrata-hdf5.so"), Not(HasSubstr("libstrata-zip"))));
  EXPECT_THAT(libraries_of(w, {"convert", "mlp.yaml", "m.keras"}), AllOf(HasSubstr("libstrata-hdf5.so"), HasSubstr("libstrata-zip.so")));
  EXPECT_THAT(libraries_of(w, {"devices"}), AllOf(HasSubstr("libstrata-cpu.so"), Not(HasSubstr("libstrata-hdf5"))));
}

// Everything that came into the process while it ran, whether it is still mapped or not.
TEST(StartUp, ACommandOnTheCpuOpensNothingOfCuda) {
  const Workplace w;
  const std::string libraries = libraries_of(w, {"train", "mlp.yaml", "--backend", "cpu", "--quiet"});
  EXPECT_THAT(libraries, HasSubstr("libstrata-cpu.so"));
  for (const char* each : {"libstrata-cuda", "libcuda", "libcublas", "libcudnn", "libnvrtc", "libnvidia"}) EXPECT_THAT(libraries, Not(HasSubstr(each)));
}

// Where no device is, looking for one brings none of NVIDIA's large libraries.
TEST(StartUp, LookingForADeviceIsLight) {
  const Workplace w;
  const std::string found = w.run({"devices"}).out;
  if (found.find("cuda       yes") != std::string::npos) GTEST_SKIP() << "there is a CUDA device";
  const std::string libraries = libraries_of(w, {"devices"});
  EXPECT_THAT(libraries, HasSubstr("libstrata-cuda.so"));
  for (const char* each : {"libstrata-cuda-kernels", "cublas", "cudnn", "nvrtc"}) EXPECT_THAT(libraries, Not(HasSubstr(each)));
}

TEST(StartUp, AMissingPlugInIsNamedWithItsPackage) {
  const Workplace w;
  const auto programs = std::filesystem::path(STRATA_PROGRAM).parent_path();
  for (const char* library : {"libstrata.so.0", "libstrata-command.so.0"})  // without the plug-ins beside them
    std::filesystem::copy_file(programs.parent_path() / "lib" / library, w / library);
  const WithVariable elsewhere("LD_LIBRARY_PATH", w.path());
  EXPECT_EQ(w.run({"validate", "mlp.yaml"}).code, 0);
  Finished f = w.run({"convert", "mlp.yaml", "m.weights.h5"});
  EXPECT_EQ(f.code, 1);
  EXPECT_THAT(f.err, AllOf(HasSubstr("libstrata-hdf5.so is not beside the library"), HasSubstr("apt-get install libhdf5-dev")));
  write_atomically(w / "libstrata-hdf5.so", as_bytes("no library"));
  f = w.run({"convert", "mlp.yaml", "m.weights.h5"});
  EXPECT_EQ(f.code, 1);
  EXPECT_THAT(f.err, AllOf(HasSubstr("libstrata-hdf5.so cannot be opened: "), HasSubstr("apt-get install libhdf5-dev")));
}

}  // namespace strata
