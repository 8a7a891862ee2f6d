#include "backend/cuda/cudnn_graph.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <stdexcept>

#include <cudnn_frontend.h>
#include <fmt/format.h>

#include "backend/cuda/libraries.h"
#include "backend/cuda/status.h"

namespace strata::cuda {
namespace {

namespace fe = cudnn_frontend;
namespace nodes = fe::graph;

constexpr std::int64_t first_number = 1000;  // ids of numbers; those of operands are below

struct Types { fe::DataType_t element, sum; };
std::optional<Types> types_of(DType t) {
  switch (t) {
    case DType::float32: return Types{fe::DataType_t::FLOAT, fe::DataType_t::FLOAT};
    case DType::float64: return Types{fe::DataType_t::DOUBLE, fe::DataType_t::DOUBLE};
    case DType::bfloat16: return Types{fe::DataType_t::BFLOAT16, fe::DataType_t::FLOAT};
    case DType::float16: return Types{fe::DataType_t::HALF, fe::DataType_t::FLOAT};
    default: return std::nullopt;
  }
}

template <class T>
std::vector<T> notes_of(cudnnBackendDescriptor_t engine, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t most) {
  std::int64_t count = 0;
  std::vector<T> notes(static_cast<std::size_t>(most));
  check(cudnnBackendGetAttribute(engine, name, type, most, &count, notes.data()), "asking about an engine");
  notes.resize(static_cast<std::size_t>(std::min(count, most)));
  return notes;
}

std::size_t workspace_of(const fe::ManagedOpaqueDescriptor& config) {
  std::int64_t count = 0, bytes = 0;
  check(cudnnBackendGetAttribute(config->get_backend_descriptor(), CUDNN_ATTR_ENGINECFG_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &count, &bytes),
        "asking for an engine's workspace");
  return static_cast<std::size_t>(bytes);
}

// The rule that an engine breaks; "" where it keeps them all. (cudnn-frontend 1.18 filters by notes itself, but takes every engine
// with a note of any kind for one that uses tensor cores.)
std::string_view broken_rule(const fe::ManagedOpaqueDescriptor& config, DType type, const Machine& machine, std::size_t most_workspace) {
  std::int64_t count = 0;
  const fe::ManagedOpaqueDescriptor engine = fe::make_shared_backend_pointer(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  cudnnBackendDescriptor_t raw = engine->get_backend_descriptor();
  check(cudnnBackendGetAttribute(config->get_backend_descriptor(), CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &count, &raw),
        "asking for an engine");
  if (workspace_of(config) > most_workspace) return "needs too large a workspace";
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

using Numbers = std::vector<std::pair<std::int64_t, float>>;

// A variant pack: the addresses that a plan runs on.
class Pack {
 public:
  Pack(CudnnPlan::Addresses operands, const Numbers& numbers, void* workspace) {
    check(cudnnBackendCreateDescriptor(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, &pack_), "binding a plan");
    std::vector<std::int64_t> ids;
    std::vector<void*> addresses;
    for (const auto& [id, address] : operands) {
      ids.push_back(id);
      addresses.push_back(address);
    }
    for (const auto& [id, value] : numbers) {
      ids.push_back(id);
      addresses.push_back(const_cast<float*>(&value));
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

template <class A>
A with_windows(const CudnnGraph::Windows& w) {
  A a;
  a.set_pre_padding(w.low).set_post_padding(w.high).set_stride(w.strides).set_dilation(w.dilation);
  return a;
}

fe::PointwiseMode_t mode_of(CudnnGraph::Pointwise op) {
  using enum CudnnGraph::Pointwise;
  switch (op) {
    case add: return fe::PointwiseMode_t::ADD;
    case subtract: return fe::PointwiseMode_t::SUB;
    case multiply: return fe::PointwiseMode_t::MUL;
    case divide: return fe::PointwiseMode_t::DIV;
    case exp: return fe::PointwiseMode_t::EXP;
    case log: return fe::PointwiseMode_t::LOG;
    case relu: return fe::PointwiseMode_t::RELU_FWD;
    default: return fe::PointwiseMode_t::IDENTITY;
  }
}

}  // namespace

bool cudnn_computes(DType t) { return types_of(t).has_value(); }

struct CudnnGraph::Described : nodes::Graph {
  using nodes::Graph::device_properties, nodes::Graph::operation_graph;
  DType type = DType::float32;
  std::int64_t alignment = 0;
  Numbers numbers;  // read on the host whenever a plan is started
};

CudnnGraph::CudnnGraph(DType t, std::int64_t alignment) : described_(std::make_shared<Described>()) {
  described_->type = t;
  described_->alignment = alignment;
  const Types types = types_of(t).value();
  described_->set_io_data_type(types.element).set_intermediate_data_type(types.sum).set_compute_data_type(types.sum);
}

CudnnGraph::Tensor CudnnGraph::operand(std::int64_t id, const Strided& a) { return operand(id, a, described_->type); }
CudnnGraph::Tensor CudnnGraph::operand(std::int64_t id, const Strided& a, DType t) {
  return described_->tensor(nodes::Tensor_attributes()
                                .set_name(std::to_string(id))
                                .set_uid(id)
                                .set_dim(a.dims)
                                .set_stride(a.strides)
                                .set_alignment(described_->alignment)
                                .set_data_type(types_of(t)->element));
}
CudnnGraph::Tensor CudnnGraph::number(float value) {
  const std::int64_t id = first_number + static_cast<std::int64_t>(described_->numbers.size());
  described_->numbers.emplace_back(id, value);
  return described_->tensor(nodes::Tensor_attributes(value).set_uid(id));
}
void CudnnGraph::result(const Tensor& tensor, std::int64_t id, const Strided& a) { result(tensor, id, a, described_->type); }
void CudnnGraph::result(const Tensor& tensor, std::int64_t id, const Strided& a, DType t) {
  shaped(tensor, a)->set_output(true).set_uid(id).set_alignment(described_->alignment).set_data_type(types_of(t)->element);
}
CudnnGraph::Tensor CudnnGraph::shaped(const Tensor& tensor, const Strided& a) {
  tensor->set_dim(a.dims).set_stride(a.strides);
  return tensor;
}
CudnnGraph::Tensor CudnnGraph::rounded(const Tensor& tensor) {
  tensor->set_data_type(types_of(described_->type)->element);
  return tensor;
}

CudnnGraph::Tensor CudnnGraph::pointwise(Pointwise op, const Tensor& x, const Tensor& y) {
  const auto attributes = nodes::Pointwise_attributes().set_mode(mode_of(op));
  return y == nullptr ? described_->pointwise(x, attributes) : described_->pointwise(x, y, attributes);
}
CudnnGraph::Tensor CudnnGraph::lower_triangle(const Tensor& x, const Strided& a, float above) {
  const auto axis = static_cast<std::int64_t>(a.dims.size());
  const auto index = [&](std::int64_t of) {
    const Tensor i = described_->pointwise(x, nodes::Pointwise_attributes().set_mode(fe::PointwiseMode_t::GEN_INDEX).set_axis(of));
    i->set_data_type(fe::DataType_t::INT32);
    return i;
  };
  const Tensor row = index(axis - 2), column = index(axis - 1);
  const Tensor below = described_->pointwise(row, column,
                                             nodes::Pointwise_attributes().set_mode(fe::PointwiseMode_t::CMP_GE).set_compute_data_type(fe::DataType_t::BOOLEAN));
  below->set_data_type(fe::DataType_t::BOOLEAN);
  return described_->pointwise(x, number(above), below, nodes::Pointwise_attributes().set_mode(fe::PointwiseMode_t::BINARY_SELECT));
}
CudnnGraph::Tensor CudnnGraph::reduction(Reduction op, const Tensor& x, const Strided& to) {
  return shaped(described_->reduction(x, nodes::Reduction_attributes().set_mode(op == Reduction::sum ? fe::ReductionMode_t::ADD : fe::ReductionMode_t::MAX)), to);
}
CudnnGraph::Tensor CudnnGraph::matmul(const Tensor& a, const Tensor& b) { return described_->matmul(a, b, nodes::Matmul_attributes()); }
CudnnGraph::Tensor CudnnGraph::reshape(const Tensor& x, const Strided& to) { return shaped(described_->reshape(x, nodes::Reshape_attributes()), to); }

CudnnGraph::Tensor CudnnGraph::convolution(const Tensor& x, const Tensor& kernel, const Windows& w) {
  return described_->conv_fprop(x, kernel, with_windows<nodes::Conv_fprop_attributes>(w));
}
CudnnGraph::Tensor CudnnGraph::convolution_input_gradient(const Tensor& dy, const Tensor& kernel, const Windows& w) {
  return described_->conv_dgrad(dy, kernel, with_windows<nodes::Conv_dgrad_attributes>(w));
}
CudnnGraph::Tensor CudnnGraph::convolution_kernel_gradient(const Tensor& dy, const Tensor& x, const Windows& w) {
  return described_->conv_wgrad(dy, x, with_windows<nodes::Conv_wgrad_attributes>(w));
}

CudnnGraph::Norm CudnnGraph::batch_norm(const Tensor& x, const Tensor& gamma, const Tensor& beta, float epsilon) {
  Tensor e = number(epsilon);
  const auto [y, mean, inverse, next_mean, next_variance] = described_->batchnorm(x, gamma, beta, nodes::Batchnorm_attributes().set_epsilon(e));
  return {y, mean, inverse};
}
CudnnGraph::NormGradient CudnnGraph::batch_norm_gradient(const Tensor& dy, const Tensor& x, const Tensor& gamma, const Tensor& mean, const Tensor& inverse) {
  const auto [dx, dgamma, dbeta] =
      described_->batchnorm_backward(dy, x, gamma, nodes::Batchnorm_backward_attributes().set_saved_mean_and_inv_variance(mean, inverse));
  return {dx, dgamma, dbeta};
}

CudnnGraph::Answer CudnnGraph::plan(const Machine& machine, std::size_t most_workspace, Made made) try {
  Described& graph = *described_;
  cudnnHandle_t library = nullptr;
  if (machine.libraries != nullptr) {
    library = machine.libraries->cudnn();
  } else {
    const auto device = absent_device(machine.capability);
    if (device == nullptr) return no_device().reason;
    graph.set_device_properties(device);
  }
  const auto refused = [](const auto& status) { return "cuDNN: " + in_short(status.err_msg); };
  if (const auto status = graph.validate(); status.is_bad()) return refused(status);
  if (const auto status = graph.build_operation_graph(library); status.is_bad()) return refused(status);
  fe::EngineConfigList configs;
  if (const auto status =
          fe::detail::query_cudnn_heuristics_impl(graph.operation_graph, configs, {fe::HeurMode_t::A, fe::HeurMode_t::B, fe::HeurMode_t::FALLBACK}, 0, graph.device_properties);
      status.is_bad())
    return refused(status);
  std::string reason;
  for (const fe::ManagedOpaqueDescriptor& config : configs) {
    if (const std::string_view rule = broken_rule(config, graph.type, machine, most_workspace); !rule.empty()) {
      if (reason.find(rule) == reason.npos) reason += (reason.empty() ? "" : ", ") + std::string(rule);
      continue;
    }
    const auto finalized = [tag = graph.operation_graph->getTag(), config](std::size_t most) {
      std::shared_ptr<fe::ExecutionPlan> plan;
      const bool is_good = fe::detail::create_cudnn_execution_plan(plan, config, tag, nullptr).is_good();
      return is_good && plan->getWorkspaceSize() <= static_cast<std::int64_t>(most) ? plan : nullptr;
    };
    struct Shared {  // by all that run it
      std::mutex mutex;
      std::shared_ptr<fe::ExecutionPlan> plan;
    };
    const auto shared = std::make_shared<Shared>();
    std::size_t bytes = workspace_of(config);
    if (made == Made::now) {
      shared->plan = finalized(most_workspace);
      if (shared->plan == nullptr) continue;
      bytes = static_cast<std::size_t>(shared->plan->getWorkspaceSize());
    }
    return std::make_shared<const CudnnPlan>(
        CudnnPlan{bytes, [=, described = described_](CudnnPlan::Addresses addresses, void* workspace, const Machine& on) -> std::function<void()> {
                    const std::lock_guard lock(shared->mutex);
                    if (shared->plan == nullptr) shared->plan = finalized(bytes);
                    if (shared->plan == nullptr) throw std::runtime_error("cuDNN's engine does not compile the kernel that it said it has");
                    if (on.libraries == nullptr) throw std::runtime_error("there is no device: a plan of cuDNN's cannot be bound");
                    return [plan = shared->plan, described, pack = std::make_shared<const Pack>(addresses, described->numbers, workspace), library = on.libraries->cudnn()] {
                      check(cudnnBackendExecute(library, plan->get_raw_desc(), pack->get()), "starting a plan");
                    };
                  }});
  }
  return reason.empty() ? std::string("cuDNN has no engine for it") : "no engine of cuDNN's keeps to the rules: each " + reason;
} catch (const std::runtime_error& e) {
  return e.what();
}

}  // namespace strata::cuda
