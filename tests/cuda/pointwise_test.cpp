// The kernels that are written for regions of elementwise ops. On the host they are compiled by the host's compiler and run, block
// by block and thread by thread; for devices NVRTC compiles them, which needs none.
#include <cstdlib>
#include <set>

#include <gtest/gtest.h>

#include "backend/cuda/pointwise_source.h"
#include "tests/cuda/emulator/host_compiler.h"
#include "tests/cuda/plugin.h"
#include "tests/cuda/regions.h"
#include "tests/io/files.h"

namespace strata {
namespace {

using cuda::PointwiseSource;

struct Prepared {
  RegionCase example;
  PointwiseSource source;
};

bool is_elementwise(const Op& op) { return op.kind == OpKind::elementwise; }

// Every example and some random regions; the ones that have no source are failures.
std::vector<Prepared> prepared_cases(const std::vector<DType>& dtypes, std::uint64_t random) {
  std::vector<Prepared> list;
  const auto add = [&](RegionCase c) {
    auto made = cuda::pointwise_source(c.region);
    if (auto* reason = std::get_if<std::string>(&made)) ADD_FAILURE() << c.what << ": " << *reason;
    else list.push_back({std::move(c), std::get<PointwiseSource>(std::move(made))});
  };
  for (const DType t : dtypes) {
    for (RegionCase& c : example_cases(t, is_elementwise)) add(std::move(c));
    for (std::uint64_t seed = 0; seed < random; ++seed) add(random_case(seed, t));
  }
  return list;
}

// The region's outputs, computed by the host's form of its kernel.
std::vector<std::vector<char>> run_on_host(const emulator::HostKernel& kernel, const Prepared& p, unsigned blocks) {
  std::vector<std::vector<char>> outputs;
  for (const Source& s : p.example.region.outputs) outputs.emplace_back(p.example.region.type(s).bytes() + 64, '\x7F');
  const auto aligned = [](std::vector<char>& bytes) { return reinterpret_cast<char*>((reinterpret_cast<std::uintptr_t>(bytes.data()) + 31) & ~std::uintptr_t{31}); };
  std::vector<void*> addresses, arguments;
  std::vector<std::vector<char>> inputs;
  inputs.reserve(p.example.inputs.size());
  std::vector<char*> in;
  for (const Tensor& t : p.example.inputs) {
    inputs.emplace_back(t.bytes() + 64);
    in.push_back(aligned(inputs.back()));
    if (t.bytes() > 0) std::memcpy(in.back(), t.data(), t.bytes());
  }
  for (const PointwiseSource::Argument& a : p.source.arguments)
    addresses.push_back(a.output ? aligned(outputs[static_cast<std::size_t>(a.index)]) : in[static_cast<std::size_t>(a.index)]);
  for (void*& address : addresses) arguments.push_back(&address);
  long long n = p.source.elements;
  arguments.push_back(&n);
  kernel.run(arguments.data(), blocks, PointwiseSource::threads);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const char* from = aligned(outputs[i]);
    outputs[i] = std::vector<char>(from, from + p.example.region.type(p.example.region.outputs[i]).bytes());
  }
  return outputs;
}

TEST(CudaPointwise, kernels_run_on_the_host_give_the_bits_of_the_reference) {
  const auto list = prepared_cases({DType::float32, DType::float64, DType::bfloat16, DType::float16}, 20);
  std::set<std::string> sources;
  for (const Prepared& p : list) sources.insert(p.source.text);
  EXPECT_GT(sources.size(), 200u);
  emulator::HostCompiler compiler;
  for (const std::string& text : sources) compiler.add(text);
  for (const Prepared& p : list)
    for (const bool wide : {false, true})
      for (const unsigned blocks : {1u, 3u}) {
        const auto got = run_on_host(compiler.find(p.source.text, wide ? "vector" : "scalar"), p, blocks);
        for (std::size_t i = 0; i < got.size(); ++i) {
          const std::vector<char> expected = bytes_of(p.example.expected[i]);
          ASSERT_EQ(got[i].size(), expected.size()) << p.example.what;
          if (got[i] == expected) continue;
          // Not a number is not a number, whatever its bits.
          Tensor actual(p.example.expected[i].dtype(), p.example.expected[i].shape());
          std::memcpy(actual.data(), got[i].data(), got[i].size());
          for (std::int64_t e = 0; e < actual.elements(); ++e) {
            const double x = actual.at(e), y = p.example.expected[i].at(e);
            ASSERT_TRUE(x == y || (x != x && y != y)) << p.example.what << ", output " << i << ", element " << e << ": " << x << " for " << y
                                                      << (wide ? ", wide" : "") << "\n" << p.source.text;
          }
        }
      }
}

TEST(CudaPointwise, a_shorter_batch_is_the_same_source) {
  const auto source = [](std::int64_t batch) {
    Graph g;
    const Value x = g.input("x", {DType::float32, {batch, 7, 12}}), b = g.input("b", {DType::float32, {12}}), c = g.input("c", {DType::float32, {batch, 1, 1}});
    g.outputs = {port(relu(x + b) * c)};
    return std::get<PointwiseSource>(cuda::pointwise_source(region_of(g)));
  };
  EXPECT_EQ(source(128).text, source(37).text);
  EXPECT_EQ(source(128).elements, 128 * 7 * 12);
}

TEST(CudaPointwise, what_only_scalars_need_is_computed_outside_the_loop) {
  Graph g;
  const TensorType type{DType::float32, {1000}};
  const Value w = g.input("w", type), d = g.input("d", type), rate = g.input("rate", {DType::float32, {}}), step = g.input("step", {DType::int64, {}});
  const Value alpha = rate / (1 - power(g.constant(DType::float32, 0.9), cast(step, DType::float32)));
  g.outputs = {port(w - alpha * d)};
  const auto source = std::get<PointwiseSource>(cuda::pointwise_source(region_of(g)));
  const auto before_loop = source.text.substr(source.text.find("void __launch_bounds__"));
  EXPECT_NE(before_loop.find("Functors<float>::power"), std::string::npos);
  EXPECT_EQ(source.text.substr(0, source.text.find("void __launch_bounds__")).find("Functors<float>::power"), std::string::npos);
  EXPECT_EQ(source.width, 4);
  EXPECT_EQ(source.in_place, (std::vector<std::pair<int, int>>{{0, 0}, {1, 0}}));
}

TEST(CudaPointwise, refusals_say_why) {
  Graph g;
  const Value x = g.input("x", {DType::float32, {4, 3}}), y = g.input("y", {DType::float32, {5}});
  g.outputs = {port(exp(x)), port(exp(y))};
  EXPECT_EQ(std::get<std::string>(cuda::pointwise_source(region_of(g))), "its outputs have different shapes");
  Graph h;
  const Value z = exp(h.input("x", {DType::float32, {4}}));
  h.outputs = {port(z), port(z)};
  EXPECT_EQ(std::get<std::string>(cuda::pointwise_source(region_of(h))), "an output is named twice");
}

// NVRTC in a folder of its own for what it keeps.
class CudaCompiler : public ::testing::Test {
 protected:
  void SetUp() override { setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1); }
  void TearDown() override { unsetenv("XDG_CACHE_HOME"); }
  TemporaryFolder folder_;
};

