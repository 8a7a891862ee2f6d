// A backend whose memory is far away: the CPU's kernels over addresses that the host cannot read, and one queue that is
// worked off only when somebody waits. What takes its memory for the host's crashes; what takes an address that is none of
// its own is an exception; what forgets to wait reads what was there before. What inlets copy is done as early or as late as
// their order allows: what does not say when its inputs were read has them written over.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "backend/backend.h"

namespace strata {

class FarBackend final : public Backend {
 public:
  // `filled`: with the reference's kernels for the ops that the CPU does not take in every dtype.
  FarBackend(std::shared_ptr<Backend> cpu, bool filled);
  ~FarBackend() override;

  static const std::set<std::string_view>& of_the_reference();

  std::string name() const override { return "far"; }
  std::string description() const override { return "far away, " + cpu_->description(); }
  bool uses_host_memory() const override { return false; }

  void* allocate(std::size_t bytes) override;
  void release(void* memory, std::size_t bytes) override;
  void copy_in(void* device, const void* host, std::size_t bytes) override;
  void copy_out(void* host, const void* device, std::size_t bytes) override;
  std::unique_ptr<Inlet> inlet(void* device, std::size_t bytes) override;
  std::optional<std::size_t> free_bytes() override;
  std::vector<Candidate> candidates(const Region& region, std::vector<Refusal>& refusals) override;
  void run(std::span<const std::unique_ptr<Call>> calls) override;
  void synchronize() override;

  // --- what the tests read and set ---
  enum class Copies { early, late };
  void set_copies(Copies copies) { copies_ = copies; }
  // The memory that it has; none: no end of it, and nobody can tell how much is free.
  void set_memory(std::optional<std::size_t> bytes);
  std::size_t allocated() const { return allocated_; }
  std::size_t most_allocated() const { return most_allocated_; }
  // Since the last reset(): how often the host waited for work that was not done, and asked for it; launches and copies.
  int waits = 0, synchronizations = 0, runs = 0, copies_in = 0, copies_out = 0;
  std::size_t bytes_in = 0;
  void reset();

 private:
  class FarKernel;
  class FarCall;
  class FarInlet;
  // A piece of a queue, whose beginning waits for a mark, or whose end is one. Marks are numbered as they are set; 0: none.
  struct Piece {
    std::vector<std::unique_ptr<Call>> calls;
    int waits_for = 0, mark = 0;
  };
  using Queue = std::deque<Piece>;
  // Where the host would read; an address that is in no block, or a piece that leaves its block, is an exception.
  void* near(const void* address, std::size_t bytes, const char* what) const;
  void enqueue(std::unique_ptr<Call> call);
  int mark(Queue& queue);
  static void wait_for(Queue& queue, int mark);
  void work_off();
  // The copies that may be done by now, or those up to a mark.
  void copy(int up_to = 0);

  std::shared_ptr<Backend> cpu_;
  std::unique_ptr<Backend> reference_;
  bool filled_;
  mutable std::recursive_mutex mutex_;  // several threads may predict
  std::map<std::uintptr_t, std::size_t> blocks_;  // far addresses
  Queue queue_, copy_queue_;
  int marks_ = 0;
  std::set<int> reached_{0};
  Copies copies_ = Copies::late;
  std::optional<std::size_t> memory_;
  std::size_t allocated_ = 0, most_allocated_ = 0;
};

// The one that models open as RunOptions{.backend = "far", .threads = threads}; as "far and bare" one without the reference's kernels.
FarBackend& far_backend(int threads = 0, const std::string& name = "far");

}  // namespace strata
