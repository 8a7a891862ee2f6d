// Opened backends: one for each name and each set of options.
#include <set>

#include <gtest/gtest.h>

#include "backend/reference/reference.h"
#include "src/compile/backends.h"

namespace strata {
namespace {

TEST(Backends, AreOpenedOnceForEachSetOfOptions) {
  std::vector<BackendOptions> asked;
  register_backend("asked for", [&](const BackendOptions& options) {
    asked.push_back(options);
    return std::shared_ptr<Backend>(make_reference_backend());
  });
  const BackendOptions all[] = {{}, {.threads = 3}, {.reproducible = false}, {.tensor_float32 = true}};
  std::set<std::shared_ptr<Backend>> opened;
  for (int again = 0; again < 2; ++again)
    for (const BackendOptions& options : all) opened.insert(open_backend("asked for", options));
  EXPECT_EQ(opened.size(), 4u);
  ASSERT_EQ(asked.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(asked[i].threads, all[i].threads);
    EXPECT_EQ(asked[i].reproducible, all[i].reproducible);
    EXPECT_EQ(asked[i].tensor_float32, all[i].tensor_float32);
  }
}

}  // namespace
}  // namespace strata
