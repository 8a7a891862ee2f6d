// An lstm over (T, N, I) by cuDNN's recurrent layers. Its weights lie in one space in an order of their own (lstm_weights.h): from
// Keras' matrices once while they are steady, else in each call. The hidden values are the library's reserve space, which its
// gradient reads, so the two are a pair.
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>

#include "backend/cuda/libraries.h"
#include "backend/cuda/lstm_weights.h"
#include "backend/cuda/staged.h"

namespace strata::cuda {
namespace {

// A descriptor of cuDNN's, its maker and its end.
template <class T, cudnnStatus_t (*create)(T*), cudnnStatus_t (*destroy)(T)>
class Descriptor {
 public:
  Descriptor() { check(create(&raw_), "describing an lstm"); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { destroy(raw_); }
  operator T() const { return raw_; }

 private:
  T raw_ = nullptr;
};
using RnnDescriptor = Descriptor<cudnnRNNDescriptor_t, cudnnCreateRNNDescriptor, cudnnDestroyRNNDescriptor>;
using SequenceDescriptor = Descriptor<cudnnRNNDataDescriptor_t, cudnnCreateRNNDataDescriptor, cudnnDestroyRNNDataDescriptor>;
using TensorDescriptor = Descriptor<cudnnTensorDescriptor_t, cudnnCreateTensorDescriptor, cudnnDestroyTensorDescriptor>;
using DropoutDescriptor = Descriptor<cudnnDropoutDescriptor_t, cudnnCreateDropoutDescriptor, cudnnDestroyDropoutDescriptor>;

struct Lstm {
  DType type;
  int steps, batch, features, units;
};

std::optional<cudnnDataType_t> data_type(DType t) {
  switch (t) {
    case DType::float32: return CUDNN_DATA_FLOAT;
    case DType::float64: return CUDNN_DATA_DOUBLE;
    case DType::float16: return CUDNN_DATA_HALF;
    default: return std::nullopt;
  }
}

std::variant<Lstm, Declined> lstm_of(const Region& region, const Machine& machine) {
  if (!OwnOrder::fits(region)) return not_alone();
  const RegionOp& op = region.ops[0];
  const ArrayType &x = region.type(op.inputs[0]), &h = region.type(op.inputs[1]);
  if (op.attributes->flag("has_mask")) return Declined{"cuDNN takes no mask"};
  if (!data_type(x.dtype)) return Declined{fmt::format("cuDNN's lstm does not compute in {}", text_of(x.dtype))};
  if (x.elements() == 0 || h.elements() == 0) return Declined{"it has no elements"};
  constexpr std::int64_t most = std::int64_t{1} << 31;
  if (x.elements() >= most || x.dim(0) * x.dim(1) * h.dim(1) * 4 >= most) return Declined{"it has more elements than 31 bits count"};
  if (machine.libraries == nullptr) return no_device();
  return Lstm{x.dtype, static_cast<int>(x.dim(0)), static_cast<int>(x.dim(1)), static_cast<int>(x.dim(2)), static_cast<int>(h.dim(1))};
}

// cuDNN's products come from cuBLAS, which gives the same bits each time only with workspaces of one size (libraries.cpp asks for
// that where the user does not say otherwise).
bool gives_equal_bits() {
  const char* const set = std::getenv("CUBLAS_WORKSPACE_CONFIG");
  return set != nullptr && (std::string_view(set) == ":4096:2" || std::string_view(set) == ":16:8");
}

// What cuDNN knows of one.
class Layer {
 public:
  Layer(const Lstm& l, const Machine& machine) : library_(machine.libraries->cudnn()), lstm_(l) {
    const cudnnDataType_t type = *data_type(l.type), sum = l.type == DType::float64 ? CUDNN_DATA_DOUBLE : CUDNN_DATA_FLOAT;
    const cudnnMathType_t math = l.type == DType::float16 ? CUDNN_TENSOR_OP_MATH : machine.tensor_float32 ? CUDNN_DEFAULT_MATH : CUDNN_FMA_MATH;
    check(cudnnSetDropoutDescriptor(dropout_, library_, 0.0f, nullptr, 0, 0), "describing an lstm");
    check(cudnnSetRNNDescriptor_v8(rnn_, CUDNN_RNN_ALGO_STANDARD, CUDNN_LSTM, CUDNN_RNN_SINGLE_INP_BIAS, CUDNN_UNIDIRECTIONAL, CUDNN_LINEAR_INPUT, type, sum,
                                   math, l.features, l.units, l.units, 1, dropout_, CUDNN_RNN_PADDED_IO_DISABLED),
          "describing an lstm");
    const std::vector<int> lengths(static_cast<std::size_t>(l.batch), l.steps);
    for (const auto& [sequence, width] : {std::pair<cudnnRNNDataDescriptor_t, int>{x_, l.features}, {y_, l.units}})
      check(cudnnSetRNNDataDescriptor(sequence, type, CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED, l.steps, l.batch, width, lengths.data(), nullptr),
            "describing an lstm's sequences");
    const int dims[] = {1, l.batch, l.units}, strides[] = {l.batch * l.units, l.units, 1};
    check(cudnnSetTensorNdDescriptor(state_, type, 3, dims, strides), "describing an lstm's state");
    check(cudnnGetRNNWeightSpaceSize(library_, rnn_, &weight_bytes_), "asking for an lstm's weights");
    check(cudnnGetRNNTempSpaceSizes(library_, rnn_, CUDNN_FWD_MODE_TRAINING, x_, &workspace_bytes_, &reserve_bytes_), "asking for an lstm's workspace");
  }

