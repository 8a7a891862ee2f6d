// What a backend is. This is all that a backend sees of Strata: regions of operations with numbers for shapes come in,
// prepared kernel calls go out. It knows no layer, no model, no file.
//
// The compiler cuts a step's graph into regions and asks for candidates; a backend that declines says why, and the region
// is split, down to single ops, down to their decompositions into primitives. The chosen candidates are prepared once,
// bound to addresses once per run, and then called step after step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <strata/attributes.h>
#include <strata/dtype.h>

namespace strata {

// Dtype and shape of a dense row-major tensor whose axes are numbers.
struct ArrayType {
  DType dtype = DType::float32;
  std::vector<std::int64_t> dims;

  int rank() const { return static_cast<int>(dims.size()); }
  std::int64_t dim(int axis) const { return dims[axis < 0 ? dims.size() + axis : axis]; }
  std::int64_t elements() const {  // checked for overflow when the shape was made
    std::int64_t n = 1;
    for (const std::int64_t d : dims) n *= d;
    return n;
  }
  std::size_t bytes() const { return static_cast<std::size_t>(elements()) * size_of(dtype); }
  friend bool operator==(const ArrayType&, const ArrayType&) = default;
};

// A value inside a region: input `index` of the region (op < 0), or output `index` of ops[op].
struct Source {
  int op = -1;
  int index = 0;
  friend bool operator==(const Source&, const Source&) = default;
};

struct RegionOp {
  std::string_view name;         // of the op table: "matmul", "add", "relu"; a scalar constant is an op without inputs
  const Attributes* attributes;  // every Shape inside has numbers
  std::vector<Source> inputs;
  std::vector<ArrayType> outputs;
};

// Operations that run as one call. The first non-elementwise op is the anchor; what follows it is the epilogue. Behind that may go along
// a reduce_sum of what the anchor reads, as it is or in another shape, by a reshape: its result is an output of the region. Behind a
// transpose may go along more of them. A region of elementwise ops alone has no anchor.
struct Region {
  std::vector<RegionOp> ops;  // in topological order
  std::vector<ArrayType> inputs;
  std::vector<Source> outputs;
  std::vector<bool> steady = {};  // by input: whether its value stands from run to run, as a weight's does while nothing learns; empty: none

  const ArrayType& type(Source s) const {
    return s.op < 0 ? inputs[static_cast<std::size_t>(s.index)]
                    : ops[static_cast<std::size_t>(s.op)].outputs[static_cast<std::size_t>(s.index)];
  }
};

// A kernel call bound to addresses. run() allocates nothing. On a device it enqueues; the call may go as soon as it returns.
class Call {
 public:
  virtual ~Call() = default;
  virtual void run() = 0;
  // Makes anew what is kept of steady inputs: before the first run, and after their values changed.
  virtual void renew() {}
};

struct Workspace {
  void* scratch = nullptr;  // holds nothing from one call to the next
  void* kept = nullptr;     // this call's alone, or that of its likes with other inputs, one of which is renewed
};

// A prepared kernel. Constant, so that several runs may share it.
class Kernel {
 public:
  virtual ~Kernel() = default;
  // Addresses of the region's inputs and outputs, in order, and of memory of the stated sizes.
  virtual std::unique_ptr<Call> bind(std::span<void* const> inputs, std::span<void* const> outputs, Workspace workspace) const = 0;
};

struct Candidate {
  std::string name;  // "onednn inner_product + bias + relu"
  std::size_t scratch_bytes = 0;
  // Memory for forms of steady inputs, and those of these inputs that run() itself does not read.
  std::size_t kept_bytes = 0;
  std::vector<int> kept_inputs = {};
  // Bytes of each hidden output of the region's anchor, where they differ from the op table's type.
  std::vector<std::size_t> hidden_bytes = {};
  // Forward and gradient kernels that share hidden values carry the same word; "" reads and writes the op table's form.
  std::string pair = {};
  // (input, output) pairs that may lie at the same address.
  std::vector<std::pair<int, int>> in_place = {};
  std::function<std::shared_ptr<const Kernel>()> prepare = {};
};

// Why a kernel does not take a region.
struct Refusal {
  std::string kernel;
  std::string reason;
};

// Memory of the device that the host fills while the device works. What is sent is copied beside the queue: behind what was
// enqueued before the last was_read(), at first before the inlet was made, and ahead of what is enqueued from here on.
class Inlet {
 public:
  virtual ~Inlet() = default;
  // Where the host writes what it sends next. Waits until what it sent last has been read from there.
  virtual std::byte* host() = 0;
  virtual void send(std::size_t bytes) = 0;  // the first bytes of it
  // What is enqueued by now is all that reads what was sent.
  virtual void was_read() = 0;
};

// A backend whose memory is not the host's has one queue: copy_in, run and copy_out are done in the order in which they are
// asked for, and only copy_out, release and synchronize wait. Inlets alone copy beside it.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual std::string name() const = 0;         // "cpu"
  virtual std::string description() const = 0;  // the device and the libraries, one line
  // Whether its memory is the host's, so that a reference kernel can fill in for a primitive it lacks.
  virtual bool uses_host_memory() const = 0;

