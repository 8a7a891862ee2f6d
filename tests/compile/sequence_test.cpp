// How a run meets its backend: the calls of a step, or of several, are made into one once; each step reads the inputs of its place; and
// what the device says of a failure is the run's error.
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <strata/error.h>
#include <strata/ops.h>
#include "backend/reference/reference.h"
#include "src/compile/plan.h"

namespace strata {
namespace {

// The reference, watched.
class Watched final : public Backend {
 public:
  std::string name() const override { return "watched"; }
  std::string description() const override { return reference_->description(); }
  bool uses_host_memory() const override { return !is_a_device; }
  void* allocate(std::size_t bytes) override { return reference_->allocate(bytes); }
  void release(void* memory, std::size_t bytes) override { reference_->release(memory, bytes); }
  void copy_in(void* device, const void* host, std::size_t bytes) override {
    ++copies_in;
    reference_->copy_in(device, host, bytes);
  }
  void copy_out(void* host, const void* device, std::size_t bytes) override { reference_->copy_out(host, device, bytes); }
  std::vector<Candidate> candidates(const Region& region, std::vector<Refusal>& refusals) override { return reference_->candidates(region, refusals); }
  void run(std::span<const std::unique_ptr<Call>> calls) override {
    if (fails) throw std::runtime_error("an illegal memory access was encountered");
    reference_->run(calls);
    ++runs;
  }
  std::unique_ptr<Call> sequence(std::span<const std::unique_ptr<Call>> calls) override {
    ++sequences;
    return Backend::sequence(calls);
  }
  void synchronize() override {}

  int sequences = 0, runs = 0, copies_in = 0;
  bool fails = false, is_a_device = false;

 private:
  std::unique_ptr<Backend> reference_ = make_reference_backend();
};

struct Doubling {
  Watched backend;
  Graph graph;
  Arena arena{backend};
  std::unique_ptr<Run> run;
  Doubling() {
    const Value x = graph.input("x", {DType::float32, {3}});
    graph.outputs = {port(tanh(x) * 2.0)};
    run = std::make_unique<Run>(compile(graph, backend, backend, {}), backend, arena, std::vector<VariableMemory>{});
  }
};

TEST(Sequence, is_made_once_and_again_when_addresses_change) {
  Doubling d;
  for (int i = 0; i < 3; ++i) (*d.run)();
  EXPECT_EQ(d.backend.sequences, 1);
  EXPECT_EQ(d.backend.runs, 3);
  d.arena.reserve(d.arena.bytes() + (1 << 20));
  (*d.run)();
  EXPECT_EQ(d.backend.sequences, 2);
  EXPECT_EQ(d.run->output(0).shape(), (std::vector<std::int64_t>{3}));
}

// A number's digits: every step writes its input behind those before it.
struct Digits {
  Watched backend;
  Graph graph;
  Arena arena{backend};
  DeviceMemory memory{backend, 64};
  std::uint64_t writes = 0;
  std::unique_ptr<Run> run;
  Digits(bool is_a_device, Launches launches) {
    backend.is_a_device = is_a_device;
    const Value so_far = graph.variable(0, {DType::float64, {}}), digit = graph.input("digit", {DType::float64, {1}});
    graph.updates.emplace_back(0, port(so_far * 10.0 + reshape(digit, {})));
    const VariablePlace place{0, 0, {DType::float64, {}}};
    run = std::make_unique<Run>(compile(graph, backend, backend, std::span(&place, 1)), backend, arena, std::vector<VariableMemory>{{memory.data(), &writes}},
                                std::vector<void*>{}, launches);
    backend.copies_in = 0;  // of constants
  }
  void launch(int place, const std::vector<double>& digits) {
    std::byte* to = run->fill(place);
    for (std::size_t s = 0; s < digits.size(); ++s) std::memcpy(to + run->offset(0, static_cast<int>(s)), &digits[s], sizeof(double));
    run->launch(place, static_cast<int>(digits.size()));
  }
  double number() {
    double n = 0;
    backend.copy_out(&n, memory.data(), sizeof n);
    return n;
  }
};

TEST(Sequence, of_several_steps_reads_the_inputs_of_each) {
  for (const bool is_a_device : {false, true}) {
    Digits d(is_a_device, {.steps = 3, .places = 2});
    d.launch(0, {1, 2, 3});
    d.launch(1, {4, 5, 6});
    d.launch(0, {7});
    d.launch(1, {8});
    EXPECT_EQ(d.number(), 12345678);
    EXPECT_EQ(d.backend.sequences, 4) << "one for each place and number of steps";
    EXPECT_EQ(d.backend.copies_in, is_a_device ? 4 : 0) << "the host writes straight into memory that is its own";
    EXPECT_EQ(d.writes, 8);
    d.launch(1, {9, 0, 9});
    EXPECT_EQ(d.number(), 12345678909);
    EXPECT_EQ(d.backend.sequences, 4);
  }
}

TEST(Sequence, that_fails_is_an_error_of_the_run_with_the_devices_words) {
  Doubling d;
  d.backend.fails = true;
  try {
    (*d.run)();
    FAIL() << "nothing was thrown";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::runtime);
    EXPECT_THAT(e.what(), testing::HasSubstr("the backend 'watched' failed: an illegal memory access was encountered"));
  }
}

}  // namespace
}  // namespace strata
