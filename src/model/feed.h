// How a step gets its batches from the rows of a data set. Whole columns are resident where the backend uses the host's memory
// or has room for them in its own: the step gathers the rows of a batch itself, by their numbers. Other columns are streamed:
// their rows are gathered here and copied while the device works. A device takes several steps in one launch. The bits are the same.
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

  // Makes the runs of whole batches and of a shorter last one ready. A launch allocates at its first turn only.
  void begin();
  // Enqueues a launch: steps on the batches from number `batch` on of the rows in this order (int64, on the host), `most` of them
  // at most. How many they are.
  std::int64_t run(const Tensor& order, std::int64_t batch, std::int64_t most);
  // Loss and metrics after the last step, for which the host waits.
  Logs logs() const;
  bool has_run() const { return last_ != nullptr; }

  std::int64_t rows() const { return rows_; }
  std::int64_t batch_size() const { return batch_size_; }
  std::int64_t batches() const { return (rows_ + batch_size_ - 1) / batch_size_; }
  const CompiledStep& step() const { return *step_; }
  // On the host, by the names of named_columns, with what the host computes of them.
  const std::map<std::string, Tensor>& columns() const { return columns_; }
  bool is_resident() const { return types_.resident; }
  // Whether the model has traced its steps anew since.
  bool is_outdated() const { return &traced() != step_.get(); }

 private:
  // What a batch takes of one input: rows of a column, or where columns are resident the rows' numbers.
  struct Part {
    const std::byte* column;  // on the host; null: row numbers
    std::size_t row_bytes;
    std::size_t input;        // of the run
  };
  struct Batch {
    Run* run = nullptr;
    std::vector<Part> parts;
    int place = 0;            // of the next launch
  };

  CompiledStep& traced() const { return training_ ? state_.train_step(types_) : state_.test_step(types_); }
  void trace(bool resident);
  // False: there is no room for the columns beside the step.
  bool copy_columns();
  std::map<std::string, std::vector<std::int64_t>> shapes(std::int64_t count) const;
  Batch prepared(std::int64_t count, Launches launches);
  Launches launches() const;  // of whole batches
  void write(const Batch& batch, const std::int64_t* rows, std::int64_t count, int step, std::byte* to) const;

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
  int together_ = 0;                         // steps in one launch; 0: a step has to be timed
  int launched_ = 0;                         // launches so far, until that is known
  const Batch* last_ = nullptr;              // that ran
};

// Outputs of a training or test step under their names; the host waits for them.
Logs read_logs(const CompiledStep& step, const Run& run);

// The row numbers 0, 1, ...
Tensor in_order(std::int64_t rows);

}  // namespace strata