  // Where its weights lie.
  std::optional<LstmWeights> weights() const {
    const TensorDescriptor matrix, bias;
    std::array<std::int64_t, 8> matrices{};
    std::array<std::int64_t, 4> biases{};
    char* const base = reinterpret_cast<char*>(std::uintptr_t{1} << 20);  // an address that is never read
    const auto element = static_cast<std::int64_t>(size_of(lstm_.type));
    for (std::size_t i = 0; i < 8; ++i) {
      void *matrix_at = nullptr, *bias_at = nullptr;
      check(cudnnGetRNNWeightParams(library_, rnn_, 0, weight_bytes_, base, static_cast<int>(i), matrix, &matrix_at, bias, &bias_at), "asking for an lstm's weights");
      if (matrix_at == nullptr || (i < 4 && bias_at == nullptr)) return std::nullopt;
      matrices[i] = (static_cast<char*>(matrix_at) - base) / element;
      if (i < 4) biases[i] = (static_cast<char*>(bias_at) - base) / element;
    }
    return LstmWeights::at(lstm_.features, lstm_.units, matrices, biases);
  }

  std::size_t weight_bytes() const { return weight_bytes_; }
  std::size_t workspace_bytes() const { return workspace_bytes_; }
  std::size_t reserve_bytes() const { return reserve_bytes_; }

  struct Forward { const void *x, *h0, *c0, *weights; void *sequence, *h, *c, *reserve, *workspace; };
  void run(const Forward& f) const {
    check(cudnnRNNForward(library_, rnn_, CUDNN_FWD_MODE_TRAINING, nullptr, x_, f.x, y_, f.sequence, state_, f.h0, f.h, state_, f.c0, f.c, weight_bytes_,
                          f.weights, workspace_bytes_, f.workspace, reserve_bytes_, f.reserve),
          "starting an lstm");
  }
  struct Backward {
    const void *x, *h0, *c0, *weights, *sequence, *d_sequence, *d_h, *d_c;
    void *d_x, *d_h0, *d_c0, *d_weights, *reserve, *workspace;
  };
  // The gradients of weights are added to what is there; they need what the first call leaves in the reserve space.
  void run(const Backward& b) const {
    check(cudnnRNNBackwardData_v8(library_, rnn_, nullptr, y_, b.sequence, b.d_sequence, x_, b.d_x, state_, b.h0, b.d_h, b.d_h0, state_, b.c0, b.d_c, b.d_c0,
                                  weight_bytes_, b.weights, workspace_bytes_, b.workspace, reserve_bytes_, b.reserve),
          "starting an lstm's gradient");
    check(cudnnRNNBackwardWeights_v8(library_, rnn_, CUDNN_WGRAD_MODE_ADD, nullptr, x_, b.x, state_, b.h0, y_, b.sequence, weight_bytes_, b.d_weights,
                                     workspace_bytes_, b.workspace, reserve_bytes_, b.reserve),
          "starting an lstm's weight gradient");
  }

