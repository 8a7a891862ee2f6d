// What a model keeps between steps: weights, states, optimizer slots, counters. Variables of one section and dtype lie end
// to end in one buffer on the device, so that an elementwise update is one pass over all weights.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <strata/constraint.h>
#include <strata/initializer.h>
#include <strata/regularizer.h>
#include "src/compile/plan.h"

namespace strata {

enum class VariableKind : std::uint8_t {
  weight,   // a layer's, changed by the optimizer unless frozen
  state,    // a layer's, changed by the layer itself
  slot,     // an optimizer's
  counter,  // steps, seeds, rates
  metric,   // running values of an epoch
};

struct Variable {
  std::string path;  // "encoder/dense/kernel"
  ArrayType type;
  VariableKind kind = VariableKind::weight;
  bool trainable = false;      // by the layer's own flag and its parents'; read when the model is compiled
  Tensor value;                // on the host: the initial value, and the value while no device memory is held; none: zeros
  Regularizer regularizer = {};
  Constraint constraint = {};
  std::string slot = {};       // of an optimizer: "momentum"; slots of one name form a section in the order of their weights

  // "trainable", "frozen", "state", "slot momentum", "counter", "metric".
  std::string section() const;
};

class Variables {
 public:
  Variables() = default;
  Variables(const Variables&) = delete;
  Variables& operator=(const Variables&) = delete;

  std::int64_t add(Variable variable);
  std::optional<std::int64_t> find(const std::string& path) const;
  const std::vector<Variable>& list() const { return list_; }
  Variable& at(std::int64_t id) { return list_[static_cast<std::size_t>(id)]; }
  const Variable& at(std::int64_t id) const { return list_[static_cast<std::size_t>(id)]; }

  // Gives every variable its place, trainable weights first, and moves the values to the backend. Called again when a
  // variable was added or its trainable flag changed; the values stay.
  void place(std::shared_ptr<Backend> backend);
  bool placed() const { return backend_ != nullptr && spots_.size() == list_.size(); }
  // Changes whenever addresses do.
  std::int64_t version() const { return version_; }

  // A section's variables of one dtype in order of memory, known before they are placed: sizes that fill whole vectors of 64
  // bytes first, so that every one of them is aligned.
  std::vector<std::int64_t> section_ids(const std::string& section, DType dtype) const;
  std::int64_t section_elements(const std::string& section, DType dtype) const;
  VariablePlace place_of_section(const std::string& section, DType dtype) const;
  VariablePlace place_of(std::int64_t id) const;

  std::size_t groups() const { return buffers_.size(); }
  VariableMemory group(std::size_t index) { return {buffers_[index].memory.data(), &buffers_[index].writes}; }
  std::size_t bytes() const;

  Tensor read(std::int64_t id) const;
  void write(std::int64_t id, const Tensor& value);

 private:
  struct Buffer { DeviceMemory memory; std::uint64_t writes = 0; };
  struct Spot { std::int32_t group; std::size_t offset; };
  void take_back();  // values to the host, device memory released

  std::vector<Variable> list_;
  std::map<std::string, std::int64_t> by_path_;
  std::shared_ptr<Backend> backend_;
  std::vector<Buffer> buffers_;
  std::vector<Spot> spots_;  // by id; of those that are placed
  std::map<std::pair<std::string, DType>, std::int32_t> group_of_;
  std::int64_t version_ = 0;
};

}  // namespace strata
