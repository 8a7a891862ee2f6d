// How a step gets its batches from the rows of a data set. Whole columns are resident where the backend uses the host's memory
// or has room for them in its own: the step gathers the rows of a batch itself, by their numbers. Other columns are streamed:
// their rows are gathered here and copied batch by batch, while the device works. The bits are the same.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "src/compile/device_memory.h"
#include "src/model/model_state.h"

namespace strata {

class Feed {
 public:
  enum class Rows { are_read_once, are_read_again };  // what is read once is not worth a place on a device
  // Of a step that trains or tests; the variables have their places then, and the step its plan.
  Feed(ModelState& state, const Dataset& data, bool training, std::int64_t batch_size, Rows rows);
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  // Makes the runs of whole batches and of a shorter last one ready. After it batches allocate nothing.
  void begin();
  // Enqueues a step on the rows order[first, first + count): int64, on the host.
  void run(const Tensor& order, std::int64_t first, std::int64_t count);
  // Loss and metrics after the last step, for which the host waits.
  Logs logs() const;
  bool has_run() const { return last_ != nullptr; }

  std::int64_t rows() const { return rows_; }
  std::int64_t batch_size() const { return batch_size_; }
  const CompiledStep& step() const { return *step_; }
  // On the host, by the names of named_columns, with what the host computes of them.
  const std::map<std::string, Tensor>& columns() const { return columns_; }
  bool is_resident() const { return types_.resident; }
  // Whether the model has traced its steps anew since.
  bool is_outdated() const { return &traced() != step_.get(); }

 private:
  struct Streamed {
    const std::byte* column;  // on the host
    std::size_t row_bytes;
    void* input;              // on the device
    std::vector<std::byte> gathered;
  };
  struct Batch {
    Run* run = nullptr;
    void* order = nullptr;  // on the device, where columns are resident
    std::vector<Streamed> streamed;
  };

  CompiledStep& traced() const { return training_ ? state_.train_step(types_) : state_.test_step(types_); }
  void trace(bool resident);
  // False: there is no room for the columns beside the step.
  bool copy_columns();
  std::map<std::string, std::vector<std::int64_t>> shapes(std::int64_t count) const;
  Batch prepared(std::int64_t count);

  ModelState& state_;
  bool training_;
  BatchTypes types_;
  std::int64_t rows_, batch_size_;
  std::map<std::string, Tensor> columns_;
  std::shared_ptr<CompiledStep> step_;
  std::vector<DeviceMemory> memory_;         // of columns that were copied to the device
  std::map<std::string, void*> resident_;    // device addresses of whole columns, by name
  std::shared_ptr<CompiledStep::Worker> worker_;
  Batch whole_, short_;
  const Batch* last_ = nullptr;              // that ran
};

// Outputs of a training or test step under their names; the host waits for them.
Logs read_logs(const CompiledStep& step, const Run& run);

// The row numbers 0, 1, ...
Tensor in_order(std::int64_t rows);

}  // namespace strata
