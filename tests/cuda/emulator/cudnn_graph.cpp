// cuDNN's graph API: descriptors, one engine for a graph of known operations, and plans that run it.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/cuda/emulator/cudnn_handle.h"
#include "tests/cuda/emulator/cudnn_program.h"

namespace strata::emulator {
namespace {

struct Handle { std::shared_ptr<Descriptor> descriptor; };
Descriptor& of(cudnnBackendDescriptor_t raw) { return *static_cast<Handle*>(raw)->descriptor; }

std::size_t size_of(cudnnBackendAttributeType_t type) {
  switch (type) {
    case CUDNN_TYPE_INT64: case CUDNN_TYPE_DOUBLE: case CUDNN_TYPE_VOID_PTR: case CUDNN_TYPE_HANDLE: case CUDNN_TYPE_BACKEND_DESCRIPTOR: return 8;
    case CUDNN_TYPE_BOOLEAN: case CUDNN_TYPE_CHAR: return 1;
    case CUDNN_TYPE_FRACTION: return 16;
    default: return 4;
  }
}

const Operations& operations_of(const Descriptor& plan) {
  return plan.part(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG).part(CUDNN_ATTR_ENGINECFG_ENGINE).part(CUDNN_ATTR_ENGINE_OPERATION_GRAPH).parts.at(CUDNN_ATTR_OPERATIONGRAPH_OPS);
}

std::string last_error;
cudnnStatus_t refused(std::string why) {
  last_error = "the host that stands for a device " + std::move(why);
  return CUDNN_STATUS_NOT_SUPPORTED;
}

// The one engine configuration of a graph.
void make_config(Descriptor& config, std::shared_ptr<const Descriptor> graph) {
  const auto engine = std::make_shared<Descriptor>(Descriptor{CUDNN_BACKEND_ENGINE_DESCRIPTOR, {}, {}});
  engine->parts[CUDNN_ATTR_ENGINE_OPERATION_GRAPH] = {std::move(graph)};
  config.parts[CUDNN_ATTR_ENGINECFG_ENGINE] = {engine};
}

}  // namespace
}  // namespace strata::emulator

using namespace strata::emulator;

extern "C" {

std::size_t cudnnGetVersion() { return CUDNN_VERSION; }
std::size_t cudnnGetCudartVersion() { return CUDART_VERSION; }
const char* cudnnGetErrorString(cudnnStatus_t status) { return status == CUDNN_STATUS_NOT_SUPPORTED ? "not supported" : "error"; }
void cudnnGetLastErrorString(char* message, std::size_t most) {
  std::strncpy(message, last_error.c_str(), most - 1);
  message[most - 1] = 0;
}
cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) { return *handle = new cudnnContext, CUDNN_STATUS_SUCCESS; }
cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) { return delete handle, CUDNN_STATUS_SUCCESS; }
cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream) { return handle->stream = stream, CUDNN_STATUS_SUCCESS; }
cudnnStatus_t cudnnGetStream(cudnnHandle_t handle, cudaStream_t* stream) { return *stream = handle->stream, CUDNN_STATUS_SUCCESS; }

cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t* raw) {
  *raw = new Handle{std::make_shared<Descriptor>(Descriptor{type, {}, {}})};
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t raw) { return delete static_cast<Handle*>(raw), CUDNN_STATUS_SUCCESS; }

cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t raw, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t count, const void* values) {
  Descriptor& d = of(raw);
  if (type == CUDNN_TYPE_BACKEND_DESCRIPTOR) {
    auto& parts = d.parts[name];
    parts.clear();
    for (std::int64_t i = 0; i < count; ++i) parts.push_back(std::make_shared<Descriptor>(of(static_cast<const cudnnBackendDescriptor_t*>(values)[i])));
  } else {
    const char* const begin = static_cast<const char*>(values);
    d.values[name] = {std::vector<char>(begin, begin + static_cast<std::size_t>(count) * size_of(type)), count};
  }
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t raw) {
  const Descriptor& d = of(raw);
  if (d.type == CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR)
    for (const auto& op : d.parts.at(CUDNN_ATTR_OPERATIONGRAPH_OPS))
      if (!knows(*op)) return refused("does not have operation " + std::to_string(op->type));
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendGetAttribute(const cudnnBackendDescriptor_t raw, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t most,
                                       std::int64_t* count, void* values) {
  const Descriptor& d = of(raw);
  const auto say = [&](std::int64_t n) {
    if (count != nullptr) *count = n;
    return CUDNN_STATUS_SUCCESS;
  };
  const auto number = [&](std::int64_t n) {
    if (values != nullptr && most > 0) std::memcpy(values, &n, size_of(type));
    return say(1);
  };
  switch (name) {
    case CUDNN_ATTR_ENGINEHEUR_RESULTS:
      if (most > 0) make_config(of(static_cast<cudnnBackendDescriptor_t*>(values)[0]), d.parts.at(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH).at(0));
      return say(1);
    case CUDNN_ATTR_ENGINECFG_WORKSPACE_SIZE: case CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE: return number(workspace_bytes);
    case CUDNN_ATTR_ENGINE_GLOBAL_INDEX: return number(0);
    case CUDNN_ATTR_ENGINE_NUMERICAL_NOTE: case CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE: case CUDNN_ATTR_ENGINECFG_KNOB_CHOICES: return say(0);
    default: break;
  }
  if (const auto parts = d.parts.find(name); parts != d.parts.end()) {  // into descriptors of the caller's
    for (std::int64_t i = 0; i < std::min<std::int64_t>(most, static_cast<std::int64_t>(parts->second.size())); ++i)
      of(static_cast<cudnnBackendDescriptor_t*>(values)[i]) = *parts->second[static_cast<std::size_t>(i)];
    return say(static_cast<std::int64_t>(parts->second.size()));
  }
  if (const auto value = d.values.find(name); value != d.values.end()) {
    if (values != nullptr) std::memcpy(values, value->second.bytes.data(), std::min(value->second.bytes.size(), static_cast<std::size_t>(most) * size_of(type)));
    return say(value->second.count);
  }
  return refused("was not told attribute " + std::to_string(name));
}

cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan, cudnnBackendDescriptor_t pack) {
  const Descriptor& given = of(pack);
  const auto ids = given.list<std::int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
  const auto addresses = given.list<void*>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS);
  void* const workspace = given.value<void*>(CUDNN_ATTR_VARIANT_PACK_WORKSPACE);
  std::map<std::int64_t, void*> memory;
  for (std::size_t i = 0; i < ids.size(); ++i) memory[ids[i]] = addresses[i];
  return start(handle, workspace, [operations = operations_of(of(plan)), memory] { run(operations, memory); });
}

}  // extern "C"
