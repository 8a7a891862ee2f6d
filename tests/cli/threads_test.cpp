// OpenMP may give a process fewer threads than it asks for; the result must not show it.
#include "cli/program.h"

#include <cstdlib>

namespace strata {

TEST(Threads, ThatAreNotGivenLeaveTheSameBytes) {
  const Workplace w;
  const std::string spec = std::string(STRATA_SOURCE_DIR) + "/configs/mnist-cnn.yaml";
  const auto train = [&](const std::string& directory) {
    const Finished f = w.run({"train", spec, "--threads", "4", "--run-dir", directory, "--epochs", "1", "--batch-size", "50", "--quiet",
                              "--set", "fit.steps_per_epoch=10", "--set", "fit.validation_split=0"});
    EXPECT_EQ(f.code, 0) << f.err;
    return w.read(directory + "/model.keras");
  };
  const std::string plain = train("plain");
  for (const auto& [name, value] : {std::pair{"OMP_THREAD_LIMIT", "1"}, {"OMP_THREAD_LIMIT", "3"}, {"OMP_DYNAMIC", "true"}}) {
    ::setenv(name, value, 1);
    EXPECT_TRUE(train(std::string(name) + value) == plain) << name << "=" << value;
    ::unsetenv(name);
  }
}

}  // namespace strata
