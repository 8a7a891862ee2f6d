#include "backend/cuda/cudnn_plan.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "backend/cuda/launch.h"
#include "backend/cuda/libraries.h"

namespace strata::cuda {
namespace {

template <class T>
std::vector<T> notes_of(cudnnBackendDescriptor_t engine, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t most) {
  std::int64_t count = 0;
  std::vector<T> notes(static_cast<std::size_t>(most));
  check(cudnnBackendGetAttribute(engine, name, type, most, &count, notes.data()), "asking about an engine");
  notes.resize(static_cast<std::size_t>(std::min(count, most)));
  return notes;
}

// The rule that an engine breaks; "" where it keeps them all. (cudnn-frontend 1.18 filters by notes itself, but takes every engine
// with a note of any kind for one that uses tensor cores.)
std::string_view broken_rule(const fe::ManagedOpaqueDescriptor& config, DType type, const Machine& machine, std::size_t most_workspace) {
  std::int64_t count = 0, workspace = 0;
  const fe::ManagedOpaqueDescriptor engine = fe::make_shared_backend_pointer(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  cudnnBackendDescriptor_t raw = engine->get_backend_descriptor();
  check(cudnnBackendGetAttribute(config->get_backend_descriptor(), CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &count, &raw),
        "asking for an engine");
  check(cudnnBackendGetAttribute(config->get_backend_descriptor(), CUDNN_ATTR_ENGINECFG_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &count, &workspace),
        "asking for an engine's workspace");
  if (workspace > static_cast<std::int64_t>(most_workspace)) return "needs too large a workspace";
  for (const auto note :
       notes_of<cudnnBackendNumericalNote_t>(raw, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE, CUDNN_NUMERICAL_NOTE_TYPE_COUNT)) switch (note) {
      case CUDNN_NUMERICAL_NOTE_TENSOR_CORE:  // TF32, where the type is float32
        if (type == DType::float32 && !machine.tensor_float32) return "rounds float32 to TF32";
        break;
      case CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS: return "rounds its operands";
      case CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION: return "sums in less than float32";
      case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6:
      case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13: return "is a Winograd form that loses digits";
      case CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC:
        if (machine.reproducible) return "does not give the same bits each time";
        break;
      default: break;
    }
  return "";
}

// A device that is not there, in the words in which cuDNN writes one down (CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION): an A100 or
// an H200. The library plans for it as it would on it.
std::shared_ptr<const fe::DeviceProperties> absent_device(int capability) {
  struct Row { int capability, processors, shared, cooperative_blocks, clock, memory_clock, l2; std::int64_t memory; const char* name; };
  static constexpr Row rows[] = {{80, 108, 166912, 32, 1410000, 1512000, 41943040, 85'100'000'000, "NVIDIA A100-SXM4-80GB"},
                                 {90, 132, 232448, 32, 1980000, 3201000, 62914560, 150'754'820'096, "NVIDIA H200"}};
  for (const Row& r : rows) {
    if (r.capability != capability) continue;
    const std::string text = fmt::format(
        R"({{"maxGridSize":[2147483647,65535,65535],"maxBlockSize":[1024,1024,64],"regsPerBlock":65536,"multiProcessorCount":{},"warpSize":32,)"
        R"("maxSharedMemoryPerBlock":49152,"maxSharedMemoryPerBlockOptin":{},"reservedSharedMemoryPerBlock":1024,"maxRegistersPerSM":65536,)"
        R"("maxCtasPerSM":{},"maxThreadsPerBlock":1024,"maxThreadsPerSM":2048,"pciDeviceId":0,"isTccDriver":0,"supportCoopLaunch":1,)"
        R"("totalGlobalMem":{},"smClockRateKHz":{},"memClockRateKHz":{},"l2CacheSize":{},"cudaDeviceId":0,"deviceVer":{},"driverVer":13000,)"
        R"("deviceName":"{}"}})",
        r.processors, r.shared, r.cooperative_blocks, r.memory, r.clock, r.memory_clock, r.l2, 10 * r.capability, r.name);
    auto device = std::make_shared<fe::DeviceProperties>();
    if (const auto status = device->deserialize({text.begin(), text.end()}); status.is_bad())
      throw std::runtime_error("cuDNN does not take the device's description: " + status.err_msg);
    return device;
  }
  return nullptr;
}

// The first two lines of what cuDNN says: what it refuses and the innermost reason.
std::string in_short(std::string text) {
  text = text.substr(0, text.find('\n', std::min(text.find('\n'), text.size() - 1) + 1));
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

std::optional<CudnnTypes> cudnn_types(DType t) {
  switch (t) {
    case DType::float32: return CudnnTypes{fe::DataType_t::FLOAT, fe::DataType_t::FLOAT};
    case DType::float64: return CudnnTypes{fe::DataType_t::DOUBLE, fe::DataType_t::DOUBLE};
    case DType::bfloat16: return CudnnTypes{fe::DataType_t::BFLOAT16, fe::DataType_t::FLOAT};
    case DType::float16: return CudnnTypes{fe::DataType_t::HALF, fe::DataType_t::FLOAT};
    default: return std::nullopt;
  }
}

CudnnGraph::CudnnGraph(DType t, std::int64_t alignment) : type_(t), alignment_(alignment) {
  const CudnnTypes types = cudnn_types(t).value();
  set_io_data_type(types.element).set_intermediate_data_type(types.sum).set_compute_data_type(types.sum);
}

CudnnGraph::Tensor CudnnGraph::operand(std::int64_t id, const Dims& dims, const Dims& strides) {
  return tensor(fe::graph::Tensor_attributes().set_name(std::to_string(id)).set_uid(id).set_dim(dims).set_stride(strides).set_alignment(alignment_));
}

void CudnnGraph::result(const Tensor& tensor, std::int64_t id, const Dims& dims, const Dims& strides) {
  tensor->set_output(true).set_uid(id).set_dim(dims).set_stride(strides).set_alignment(alignment_).set_data_type(cudnn_types(type_)->element);
}

CudnnGraph::Answer CudnnGraph::plan(std::shared_ptr<CudnnGraph> graph, const Machine& machine, std::size_t most_workspace) try {
  cudnnHandle_t library = nullptr;
  if (machine.libraries != nullptr) {
    library = machine.libraries->cudnn();
  } else {
    const auto device = absent_device(machine.capability);
    if (device == nullptr) return no_device().reason;
    graph->set_device_properties(device);
  }
  const auto refused = [](const auto& status) { return "cuDNN: " + in_short(status.err_msg); };
  if (const auto status = graph->validate(); status.is_bad()) return refused(status);
  if (const auto status = graph->build_operation_graph(library); status.is_bad()) return refused(status);
  fe::EngineConfigList configs;
  if (const auto status =
          fe::detail::query_cudnn_heuristics_impl(graph->operation_graph, configs, {fe::HeurMode_t::A, fe::HeurMode_t::B, fe::HeurMode_t::FALLBACK}, 0, graph->device_properties);
      status.is_bad())
    return refused(status);
  std::string reason;
  for (const fe::ManagedOpaqueDescriptor& config : configs) {
    if (const std::string_view rule = broken_rule(config, graph->type_, machine, most_workspace); !rule.empty()) {
      if (reason.find(rule) == reason.npos) reason += (reason.empty() ? "" : ", ") + std::string(rule);
      continue;
    }
    std::shared_ptr<fe::ExecutionPlan> plan;
    if (fe::detail::create_cudnn_execution_plan(plan, config, graph->operation_graph->getTag(), nullptr).is_bad()) continue;
    if (plan->getWorkspaceSize() <= static_cast<std::int64_t>(most_workspace)) return std::make_shared<const CudnnPlan>(std::move(graph), std::move(plan));
  }
  return reason.empty() ? std::string("cuDNN has no engine for it") : "no engine of cuDNN's keeps to the rules: each " + reason;
} catch (const std::runtime_error& e) {
  return e.what();
}

namespace {

// A variant pack: the addresses that a plan runs on.
class Pack {
 public:
  Pack(std::span<const std::pair<std::int64_t, void*>> operands, void* workspace) {
    check(cudnnBackendCreateDescriptor(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, &pack_), "binding a plan");
    std::vector<std::int64_t> ids;
    std::vector<void*> addresses;
    for (const auto& [id, address] : operands) {
      ids.push_back(id);
      addresses.push_back(address);
    }
    try {
      set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, ids);
      set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, addresses);
      set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, std::vector<void*>{workspace});
      check(cudnnBackendFinalize(pack_), "binding a plan");
    } catch (...) {
      cudnnBackendDestroyDescriptor(pack_);
      throw;
    }
  }
  Pack(const Pack&) = delete;
  Pack& operator=(const Pack&) = delete;
  ~Pack() { cudnnBackendDestroyDescriptor(pack_); }
  cudnnBackendDescriptor_t get() const { return pack_; }

 private:
  template <class T>
  void set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, const std::vector<T>& values) {
    check(cudnnBackendSetAttribute(pack_, name, type, static_cast<std::int64_t>(values.size()), values.data()), "binding a plan");
  }
  cudnnBackendDescriptor_t pack_ = nullptr;
};

}  // namespace

Run CudnnPlan::bound(std::span<const std::pair<std::int64_t, void*>> operands, void* workspace, cudnnHandle_t library) const {
  return [pack = std::make_shared<const Pack>(operands, workspace), plan = plan_, graph = graph_, library] {
    check(cudnnBackendExecute(library, plan->get_raw_desc(), pack->get()), "starting a plan");
  };
}

Stage plan_stage(std::shared_ptr<const CudnnPlan> plan, std::function<CudnnGraph::Answer()> unaligned, std::vector<PlanOperand> operands, Place workspace,
                 const Machine& machine) {
  return [=](const Addresses& at) -> Run {
    if (machine.libraries == nullptr) throw std::runtime_error("there is no device: a plan of cuDNN's cannot be bound");
    std::vector<std::pair<std::int64_t, void*>> addresses;
    std::vector<Run> copies;
    bool aligned = true;
    for (const PlanOperand& o : operands) {
      const bool is_copied = o.bytes > 0 && !is_aligned(at[o.place], plan_alignment);
      if (is_copied) copies.push_back(bytes_stage(o.place, o.aligned, o.bytes, machine)(at));
      addresses.emplace_back(o.id, at[is_copied ? o.aligned : o.place]);
      aligned = aligned && is_aligned(addresses.back().second, plan_alignment);
    }
    auto chosen = aligned ? CudnnGraph::Answer(plan) : unaligned();
    if (auto* reason = std::get_if<std::string>(&chosen))
      throw std::runtime_error(fmt::format("cuDNN has a plan only for addresses that are multiples of {} bytes ({})", plan_alignment, *reason));
    const Run run = std::get<std::shared_ptr<const CudnnPlan>>(chosen)->bound(addresses, at[workspace], machine.libraries->cudnn());
    if (copies.empty()) return run;
    return [=] {
      for (const Run& copy : copies) copy();
      run();
    };
  };
}

}  // namespace strata::cuda
