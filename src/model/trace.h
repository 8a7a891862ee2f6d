// One pass over a model's layers that writes their ops into a graph.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <strata/layer.h>
#include "src/graph/graph.h"
#include "src/model/variables.h"

namespace strata {

// Dtypes of weights and of arithmetic, from a policy's name. Unknown names are an Error.
struct DTypePolicy {
  DType variable = DType::float32, compute = DType::float32;
  static DTypePolicy named(const std::string& name);
  // A layer's own `dtype` argument: a name, Keras' {"class_name": "DTypePolicy", "config": {"name": ...}}, or null.
  static DTypePolicy of(const Config& dtype, const DTypePolicy& inherited);
  // The dtype of an input: one of the default dtype follows the policy, so that float64 data stays float64 under float64.
  DType entry(DType declared) const { return declared == DType::float32 && variable == DType::float64 ? DType::float64 : declared; }
};

class Trace {
 public:
  // Variables of several stores can meet in one graph: each store's numbers begin at its base.
  explicit Trace(bool training) : training_(training) {}

  Graph graph;

  bool training() const { return training_; }
  // The mode of what is traced from here on; gives the mode so far. A training step may call a model as in prediction.
  bool set_training(bool training) { return std::exchange(training_, training); }
  // Whether a variable that exists takes its trainable flag from this trace. Flags decide how weights lie in memory, so they
  // change only where the variables are placed anew.
  bool reads_trainable = false;
  // The store whose layers are being called, and the seed of its random streams.
  void enter(Variables& variables, std::uint64_t seed);
  std::int64_t number(Variables& store, std::int64_t id);  // of a store's variable in this graph
  // The value of a variable as of now in the trace. A weight that was updated is a new value, which no gradient leaves.
  Value read(Variables& store, std::int64_t id);
  // Whether an optimizer has updated a weight in this trace.
  bool updated(Variables& store, std::int64_t id);
  // The variable takes this value after the step.
  void write(Variables& store, std::int64_t id, Value value);

  // A whole section of a store as one vector, in order of memory (Variables::section_elements).
  Value read_section(Variables& store, const std::string& section, DType dtype);
  void write_section(Variables& store, const std::string& section, DType dtype, Value value);

  Value variable(const std::string& path, const TensorType& type, VariableKind kind, bool trainable, const WeightOptions& options);
  void update(const std::string& path, Value value);

  // int64 {seed, step}: what random ops draw by. Made on first use.
  Value random_state();
  std::uint64_t next_stream(const std::string& path);

  Value mask(Value v) const;
  void set_mask(Value v, Value mask);

  struct Metric { std::string path, name; Value value; };
  std::vector<Value> losses;       // scalars added by layers
  std::vector<Metric> metrics;     // of this batch, added by layers
  std::vector<std::string> warnings;

  // A column of the data: whole rows that enter the graph. shape: with the rows first. While `order` is set, columns are
  // resident and batches are gathered by its row numbers. Texts enter no graph: they stay among the host's columns.
  Value column(const std::string& name, DType dtype, const Shape& shape);
  Value order;
  // v is the same column converted.
  void same_column(Value v, Value column) { columns_.try_emplace({&v.graph(), v.node()}, column_of(column)); }
  // The name of the column that v is, or "".
  std::string column_of(Value v) const;

  // What the host computes of columns before they enter the graph, in order.
  struct HostCall { HostFunction function; std::string input, output; };
  const std::vector<HostCall>& host_calls() const { return host_calls_; }
  Value on_host(const std::string& path, Value x, DType dtype, const Shape& shape, HostFunction function);

  // Called with every layer's outputs as it is traced; for summary and shape inference.
  std::function<void(const std::string& path, const Layer& layer, const std::vector<Value>& outputs)> observer;

  // The variables that were written so far, by number.
  const std::set<std::int64_t>& written() const { return written_; }
  // Of those, the ones that `concerns` names keep the value from before the step unless `condition` holds. (Sections are of
  // weights or of slots, and are asked for as weights.)
  void keep_unless(Value condition, const std::function<bool(std::int64_t number, VariableKind kind)>& concerns);

  // Puts what was written into graph.updates. The trace is done then.
  void finish();
  // Places of all variables by number, once their stores are placed.
  std::vector<VariablePlace> places() const;
  std::vector<VariableMemory> groups() const;

  // Zeros a variable by its number.
  void reset(std::int64_t number) const;

  const std::vector<Variables*>& stores() const { return stores_; }

 private:
  struct Known { Variables* store; std::int64_t id; std::string section; DType dtype; };  // id -1: a section
  bool training_;
  Variables* current_ = nullptr;
  std::uint64_t seed_ = 0;
  std::vector<Variables*> stores_;
  std::vector<Known> numbers_;  // by number in the graph
  std::map<std::pair<Variables*, std::int64_t>, std::int64_t> number_of_;
  std::map<std::tuple<Variables*, std::string, DType>, std::int64_t> section_number_;
  // The section that was updated and holds this weight, or none.
  Value updated_section(Variables& store, std::int64_t id) const;

  std::map<std::int64_t, Value> values_;  // as of now
  std::map<std::int64_t, Value> read_after_update_;
  std::set<std::int64_t> written_;
  std::map<std::string, std::uint64_t> calls_;
  std::map<std::pair<std::int32_t, std::int32_t>, Value> masks_;
  std::unique_ptr<Graph> texts_ = std::make_unique<Graph>();  // where values of texts live, so that their types are known
  std::map<std::pair<const Graph*, std::int32_t>, std::string> columns_;
  std::vector<HostCall> host_calls_;
};

}  // namespace strata
