// How a run meets its backend: the calls of a step are made into one once, and what the device says of a failure is the run's error.
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
  bool uses_host_memory() const override { return true; }
  void* allocate(std::size_t bytes) override { return reference_->allocate(bytes); }
  void release(void* memory, std::size_t bytes) override { reference_->release(memory, bytes); }
  void copy_in(void* device, const void* host, std::size_t bytes) override { reference_->copy_in(device, host, bytes); }
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

  int sequences = 0, runs = 0;
  bool fails = false;

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