 private:
  cudnnHandle_t library_;
  Lstm lstm_;
  DropoutDescriptor dropout_;
  RnnDescriptor rnn_;
  SequenceDescriptor x_, y_;
  TensorDescriptor state_;
  std::size_t weight_bytes_ = 0, workspace_bytes_ = 0, reserve_bytes_ = 0;
};

// What both directions begin with: the layer, and stages that put its weights in their place.
struct Begun {
  std::shared_ptr<const Layer> layer;
  LstmWeights weights;
  std::size_t element = 4;
  std::shared_ptr<StagedKernel> kernel = std::make_shared<StagedKernel>();
  Layout scratch{Place::scratch}, kept{Place::kept};
  Place space{};
  std::vector<int> steady = {};
};
std::variant<Begun, Declined> begin(const Region& region, const Machine& machine) try {
  auto found = lstm_of(region, machine);
  if (auto* declined = std::get_if<Declined>(&found)) return *declined;
  const Lstm& l = std::get<Lstm>(found);
  Begun b{.layer = std::make_shared<const Layer>(l, machine), .weights = {}, .element = size_of(l.type)};
  if (machine.reproducible && !gives_equal_bits())
    return Declined{"it gives the same bits each time only where CUBLAS_WORKSPACE_CONFIG is :4096:2 or :16:8"};
  const auto weights = b.layer->weights();
  if (!weights) return Declined{"cuDNN's weights do not lie one gate behind the other"};
  b.weights = *weights;
  const RegionOp& op = region.ops[0];
  const int inputs[] = {op.inputs[3].index, op.inputs[4].index, op.inputs[5].index};
  const bool steady = is_steady(region, inputs[0]) && is_steady(region, inputs[1]) && is_steady(region, inputs[2]);
  b.space = (steady ? b.kept : b.scratch).take(b.layer->weight_bytes());
  if (steady) b.steady.assign(std::begin(inputs), std::end(inputs));
  auto& stages = steady ? b.kernel->renewals : b.kernel->stages;
  stages.push_back(copy_stage(b.weights.input_box(), b.element, {Place::input, inputs[0]}, b.space, machine));
  stages.push_back(copy_stage(b.weights.recurrent_box(), b.element, {Place::input, inputs[1]}, b.space, machine));
  stages.push_back(copy_stage(b.weights.bias_box(), b.element, {Place::input, inputs[2]}, b.space, machine));
  return b;
} catch (const std::runtime_error& e) {  // what cuDNN does not take it says in these calls
  return Declined{e.what()};
}

Candidate candidate(std::string name, Begun b) {
  return {.name = std::move(name), .scratch_bytes = b.scratch.bytes(), .kept_bytes = b.kept.bytes(), .kept_inputs = b.steady,
          .hidden_bytes = {}, .pair = "cudnn", .prepare = [kernel = std::shared_ptr<const StagedKernel>(b.kernel)] { return kernel; }};
}

}  // namespace

Answer lstm_cudnn(const Region& region, const Machine& machine) {
  auto begun = begin(region, machine);
  if (auto* declined = std::get_if<Declined>(&begun)) return *declined;
  Begun& b = std::get<Begun>(begun);
  const std::vector<Place> in = inputs_of(region), out = outputs_of(region);
  const Place workspace = b.scratch.take(b.layer->workspace_bytes());
  // The first hidden output is the reserve space, the second nothing.
  b.kernel->stages.push_back([=, layer = b.layer, space = b.space](const Addresses& at) -> Run {
    const Layer::Forward f{at[in[0]], at[in[1]], at[in[2]], at[space], at[out[0]], at[out[1]], at[out[2]], at[out[3]], at[workspace]};
    return [=] { layer->run(f); };
  });
  const std::size_t reserve = b.layer->reserve_bytes();
  Candidate c = candidate("cudnn lstm", std::move(b));
  c.hidden_bytes = {reserve, 0};
  return c;
}

// Inputs: those of lstm, h of every step, the two hidden values, the cotangents of h of every step, the last h, the last c.
Answer lstm_gradient_cudnn(const Region& region, const Machine& machine) {
  auto begun = begin(region, machine);
  if (auto* declined = std::get_if<Declined>(&begun)) return *declined;
  Begun& b = std::get<Begun>(begun);
  const std::vector<Place> in = inputs_of(region), out = outputs_of(region);
  const Place workspace = b.scratch.take(b.layer->workspace_bytes()), d_weights = b.scratch.take(b.layer->weight_bytes());
  // The library writes to its reserve space on the way back, and an op writes to no input.
  const Place reserve = b.scratch.take(b.layer->reserve_bytes());
  b.kernel->stages.push_back(bytes_stage(in[7], reserve, b.layer->reserve_bytes(), machine));
  b.kernel->stages.push_back(clear_stage(d_weights, b.layer->weight_bytes(), machine));
  b.kernel->stages.push_back([=, layer = b.layer, space = b.space](const Addresses& at) -> Run {
    const Layer::Backward g{at[in[0]], at[in[1]],  at[in[2]],  at[space],  at[in[6]],     at[in[9]],   at[in[10]],
                            at[in[11]], at[out[0]], at[out[1]], at[out[2]], at[d_weights], at[reserve], at[workspace]};
    return [=] { layer->run(g); };
  });
  b.kernel->stages.push_back(copy_stage(turned(b.weights.input_box()), b.element, d_weights, out[3], machine));
  b.kernel->stages.push_back(copy_stage(turned(b.weights.recurrent_box()), b.element, d_weights, out[4], machine));
  b.kernel->stages.push_back(copy_stage(turned(b.weights.bias_box()), b.element, d_weights, out[5], machine));
  return candidate("cudnn lstm gradient", std::move(b));
}

}  // namespace strata::cuda
