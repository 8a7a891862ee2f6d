// What is said where no device can be used; what is kept on disk.
#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/cuda/device.h"
#include "backend/cuda/kernel_cache.h"
#include "src/compile/backends.h"
#include "tests/cuda/plugin.h"
#include "tests/io/files.h"

namespace strata {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(CudaDevice, that_cannot_be_used_is_explained) {
  const cuda::Installed usable{.runtime = 13000, .driver = 13010, .devices = 1, .error = "", .name = "NVIDIA H200", .capability = 90};
  EXPECT_EQ(cuda::why_not(usable), "");
  cuda::Installed found = usable;
  found.driver = 0;
  EXPECT_THAT(cuda::why_not(found), AllOf(HasSubstr("no NVIDIA driver is installed"), HasSubstr("CUDA 13.0")));
  found.driver = 12040;
  EXPECT_THAT(cuda::why_not(found), AllOf(HasSubstr("supports CUDA 12.4"), HasSubstr("needs 13.0")));
  found = usable;
  found.devices = 0;
  EXPECT_THAT(cuda::why_not(found), HasSubstr("shows no device; CUDA_VISIBLE_DEVICES may hide it"));
  found.error = "unknown error (cudaErrorUnknown)";
  EXPECT_THAT(cuda::why_not(found), HasSubstr("could not list its devices: unknown error"));
  found = usable;
  found.name = "Tesla V100";
  found.capability = 70;
  EXPECT_THAT(cuda::why_not(found), HasSubstr("Tesla V100 has compute capability 7.0, and Strata's kernels need 8.0 or later"));
}

TEST(CudaDevice, is_listed_with_what_was_found) {
  for (const BackendStatus& status : backend_statuses()) {
    if (status.name != "cuda") continue;
    const CudaDevice device = cuda_device();
    EXPECT_EQ(status.usable, device.backend != nullptr);
    EXPECT_THAT(status.description, HasSubstr(device.backend ? device.backend->description() : device.why_not));
    return;
  }
  FAIL() << "cuda is not listed";
}

TEST(CudaDevice, plans_and_computes_nothing_where_it_is_not) {
  const auto planner = cuda_planner(90);
  STRATA_NEEDS_TOOLKIT(planner);
  EXPECT_EQ(planner->allocate(64), nullptr);
  EXPECT_THROW(planner->run({}), std::runtime_error);
  EXPECT_THAT(planner->description(), HasSubstr("9.0"));
}

class CudaCache : public ::testing::Test {
 protected:
  std::string folder() const { return folder_.path().string(); }
  std::filesystem::path only_file() const { return std::filesystem::directory_iterator(folder_.path())->path(); }
  TemporaryFolder folder_;
};

TEST_F(CudaCache, gives_back_what_was_kept_under_the_same_key) {
  EXPECT_FALSE(cuda::cached_kernel(folder(), "key"));
  cuda::cache_kernel(folder(), "key", std::string("code\0more", 9));
  EXPECT_EQ(cuda::cached_kernel(folder(), "key"), std::string("code\0more", 9));
  EXPECT_FALSE(cuda::cached_kernel(folder(), "another"));
  EXPECT_EQ(folder_.entries(), 1u);
}

TEST_F(CudaCache, passes_no_damaged_file) {
  cuda::cache_kernel(folder(), "key", "code of a kernel");
  const auto whole = std::filesystem::file_size(only_file());
  {
    std::fstream file(only_file(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(whole - 3));
    file.put('X');
  }
  EXPECT_FALSE(cuda::cached_kernel(folder(), "key"));
  cuda::cache_kernel(folder(), "key", "code of a kernel");
  EXPECT_TRUE(cuda::cached_kernel(folder(), "key"));
  std::filesystem::resize_file(only_file(), whole - 1);
  EXPECT_FALSE(cuda::cached_kernel(folder(), "key"));
  std::filesystem::resize_file(only_file(), 3);
  EXPECT_FALSE(cuda::cached_kernel(folder(), "key"));
}

TEST_F(CudaCache, trusts_no_folder_that_others_can_enter) {
  setenv("XDG_CACHE_HOME", folder().c_str(), 1);
  const std::string ours = cuda::kernel_cache_folder();
  EXPECT_EQ(ours, folder() + "/strata/cuda");
  std::filesystem::permissions(ours, std::filesystem::perms::group_read, std::filesystem::perm_options::add);
  EXPECT_EQ(cuda::kernel_cache_folder(), "");
  std::filesystem::remove(ours);
  std::filesystem::create_directory_symlink(folder_.path(), ours);
  EXPECT_EQ(cuda::kernel_cache_folder(), "");
  unsetenv("XDG_CACHE_HOME");
}

}  // namespace
}  // namespace strata