TEST_F(CudaCompiler, takes_every_elementwise_op_and_random_regions) {
  const auto planner = cuda_planner(90), older = cuda_planner(80);
  STRATA_NEEDS_TOOLKIT(planner);
  std::set<std::string> seen;
  int compiled = 0;
  for (const Prepared& p : prepared_cases({DType::float32, DType::float64, DType::bfloat16, DType::float16}, 3)) {
    std::string kind(p.example.region.ops.back().name);  // one of each op and its types, where it is alone
    for (const ArrayType& t : p.example.region.inputs) kind += " " + std::string(name_of(t.dtype));
    kind += " " + std::string(name_of(p.example.region.ops.back().outputs[0].dtype));
    if (p.example.region.ops.size() > 1) kind = p.example.what;
    if (!seen.insert(kind).second) continue;
    std::vector<Refusal> refusals;
    Backend& backend = compiled % 4 == 0 ? *older : *planner;
    const auto found = backend.candidates(p.example.region, refusals);
    ASSERT_EQ(found.size(), 1u) << p.example.what;
    EXPECT_NO_THROW(found[0].prepare()) << p.example.what;
    ++compiled;
  }
  EXPECT_GT(compiled, 100);
}

// Indices of 64 bits.
TEST_F(CudaCompiler, takes_regions_of_more_elements_than_32_bits_count) {
  const auto planner = cuda_planner(90);
  STRATA_NEEDS_TOOLKIT(planner);
  Graph g;
  const Value x = g.input("x", {DType::bfloat16, {std::int64_t{3} << 20, 2000}}), b = g.input("b", {DType::bfloat16, {2000}});
  g.outputs = {port(relu(x + b))};
  const Region region = region_of(g);
  EXPECT_NE(std::get<PointwiseSource>(cuda::pointwise_source(region)).text.find("using Index = Int64;"), std::string::npos);
  std::vector<Refusal> refusals;
  EXPECT_NO_THROW(planner->candidates(region, refusals).at(0).prepare());
}

