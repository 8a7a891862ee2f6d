#include "far/far_backend.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "backend/reference/reference.h"
#include "src/compile/backends.h"

namespace strata {
namespace {

// Added to an address of the host it leaves the addresses that an x86-64 processor can use: reading there is a fault.
constexpr std::uintptr_t distance = std::uintptr_t{1} << 62;

std::uintptr_t number(const void* address) { return reinterpret_cast<std::uintptr_t>(address); }

class CopyIn final : public Call {
 public:
  CopyIn(void* to, const void* from, std::size_t bytes) : to_(to), bytes_(static_cast<const char*>(from), static_cast<const char*>(from) + bytes) {}
  void run() override { std::memcpy(to_, bytes_.data(), bytes_.size()); }

 private:
  void* to_;
  std::vector<char> bytes_;
};

class Clear final : public Call {
 public:
  Clear(void* memory, std::size_t bytes) : memory_(memory), bytes_(bytes) {}
  void run() override { std::memset(memory_, 0, bytes_); }

 private:
  void* memory_;
  std::size_t bytes_;
};

// A call of the CPU's in the queue, which outlives the call that was bound.
class Queued final : public Call {
 public:
  enum class What { run, renew };
  Queued(std::shared_ptr<Call> call, What what) : call_(std::move(call)), what_(what) {}
  void run() override { what_ == What::run ? call_->run() : call_->renew(); }

 private:
  std::shared_ptr<Call> call_;
  What what_;
};

// Half precision too: the CPU has few kernels for it.
bool is_of_the_reference(const RegionOp& op) {
  const auto is_half = [](const ArrayType& t) { return t.dtype == DType::bfloat16 || t.dtype == DType::float16; };
  return FarBackend::of_the_reference().count(op.name) != 0 || std::any_of(op.outputs.begin(), op.outputs.end(), is_half);
}

}  // namespace

class FarBackend::FarCall final : public Call {
 public:
  FarCall(FarBackend& backend, std::shared_ptr<Call> call) : backend_(backend), call_(std::move(call)) {}
  void run() override { backend_.enqueue(std::make_unique<Queued>(call_, Queued::What::run)); }
  void renew() override { backend_.enqueue(std::make_unique<Queued>(call_, Queued::What::renew)); }

 private:
  FarBackend& backend_;
  std::shared_ptr<Call> call_;
};

class FarBackend::FarKernel final : public Kernel {
 public:
  FarKernel(FarBackend& backend, std::shared_ptr<const Kernel> kernel, std::vector<std::size_t> inputs, std::vector<std::size_t> outputs,
            std::size_t scratch, std::size_t kept)
      : backend_(backend), kernel_(std::move(kernel)), inputs_(std::move(inputs)), outputs_(std::move(outputs)), scratch_(scratch), kept_(kept) {}

  std::unique_ptr<Call> bind(std::span<void* const> inputs, std::span<void* const> outputs, Workspace workspace) const override {
    std::vector<void*> in, out;
    for (std::size_t i = 0; i < inputs.size(); ++i) in.push_back(backend_.near(inputs[i], inputs_[i], "an input"));
    for (std::size_t i = 0; i < outputs.size(); ++i) out.push_back(backend_.near(outputs[i], outputs_[i], "an output"));
    workspace = {scratch_ ? backend_.near(workspace.scratch, scratch_, "scratch memory") : nullptr,
                 kept_ ? backend_.near(workspace.kept, kept_, "kept memory") : nullptr};
    return std::make_unique<FarCall>(backend_, kernel_->bind(in, out, workspace));
  }

 private:
  FarBackend& backend_;
  std::shared_ptr<const Kernel> kernel_;
  std::vector<std::size_t> inputs_, outputs_;  // bytes
  std::size_t scratch_, kept_;
};

class FarBackend::FarInlet final : public Inlet {
 public:
  FarInlet(FarBackend& backend, void* device, std::size_t bytes) : backend_(backend), device_(device), bytes_(bytes) { was_read(); }

  // What is sent is taken at once, so that nothing waits for the copies.
  std::byte* host() override { return bytes_.data(); }
  void send(std::size_t bytes) override {
    const std::lock_guard lock(backend_.mutex_);
    ++backend_.copies_in;
    backend_.bytes_in += bytes;
    wait_for(backend_.copy_queue_, read_);
    backend_.copy_queue_.back().calls.push_back(std::make_unique<CopyIn>(backend_.near(device_, bytes, "an inlet"), bytes_.data(), bytes));
    wait_for(backend_.queue_, backend_.mark(backend_.copy_queue_));
  }
  void was_read() override {
    const std::lock_guard lock(backend_.mutex_);
    read_ = backend_.mark(backend_.queue_);
  }

