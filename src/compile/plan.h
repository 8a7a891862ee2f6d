// A plan: prepared kernel calls over planned memory, for one set of shapes. Constant, and shared by every run of it.
// A run holds the addresses; running it allocates nothing.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <strata/tensor.h>
#include "src/compile/device_memory.h"
#include "src/compile/program.h"

namespace strata {

enum class Space : std::uint8_t {
  none,      // an output that nobody reads and no kernel needs
  variable,  // index: group of variables
  constant,
  arena,     // activations and scratch, planned by liveness
  input,     // index: of the plan's inputs
  kept,      // steady values, and what kernels keep of them
  body_input, body_output,  // inside a scan's body, before it is unrolled
};

struct Location {
  Space space = Space::none;
  std::int32_t index = 0;
  std::size_t offset = 0;
  friend bool operator==(const Location&, const Location&) = default;
};

// Where a variable lies: `offset` bytes into its group's buffer.
struct VariablePlace {
  std::int32_t group = 0;
  std::size_t offset = 0;
  ArrayType type;
};

// The memory of one group, and how often something was written there.
struct VariableMemory {
  void* data = nullptr;
  std::uint64_t* writes = nullptr;
};

struct PlannedCall {
  std::shared_ptr<const Kernel> kernel;
  std::vector<Location> inputs, outputs;
  Location scratch, kept;
  std::int32_t step = 0;  // of the plan's steps
};

// What runs before the first run, and again after a variable was written that it reads: a call of a steady step, or the
// renewal of one of the plan's calls.
struct Preparation {
  PlannedCall call;
  std::int32_t renewed = -1;  // then there is no kernel in `call`
};

// What one region became, for explain, time and summary.
struct PlannedStep {
  std::string place;      // layer
  std::string ops;        // "matmul+add+relu"
  std::string signature;
  std::string kernel;
  std::vector<std::string> alternatives;  // that could run instead, by name; split_choice: in parts
  std::vector<Refusal> refusals;
  bool once = false;          // it is part of the preparation
};

// How many steps one launch takes at most, and how many launches have inputs of their own: those of one are filled while those
// of another are read.
struct Launches {
  int steps = 1, places = 1;
  std::size_t all() const { return static_cast<std::size_t>(steps) * static_cast<std::size_t>(places); }
};

struct Plan {
  struct Value { std::string name; ArrayType type; Location location; };
  std::vector<Preparation> preparation;
  std::vector<PlannedCall> calls;
  std::vector<PlannedStep> steps;
  std::vector<Value> inputs;   // by name
  std::vector<Value> outputs;  // in the graph's order
  std::size_t arena_bytes = 0;
  std::size_t live_bytes = 0;  // most bytes of values alive at one time: what the arena cannot be below
  std::size_t kept_bytes = 0;
  // The largest value that a step makes, or what its kernel works in, and the layer that asks for it.
  struct Largest { std::string place; std::size_t bytes = 0; } largest;
  std::vector<std::int32_t> prepared_from;  // groups of variables that the preparation reads
  std::vector<std::int32_t> written;        // groups of variables that a run writes
  Tensor constants;            // uint8, copied to the device once per run
  Choices choices, unserved;   // see Program

  // The inputs of a step, but for those that are `external`.
  std::size_t input_bytes(std::span<void* const> external = {}) const;
  // What a run takes for itself, beside the arena: inputs, constants, what kernels keep.
  std::size_t run_bytes(std::span<void* const> external = {}, Launches launches = {}) const;
};

// `variables` says where each variable number of the graph lies.
std::shared_ptr<const Plan> compile(const Graph& graph, Backend& backend, Backend& reference,
                                    std::span<const VariablePlace> variables, const CompileOptions& options = {});

// Memory of a backend that grows only between steps; runs of several plans may share it, one at a time.
class Arena {
 public:
  explicit Arena(Backend& backend) : backend_(backend) {}
  void reserve(std::size_t bytes);
  void* data() const { return memory_.data(); }
  std::size_t bytes() const { return memory_.bytes(); }

 private:
  Backend& backend_;
  DeviceMemory memory_;
};

class Run {
 public:
  // `external`: addresses of inputs that lie in somebody else's device memory
  // (a resident data set); null or missing: the run owns the input's memory.
  Run(std::shared_ptr<const Plan> plan, Backend& backend, Arena& arena, std::vector<VariableMemory> groups, std::vector<void*> external = {},
      Launches launches = {});
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // Copies a tensor of the input's type to the device, before the next step.
  void set_input(std::size_t index, const Tensor& value);
  // Enqueues one step, on the inputs of place 0.
  void operator()();

  // Where the host writes the inputs of a launch, step behind step; the device may still work on other places.
  std::byte* fill(int place);
  std::size_t offset(std::size_t input, int step) const { return offsets_[input] + static_cast<std::size_t>(step) * step_bytes_; }
  // Enqueues a step on each of the first inputs that were written there, as one launch.
  void launch(int place, int steps);
  const Launches& launches() const { return launches_; }
  // Until all that was enqueued is done.
  void wait();

  // Waits for the step and copies an output to the host.
  Tensor output(std::size_t index) const;
  const Plan& plan() const { return *plan_; }
  // Bound calls, one per plan().calls, for timing them one by one.
  std::span<const std::unique_ptr<Call>> calls() const { return calls_; }

 private:
  // A step's inputs among those of all places.
  std::byte* inputs(std::size_t set) const { return static_cast<std::byte*>(owned_inputs_.data()) + set * step_bytes_; }
  void bind();
  std::unique_ptr<Call> bound(const PlannedCall& call, std::size_t set) const;
  bool reads_inputs(const PlannedCall& call) const;
  void prepare();
  void enqueue(int place, int steps);
  Call& sequence(int place, int steps);
  void* address(Location l, std::size_t set = 0) const;

  std::shared_ptr<const Plan> plan_;
  Backend& backend_;
  Arena& arena_;
  std::vector<VariableMemory> groups_;
  std::vector<void*> external_;
  const Launches launches_;
  std::vector<std::size_t> offsets_;  // of inputs among those of a step
  std::size_t step_bytes_ = 0;
  DeviceMemory owned_inputs_, constants_, kept_;
  std::vector<std::unique_ptr<Inlet>> inlets_;  // by place
  void* bound_to_ = nullptr;  // the arena's address when the calls were bound
  std::vector<std::unique_ptr<Call>> preparation_, calls_;
  std::optional<std::uint64_t> prepared_at_;  // writes to what the preparation reads
  struct Sequence {
    std::vector<std::unique_ptr<Call>> calls;  // none: calls_
    std::unique_ptr<Call> all;
  };
  std::map<std::pair<int, int>, Sequence> sequences_;  // by place and number of steps
};

}  // namespace strata
