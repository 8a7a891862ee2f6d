#include "src/files/run_directory.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <strata/error.h>
#include "io/files.h"
#include "src/io/atomic_file.h"

namespace strata {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(RunDirectory, HistoryComesBackAsItWasWritten) {
  const TemporaryFolder folder;
  const RunDirectory run = RunDirectory::create((folder / "run").string(), "");
  EXPECT_TRUE(run.read_history().empty());
  run.write_history({{0, 1, 2, 3}, {{"loss", {1, NAN, 0.1, INFINITY}}, {"val_loss", {0.7, 0.6}}}}, 2);
  const auto logs = run.read_history();
  ASSERT_EQ(logs.size(), 2u);
  EXPECT_EQ(logs[0].name, "loss");
  EXPECT_THAT(logs[0].values, ElementsAre(Pair(1, 1.0), Pair(2, testing::IsNan()), Pair(3, 0.1), Pair(4, testing::IsNan())));
  EXPECT_THAT(logs[1].values, ElementsAre(Pair(2, 0.7), Pair(4, 0.6)));  // measured every second epoch
}

TEST(RunDirectory, ADamagedHistoryIsNamedWithItsLine) {
  const TemporaryFolder folder;
  const RunDirectory run = RunDirectory::create((folder / "run").string(), "");
  for (const char* second : {"{\"epoch\": 2, \"loss\"", "[1]", "{\"loss\": 1}", "{\"epoch\": 2, \"loss\": \"x\"}", "{\"epoch\": 1, \"loss\": 1}", "{\"epoch\": 1.5}"}) {
    run.write("metrics.jsonl", std::string("{\"epoch\": 1, \"loss\": 1}\n") + second + "\n");
    try {
      run.read_history();
      FAIL() << second;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::data);
      EXPECT_THAT(e.what(), HasSubstr("metrics.jsonl: line 2 is damaged"));
    }
  }
}

}  // namespace strata