  virtual void* allocate(std::size_t bytes) = 0;  // 64-byte aligned at least, zeroed; null when there is no room
  virtual void release(void* memory, std::size_t bytes) = 0;      // when nothing that was enqueued uses it any more
  virtual void copy_in(void* device, const void* host, std::size_t bytes) = 0;   // `host` may change when it returns
  virtual void copy_out(void* host, const void* device, std::size_t bytes) = 0;  // the bytes are there when it returns
  // Of `bytes` of the device's memory, which outlives it.
  virtual std::unique_ptr<Inlet> inlet(void* device, std::size_t bytes);
  // What can be allocated at the moment; none where nobody can tell, as of the host's memory, which others use too.
  virtual std::optional<std::size_t> free_bytes() { return std::nullopt; }

  // Whether convolutions are asked for with kernels (F, spatial..., C/groups), attribute filters_first, and with no others.
  virtual bool wants_filters_first() const { return false; }

  // The kernels that take this region, best first; `refusals` gets a row for each that declined.
  virtual std::vector<Candidate> candidates(const Region& region, std::vector<Refusal>& refusals) = 0;

  // Runs the calls in order; returns when they are enqueued.
  virtual void run(std::span<const std::unique_ptr<Call>> calls) = 0;
  // The calls, of one step or of several, as one that runs them in order again and again: a device may launch them as one graph.
  // They outlive it, with the addresses that they have.
  virtual std::unique_ptr<Call> sequence(std::span<const std::unique_ptr<Call>> calls);
  virtual void synchronize() = 0;
};

inline std::unique_ptr<Call> Backend::sequence(std::span<const std::unique_ptr<Call>> calls) {
  class InOrder final : public Call {
   public:
    InOrder(Backend& backend, std::span<const std::unique_ptr<Call>> calls) : backend_(backend), calls_(calls) {}
    void run() override { backend_.run(calls_); }

   private:
    Backend& backend_;
    std::span<const std::unique_ptr<Call>> calls_;
  };
  return std::make_unique<InOrder>(*this, calls);
}

inline std::unique_ptr<Inlet> Backend::inlet(void* device, std::size_t bytes) {
  class InOrder final : public Inlet {
   public:
    InOrder(Backend& backend, void* device, std::size_t bytes) : backend_(backend), device_(device), bytes_(backend.uses_host_memory() ? 0 : bytes) {}
    std::byte* host() override { return bytes_.empty() ? static_cast<std::byte*>(device_) : bytes_.data(); }
    void send(std::size_t bytes) override {
      if (!bytes_.empty()) backend_.copy_in(device_, bytes_.data(), bytes);
    }
    void was_read() override {}

   private:
    Backend& backend_;
    void* device_;
    std::vector<std::byte> bytes_;  // none where the device's memory is the host's
  };
  return std::make_unique<InOrder>(*this, device, bytes);
}

struct BackendOptions {
  int threads = 0;           // 0: every core this process may use
  bool reproducible = true;  // the same bits at any thread count
  bool tensor_float32 = false;  // float32 products may round their operands to 10 bits of mantissa
};

// A plug-in exports this under the name "strata_backend".
using BackendFactory = Backend* (*)(const BackendOptions&);

// A kernel that is a function of addresses: f(inputs, outputs, scratch).
template <class F>
class FunctionKernel final : public Kernel {
 public:
  explicit FunctionKernel(F f) : f_(std::move(f)) {}
  std::unique_ptr<Call> bind(std::span<void* const> inputs, std::span<void* const> outputs, Workspace workspace) const override {
    return std::make_unique<Bound>(f_, inputs, outputs, workspace.scratch);
  }

 private:
  class Bound final : public Call {
   public:
    Bound(const F& f, std::span<void* const> inputs, std::span<void* const> outputs, void* scratch)
        : f_(f), inputs_(inputs.begin(), inputs.end()), outputs_(outputs.begin(), outputs.end()), scratch_(scratch) {}
    void run() override { f_(inputs_.data(), outputs_.data(), scratch_); }

   private:
    F f_;
    std::vector<void*> inputs_, outputs_;
    void* scratch_;
  };
  F f_;
};

template <class F>
std::shared_ptr<const Kernel> make_kernel(F f) {
  return std::make_shared<const FunctionKernel<F>>(std::move(f));
}

}  // namespace strata
