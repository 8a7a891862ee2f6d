// oneDNN primitives as a kernel's stages: made when the kernel is prepared, their arguments when it is bound. Written
// against the API of 2.6 (Debian 12).
#pragma once

#include <limits>
#include <vector>

#include <omp.h>
#include <oneapi/dnnl/dnnl.hpp>

#include "backend/backend.h"

namespace strata::cpu {

inline const dnnl::engine& onednn_engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

// Scratchpads are the caller's: a primitive allocates nothing while it runs.
inline dnnl::primitive_attr onednn_attributes() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

struct Place {
  enum Kind { input, output, scratch, kept } kind;
  std::size_t index = 0;   // of the input or output
  std::size_t offset = 0;  // in bytes
};
struct Argument {
  int id;
  dnnl::memory::desc type;
  Place place;
};
struct Stage {
  dnnl::primitive primitive;
  std::vector<Argument> arguments;
};

// Hands out 64-byte aligned parts of one block.
class ScratchLayout {
 public:
  explicit ScratchLayout(Place::Kind kind = Place::scratch) : kind_(kind) {}
  Place take(std::size_t bytes) {
    const Place place{kind_, 0, bytes_};
    bytes_ += (bytes + 63) & ~std::size_t{63};
    return place;
  }
  std::size_t bytes() const { return bytes_; }

 private:
  Place::Kind kind_;
  std::size_t bytes_ = 0;
};

class BoundStage {
 public:
  BoundStage(const Stage& stage, void* const* inputs, void* const* outputs, Workspace workspace)
      : primitive_(stage.primitive), stream_(onednn_engine()) {
    memories_.reserve(stage.arguments.size());
    for (const Argument& a : stage.arguments) {
      memories_.emplace_back(a.type, onednn_engine(), static_cast<char*>(base_of(a.place, inputs, outputs, workspace)) + a.place.offset);
      arguments_.push_back({a.id, memories_.back().get()});
    }
  }
  // By the C function: the C++ one makes its list of arguments anew on each call.
  void run() {
    dnnl::error::wrap_c_api(dnnl_primitive_execute(primitive_.get(), stream_.get(), static_cast<int>(arguments_.size()), arguments_.data()),
                            "a oneDNN primitive failed");
  }

 private:
  static void* base_of(const Place& place, void* const* inputs, void* const* outputs, Workspace workspace) {
    switch (place.kind) {
      case Place::input: return inputs[place.index];
      case Place::output: return outputs[place.index];
      case Place::scratch: return workspace.scratch;
      case Place::kept: return workspace.kept;
    }
    return nullptr;
  }

  dnnl::primitive primitive_;
  dnnl::stream stream_;
  std::vector<dnnl::memory> memories_;
  std::vector<dnnl_exec_arg_t> arguments_;
};

// oneDNN's relu makes 0 of a NaN where its slope is 0, and a NaN must show. With the smallest slope there is, which counts
// as 0 in a run, where subnormals are flushed, but not where the primitive is made, the same kernel multiplies instead: x > 0 ? x : x * slope, NaN for a NaN, -0 below 0.
inline void append_relu(dnnl::post_ops& post) {
  post.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, std::numeric_limits<float>::denorm_min(), 0.0f);
}

inline Stage reorder_stage(const dnnl::memory::desc& from, Place from_place, const dnnl::memory::desc& to, Place to_place,
                           ScratchLayout& scratch) {
  const dnnl::reorder::primitive_desc pd(onednn_engine(), from, onednn_engine(), to, onednn_attributes());
  return {dnnl::reorder(pd),
          {{DNNL_ARG_FROM, from, from_place}, {DNNL_ARG_TO, to, to_place},
           {DNNL_ARG_SCRATCHPAD, pd.scratchpad_desc(), scratch.take(pd.scratchpad_desc().get_size())}}};
}

}  // namespace strata::cpu
