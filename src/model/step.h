// A traced graph that runs on a backend: plans are made per set of numbers for its open axes, and kept.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "src/model/kernel_choices.h"
#include "src/model/trace.h"

namespace strata {

// Columns with what the trace's host functions make of them; only those that a graph can read, unless `texts`.
std::map<std::string, Tensor> on_host(const Trace& trace, std::map<std::string, Tensor> columns, bool texts = false);

// Where each of the plan's inputs lies; null: it is not among these.
std::vector<void*> addresses_of(const Plan& plan, const std::map<std::string, void*>& external);

class CompiledStep : public std::enable_shared_from_this<CompiledStep> {
 public:
  // `outputs` names the graph's outputs in order.
  CompiledStep(std::unique_ptr<Trace> trace, std::vector<std::string> outputs, std::shared_ptr<Backend> backend,
               std::shared_ptr<KernelChoices> choices = std::make_shared<KernelChoices>());

  struct Input { std::string name; TensorType type; };
  const std::vector<Input>& inputs() const { return inputs_; }
  const std::vector<std::string>& outputs() const { return outputs_; }
  const Trace& trace() const { return *trace_; }

  // The columns that the graph reads: those given, and what the host computes of them. Texts stay behind.
  std::map<std::string, Tensor> on_host(std::map<std::string, Tensor> columns) const { return strata::on_host(*trace_, std::move(columns)); }

  // Adds the shapes of the columns that the host computes, as far as they are known without data: an open axis is an Error.
  void assume_host_columns(std::map<std::string, std::vector<std::int64_t>>& shapes, std::int64_t rows) const;

  // The numbers that these inputs give to the open axes. An input that does not fit its type is an Error of kind data.
  Bindings bind(const std::map<std::string, Tensor>& values) const;
  // The same from shapes alone.
  Bindings bind(const std::map<std::string, std::vector<std::int64_t>>& shapes) const;

  // One worker runs one step at a time; several threads take several. The plans are shared, the memory is not.
  class Worker {
   public:
    Worker(CompiledStep& step);
    // `external`: inputs that stay where they are (device addresses by name).
    Run& run_for(const Bindings& bindings, const std::map<std::string, void*>& external = {}, Launches launches = {});
    // The run for these columns, which are its inputs now.
    Run& load(const std::map<std::string, Tensor>& columns);

   private:
    // Before anything is allocated: a step that finds no room is an Error with its figures, and with a batch that does.
    void require_room(const Plan& plan, const Bindings& bindings, const std::map<std::string, void*>& external, Launches launches) const;

    CompiledStep& step_;
    std::vector<std::vector<std::int64_t>> loaded_shapes_;  // of the last columns, by input
    Bindings loaded_;
    Arena arena_;
    std::int64_t version_ = -1;
    using Runs = std::map<std::pair<Bindings, std::map<std::string, void*>>, std::unique_ptr<Run>>;
    Runs runs_;
    Runs::value_type* last_ = nullptr;
  };
  // A worker that nobody else uses until it is given back.
  std::shared_ptr<Worker> take();

  std::shared_ptr<const Plan> plan(const Bindings& bindings);
  Backend& backend() const { return *backend_; }

 private:
  void place_variables();
  std::int64_t version() const;
  std::shared_ptr<const Plan> make_plan(const Bindings& bindings) const;

  std::unique_ptr<Trace> trace_;
  std::vector<std::string> outputs_;
  std::vector<Input> inputs_;
  std::shared_ptr<Backend> backend_;
  std::shared_ptr<KernelChoices> choices_;
  std::mutex mutex_;
  std::map<Bindings, std::shared_ptr<const Plan>> plans_;
  std::int64_t planned_version_ = -1;
  std::vector<std::unique_ptr<Worker>> free_;
};

}  // namespace strata
