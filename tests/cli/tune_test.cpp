// `strata tune`: kernels that were timed, in a file that a run takes.
#include "cli/program.h"

namespace strata {
namespace {

using testing::HasSubstr;
using Json = nlohmann::ordered_json;

// The kernel of each region that `explain` shows.
std::map<std::string, std::string> kernels(const Workplace& w, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"explain", "mlp.yaml", "--json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  std::map<std::string, std::string> found;
  const Json explained = w.run(arguments).json();
  for (const Json& step : explained["steps"]) found[step["region"]] = step["kernel"];
  return found;
}

}  // namespace

TEST(Tune, WritesKernelsThatARunTakes) {
  const Workplace w;
  const Finished tuned = w.run({"tune", "mlp.yaml", "--out", "fast/k.json", "--json"});
  ASSERT_EQ(tuned.code, 0) << tuned.err;
  EXPECT_GT(tuned.json()["step_ms"].get<double>(), 0);
  ASSERT_FALSE(tuned.json()["regions"].empty());
  const Json told = tuned.json();
  for (const Json& region : told["regions"]) {
    EXPECT_LE(region["ms"].get<double>(), region["before_ms"].get<double>()) << region;
    EXPECT_EQ(region["kernel"] == region["before"], region["ms"] == region["before_ms"]) << region;
  }
  const Json file = Json::parse(w.read("fast/k.json"));
  EXPECT_EQ(file["backend"], "cpu");
  EXPECT_EQ(file["kernels"].size(), tuned.json()["regions"].size());
  const Finished run = w.run({"train", "mlp.yaml", "--set", "run.choices=fast/k.json", "--run-dir", "r"});
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.err, testing::Not(HasSubstr("warning")));
  const Json made = Json::parse(w.read("r/choices.json"))["kernels"];
  for (const auto& [region, kernel] : file["kernels"].items()) EXPECT_EQ(made.value(region, kernel.get<std::string>()), kernel);
}

TEST(Tune, AChosenKernelRunsInPlaceOfTheTables) {
  const Workplace w;
  const auto usual = kernels(w);
  for (const auto& [region, kernel] : usual) {
    if (region.find("matmul") == region.npos || region.find("relu") == region.npos) continue;
    w.text("parts.json", Json{{"backend", "cpu"}, {"kernels", {{region, "split"}}}}.dump());
    const auto chosen = kernels(w, {"--set", "run.choices=parts.json"});
    EXPECT_FALSE(chosen.count(region)) << kernel;
    EXPECT_GT(chosen.size(), usual.size());
    return;
  }
  FAIL() << "no region to split";
}

TEST(Tune, SaysWhatIsWrongWithAFileOfKernels) {
  const Workplace w;
  const Finished missing = w.run({"explain", "mlp.yaml", "--set", "run.choices=none.json"});
  EXPECT_NE(missing.code, 0);
  EXPECT_THAT(missing.err, HasSubstr("none.json"));
  w.text("other.json", "[1, 2]");
  const Finished other = w.run({"explain", "mlp.yaml", "--set", "run.choices=other.json"});
  EXPECT_EQ(other.code, 3);
  EXPECT_THAT(other.err, HasSubstr("other.json: does not say which kernels"));
}

}  // namespace strata
