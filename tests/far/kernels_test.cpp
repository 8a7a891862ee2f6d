// The ops for which the far backend has the reference's kernels are those that the CPU declines in some dtype, and no others.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "far/far_backend.h"
#include "tests/cpu/plugin.h"
#include "tests/graph/examples.h"

namespace strata {
namespace {

TEST(FarBackend, BorrowsWhatTheCpuLacks) {
  const auto cpu = cpu_backend(1);
  std::set<std::string_view> lacking;
  for (const OpExample& example : op_examples(DType::float32)) {
    const auto built = example_graph(example, true);
    for (const OpNode& n : built->graph.nodes()) {
      if (n.op->kind != OpKind::primitive && n.op->kind != OpKind::random && n.op->kind != OpKind::elementwise) continue;
      std::vector<Refusal> refusals;
      if (cpu->candidates(region_of(built->graph, n), refusals).empty()) lacking.insert(n.op->name);
    }
  }
  EXPECT_EQ(lacking, FarBackend::of_the_reference());
}

TEST(FarBackend, TakesNoAddressOfTheHost) {
  FarBackend& far = far_backend(1);
  void* block = far.allocate(64);
  int value = 3;
  EXPECT_THROW(far.copy_in(&value, &value, sizeof value), std::logic_error);
  EXPECT_THROW(far.copy_in(static_cast<char*>(block) + 62, &value, sizeof value), std::logic_error);
  far.copy_in(block, &value, sizeof value);
  value = 0;  // it was taken when copy_in returned
  far.copy_out(&value, block, sizeof value);
  EXPECT_EQ(value, 3);
  far.release(block, 64);
  EXPECT_THROW(far.copy_out(&value, block, sizeof value), std::logic_error);
}

TEST(FarBackendDeathTest, ItsMemoryCannotBeRead) {
  FarBackend& far = far_backend(1);
  void* block = far.allocate(64);
  EXPECT_DEATH(*static_cast<volatile int*>(block) = 1, "");
  far.release(block, 64);
}

}  // namespace
}  // namespace strata