 private:
  FarBackend& backend_;
  void* device_;
  std::vector<std::byte> bytes_;
  int read_ = 0;
};

FarBackend::FarBackend(std::shared_ptr<Backend> cpu, bool filled) : cpu_(std::move(cpu)), reference_(make_reference_backend()), filled_(filled) {}
FarBackend::~FarBackend() = default;

const std::set<std::string_view>& FarBackend::of_the_reference() {
  // reduce_min and argmin; of the others, integers and what a few layers make of booleans.
  static const std::set<std::string_view> ops{"argmax", "argmin", "cast", "matmul", "pad", "reduce_max", "reduce_min", "reduce_sum"};
  return ops;
}

void FarBackend::set_memory(std::optional<std::size_t> bytes) { memory_ = bytes; }

void FarBackend::reset() {
  waits = synchronizations = runs = copies_in = copies_out = 0;
  bytes_in = 0;
  most_allocated_ = allocated_;
}

void* FarBackend::allocate(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (memory_ && bytes > *memory_ - std::min(*memory_, allocated_)) return nullptr;
  void* memory = cpu_->allocate(bytes);
  if (!memory) return nullptr;
  allocated_ += bytes;
  most_allocated_ = std::max(most_allocated_, allocated_);
  blocks_[number(memory) + distance] = bytes;
  std::memset(memory, 0xA5, bytes);  // until the queue comes to it
  enqueue(std::make_unique<Clear>(memory, bytes));
  return reinterpret_cast<void*>(number(memory) + distance);
}

void FarBackend::release(void* memory, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  work_off();
  const auto block = blocks_.find(number(memory));
  if (block == blocks_.end() || block->second != bytes) throw std::logic_error("far: what is released was not allocated so");
  blocks_.erase(block);
  allocated_ -= bytes;
  cpu_->release(reinterpret_cast<void*>(number(memory) - distance), bytes);
}

void* FarBackend::near(const void* address, std::size_t bytes, const char* what) const {
  if (!address) return nullptr;
  const std::lock_guard lock(mutex_);
  auto block = blocks_.upper_bound(number(address));
  if (block == blocks_.begin()) throw std::logic_error(std::string("far: an address of the host is given for ") + what);
  --block;
  if (number(address) + bytes > block->first + block->second)
    throw std::logic_error(std::string("far: an address that lies in none of its blocks, or leaves it, is given for ") + what);
  return reinterpret_cast<void*>(number(address) - distance);
}

void FarBackend::copy_in(void* device, const void* host, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  ++copies_in;
  bytes_in += bytes;
  if (bytes) enqueue(std::make_unique<CopyIn>(near(device, bytes, "copy_in"), host, bytes));
}

void FarBackend::copy_out(void* host, const void* device, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  ++copies_out;
  work_off();
  if (bytes) std::memcpy(host, near(device, bytes, "copy_out"), bytes);
}

std::unique_ptr<Inlet> FarBackend::inlet(void* device, std::size_t bytes) {
  near(device, bytes, "an inlet");
  return std::make_unique<FarInlet>(*this, device, bytes);
}

std::optional<std::size_t> FarBackend::free_bytes() {
  const std::lock_guard lock(mutex_);
  return memory_ ? std::optional(*memory_ - std::min(*memory_, allocated_)) : std::nullopt;
}

std::vector<Candidate> FarBackend::candidates(const Region& region, std::vector<Refusal>& refusals) {
  std::vector<Candidate> found = cpu_->candidates(region, refusals);
  if (found.empty() && filled_ && std::any_of(region.ops.begin(), region.ops.end(), is_of_the_reference)) found = reference_->candidates(region, refusals);
  std::vector<std::size_t> in, out;
  for (const ArrayType& type : region.inputs) in.push_back(type.bytes());
  for (const Source& source : region.outputs) out.push_back(region.type(source).bytes());
  for (Candidate& c : found) {
    // Hidden values have sizes of their kernels' own: of an op that makes or reads some, only the places are looked at.
    const bool hides = !c.pair.empty() || !c.hidden_bytes.empty();
    c.prepare = [this, prepare = std::move(c.prepare), in = hides ? std::vector<std::size_t>(in.size()) : in,
                 out = hides ? std::vector<std::size_t>(out.size()) : out, scratch = c.scratch_bytes, kept = c.kept_bytes] {
      return std::make_shared<const FarKernel>(*this, prepare(), in, out, scratch, kept);
    };
  }
  return found;
}

void FarBackend::enqueue(std::unique_ptr<Call> call) {
  const std::lock_guard lock(mutex_);
  if (queue_.empty() || queue_.back().mark) queue_.emplace_back();
  queue_.back().calls.push_back(std::move(call));
}

int FarBackend::mark(Queue& queue) {
  if (queue.empty() || queue.back().mark) queue.emplace_back();
  return queue.back().mark = ++marks_;
}

void FarBackend::wait_for(Queue& queue, int mark) { queue.push_back({{}, mark, 0}); }

void FarBackend::copy(int up_to) {
  while (!copy_queue_.empty() && !(up_to && reached_.count(up_to))) {
    if (!reached_.count(copy_queue_.front().waits_for)) {
      if (up_to) throw std::logic_error("far: the queues wait for each other");
      return;
    }
    const Piece piece = std::move(copy_queue_.front());
    copy_queue_.pop_front();
    cpu_->run(piece.calls);
    reached_.insert(piece.mark);
  }
}

void FarBackend::work_off() {
  if (queue_.empty() && copy_queue_.empty()) return;
  ++waits;
  while (!queue_.empty()) {
    if (copies_ == Copies::early) copy();
    const Piece piece = std::move(queue_.front());
    queue_.pop_front();
    if (!reached_.count(piece.waits_for)) copy(piece.waits_for);
    cpu_->run(piece.calls);
    reached_.insert(piece.mark);
  }
  copy();
}

void FarBackend::run(std::span<const std::unique_ptr<Call>> calls) {
  const std::lock_guard lock(mutex_);
  ++runs;
  for (const auto& call : calls) call->run();
}

void FarBackend::synchronize() {
  const std::lock_guard lock(mutex_);
  ++synchronizations;
  work_off();
}

FarBackend& far_backend(int threads, const std::string& name) {
  static const bool registered = [] {
    register_backend("far", [](const BackendOptions& options) { return std::make_shared<FarBackend>(open_backend("cpu", options), true); });
    register_backend("far and bare", [](const BackendOptions& options) { return std::make_shared<FarBackend>(open_backend("cpu", options), false); });
    return true;
  }();
  static_cast<void>(registered);
  return dynamic_cast<FarBackend&>(*open_backend(name, {.threads = threads}));
}

}  // namespace strata