// A device that is newer than the compiler gets PTX; one that is too old is named.
TEST_F(CudaCompiler, serves_devices_that_it_does_not_know) {
  const auto newer = cuda_planner(999), older = cuda_planner(30);
  STRATA_NEEDS_TOOLKIT(newer);
  const RegionCase c = random_case(1, DType::float32);
  std::vector<Refusal> refusals;
  EXPECT_NO_THROW(newer->candidates(c.region, refusals).at(0).prepare());
  try {
    older->candidates(c.region, refusals).at(0).prepare();
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "NVRTC knows no architecture for compute capability 3.0");
  }
}

// Makers that need no device's library answer for every primitive.
TEST_F(CudaCompiler, has_a_kernel_or_a_reason_for_every_primitive) {
  const auto planner = cuda_planner(90);
  STRATA_NEEDS_TOOLKIT(planner);
  for (const RegionCase& c : example_cases(DType::float32, [](const Op& op) { return op.kind == OpKind::primitive; })) {
    std::vector<Refusal> refusals;
    const auto found = planner->candidates(c.region, refusals);
    EXPECT_TRUE(!found.empty() || !refusals.empty()) << c.what;
    for (const Candidate& candidate : found) EXPECT_NO_THROW(candidate.prepare()) << c.what << " by " << candidate.name;
    for (const Refusal& r : refusals) EXPECT_FALSE(r.reason.empty()) << c.what;
  }
}

TEST_F(CudaCompiler, keeps_what_it_compiled_in_a_private_folder) {
  const auto planner = cuda_planner(90);
  STRATA_NEEDS_TOOLKIT(planner);
  const auto folder = folder_ / "strata" / "cuda";
  const auto files = [&] { return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()); };
  const RegionCase c = random_case(99, DType::float32);
  std::vector<Refusal> refusals;
  planner->candidates(c.region, refusals).at(0).prepare();
  EXPECT_EQ(std::filesystem::status(folder).permissions(), std::filesystem::perms::owner_all);
  EXPECT_EQ(files(), 1);
  const auto file = std::filesystem::directory_iterator(folder)->path();
  const auto written = std::filesystem::last_write_time(file);
  planner->candidates(c.region, refusals).at(0).prepare();
  EXPECT_EQ(std::filesystem::last_write_time(file), written);
  EXPECT_EQ(files(), 1);
}

}  // namespace
}  // namespace strata
