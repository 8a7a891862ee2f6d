// Kernels of several stages: copies of boxes, calls of a library. Bound, a stage is a function that enqueues.
#pragma once

#include <functional>

#include "backend/cuda/movement.h"
#include "backend/cuda/status.h"

namespace strata::cuda {

struct Place {
  enum Kind { input, output, scratch, kept } kind;
  int index = 0;           // of the input or output
  std::size_t offset = 0;  // in bytes
};

struct Addresses {
  std::span<void* const> inputs, outputs;
  Workspace workspace;
  void* operator[](const Place& p) const {
    void* const bases[] = {p.kind == Place::input ? inputs[static_cast<std::size_t>(p.index)] : nullptr,
                           p.kind == Place::output ? outputs[static_cast<std::size_t>(p.index)] : nullptr, workspace.scratch, workspace.kept};
    return static_cast<char*>(bases[p.kind]) + p.offset;
  }
};

// Hands out 256-byte aligned parts of one block.
class Layout {
 public:
  explicit Layout(Place::Kind kind) : kind_(kind) {}
  Place take(std::size_t bytes) {
    const Place place{kind_, 0, bytes_};
    bytes_ += (bytes + 255) & ~std::size_t{255};
    return place;
  }
  std::size_t bytes() const { return bytes_; }

 private:
  Place::Kind kind_;
  std::size_t bytes_ = 0;
};

using Run = std::function<void()>;
using Stage = std::function<Run(const Addresses&)>;

inline Stage copy_stage(const Box& box, std::size_t element, Place from, Place to, const Machine& machine) {
  return [=](const Addresses& at) -> Run {
    return [=, x = at[from], y = at[to]] { enqueue_copy(box, static_cast<int>(element), x, y, machine); };
  };
}
inline Stage clear_stage(Place place, std::size_t bytes, const Machine& machine) {
  return [=](const Addresses& at) -> Run {
    return [=, y = at[place], stream = machine.stream] { check(cudaMemsetAsync(y, 0, bytes, stream), "clearing memory"); };
  };
}
inline Stage bytes_stage(Place from, Place to, std::size_t bytes, const Machine& machine) {
  return [=](const Addresses& at) -> Run {
    return [=, x = at[from], y = at[to], stream = machine.stream] {
      check(cudaMemcpyAsync(y, x, bytes, cudaMemcpyDeviceToDevice, stream), "copying on the device");
    };
  };
}

// Stages one after the other. Renewals make what is kept of steady inputs.
class StagedKernel final : public Kernel {
 public:
  std::vector<Stage> renewals, stages;

  std::unique_ptr<Call> bind(std::span<void* const> inputs, std::span<void* const> outputs, Workspace workspace) const override {
    const Addresses at{inputs, outputs, workspace};
    auto call = std::make_unique<Bound>();
    for (const Stage& s : renewals) call->renewals.push_back(s(at));
    for (const Stage& s : stages) call->stages.push_back(s(at));
    return call;
  }

 private:
  struct Bound final : public Call {
    std::vector<Run> renewals, stages;
    void renew() override {
      for (const Run& r : renewals) r();
    }
    void run() override {
      for (const Run& r : stages) r();
    }
  };
};

// Where the inputs and outputs of a region's only op lie.
inline std::vector<Place> inputs_of(const Region& region) {
  std::vector<Place> places;
  for (const Source& s : region.ops[0].inputs) places.push_back({Place::input, s.index});
  return places;
}
inline std::vector<Place> outputs_of(const Region& region) {
  std::vector<Place> places(region.ops[0].outputs.size());
  for (std::size_t i = 0; i < region.outputs.size(); ++i) places[static_cast<std::size_t>(region.outputs[i].index)] = {Place::output, static_cast<int>(i)};
  return places;
}

}  // namespace strata::cuda
