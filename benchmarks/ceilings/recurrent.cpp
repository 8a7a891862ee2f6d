// LSTM(128) over 64 sequences of 100 steps of 128 features, as the row `lstm` trains it, by each algorithm of cuDNN's.
#include <memory>
#include <stdexcept>
#include <vector>

#include "benchmarks/ceilings/ceilings.h"
#include "benchmarks/ceilings/device.h"

namespace strata::ceilings {
namespace {

constexpr int steps = 100, batch = 64, features = 128, units = 128;

struct Way {
  const char* name;
  cudaDataType_t element;
  cudnnDataType_t type;
  cudnnMathType_t math;
};
constexpr Way ways[] = {{"float32", CUDA_R_32F, CUDNN_DATA_FLOAT, CUDNN_FMA_MATH}, {"tf32", CUDA_R_32F, CUDNN_DATA_FLOAT, CUDNN_DEFAULT_MATH},
                        {"float16", CUDA_R_16F, CUDNN_DATA_HALF, CUDNN_TENSOR_OP_MATH}};  // cuDNN's recurrent layers take no bfloat16
struct Algorithm {
  const char* name;
  cudnnRNNAlgo_t algorithm;
};
constexpr Algorithm algorithms[] = {{"STANDARD", CUDNN_RNN_ALGO_STANDARD}, {"PERSIST_STATIC", CUDNN_RNN_ALGO_PERSIST_STATIC},
                                    {"PERSIST_STATIC_SMALL_H", CUDNN_RNN_ALGO_PERSIST_STATIC_SMALL_H}};

// Its descriptors live as long as the program.
class Layer {
 public:
  Layer(const Way& way, cudnnRNNAlgo_t algorithm) : element_(way.element) {
    check(cudnnCreate(&library_), "opening cuDNN");
    check(cudnnSetStream(library_, stream()), "giving cuDNN its stream");
    cudnnDropoutDescriptor_t dropout = nullptr;
    check(cudnnCreateDropoutDescriptor(&dropout), "describing an lstm");
    check(cudnnSetDropoutDescriptor(dropout, library_, 0.0f, nullptr, 0, 0), "describing an lstm");
    check(cudnnCreateRNNDescriptor(&rnn_), "describing an lstm");
    check(cudnnSetRNNDescriptor_v8(rnn_, algorithm, CUDNN_LSTM, CUDNN_RNN_SINGLE_INP_BIAS, CUDNN_UNIDIRECTIONAL, CUDNN_LINEAR_INPUT, way.type,
                                   CUDNN_DATA_FLOAT, way.math, features, units, units, 1, dropout, CUDNN_RNN_PADDED_IO_DISABLED),
          "describing an lstm");
    const std::vector<int> lengths(batch, steps);
    for (const auto& [sequence, width] : {std::pair{&x_, features}, std::pair{&y_, units}}) {
      check(cudnnCreateRNNDataDescriptor(sequence), "describing sequences");
      check(cudnnSetRNNDataDescriptor(*sequence, way.type, CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED, steps, batch, width, lengths.data(), nullptr),
            "describing sequences");
    }
    const int dims[] = {1, batch, units}, strides[] = {batch * units, units, 1};
    check(cudnnCreateTensorDescriptor(&state_), "describing a state");
    check(cudnnSetTensorNdDescriptor(state_, way.type, 3, dims, strides), "describing a state");
    check(cudnnGetRNNWeightSpaceSize(library_, rnn_, &weights_), "asking for an lstm's weights");
    check(cudnnGetRNNTempSpaceSizes(library_, rnn_, CUDNN_FWD_MODE_TRAINING, x_, &workspace_, &reserve_), "asking for an lstm's workspace");
  }

  Json us() const {
    const auto filled = [&](std::size_t bytes) {
      auto memory = std::make_unique<Memory>(bytes);
      fill(*memory, element_, 1);
      return memory;
    };
    const std::size_t size = element_ == CUDA_R_16F ? 2 : 4;
    const std::size_t of_x = size * steps * batch * features, of_y = size * steps * batch * units, of_state = size * batch * units;
    const auto x = filled(of_x), d_x = filled(of_x), y = filled(of_y), d_y = filled(of_y), h = filled(of_state), c = filled(of_state), weights = filled(weights_),
               d_weights = filled(weights_), workspace = filled(workspace_), reserve = filled(reserve_);
    const auto forward = [&] {
      check(cudnnRNNForward(library_, rnn_, CUDNN_FWD_MODE_TRAINING, nullptr, x_, x->data(), y_, y->data(), state_, nullptr, h->data(), state_, nullptr,
                            c->data(), weights_, weights->data(), workspace_, workspace->data(), reserve_, reserve->data()),
            "starting an lstm");
    };
    const auto backward = [&] {
      check(cudnnRNNBackwardData_v8(library_, rnn_, nullptr, y_, y->data(), d_y->data(), x_, d_x->data(), state_, nullptr, nullptr, h->data(), state_, nullptr,
                                    nullptr, c->data(), weights_, weights->data(), workspace_, workspace->data(), reserve_, reserve->data()),
            "starting an lstm's gradient");
      check(cudnnRNNBackwardWeights_v8(library_, rnn_, CUDNN_WGRAD_MODE_ADD, nullptr, x_, x->data(), state_, nullptr, y_, y->data(), weights_,
                                       d_weights->data(), workspace_, workspace->data(), reserve_, reserve->data()),
            "starting an lstm's weight gradient");
    };
    const double of_forward = least_us(forward);
    return {{"forward", of_forward}, {"forward and backward", least_us([&] { forward(), backward(); })}};
  }

 private:
  cudaDataType_t element_;
  cudnnHandle_t library_ = nullptr;
  cudnnRNNDescriptor_t rnn_ = nullptr;
  cudnnRNNDataDescriptor_t x_ = nullptr, y_ = nullptr;
  cudnnTensorDescriptor_t state_ = nullptr;
  std::size_t weights_ = 0, workspace_ = 0, reserve_ = 0;
};

}  // namespace

Json recurrent_us() {
  Json all;
  for (const Way& way : ways)
    for (const Algorithm& a : algorithms) try {
        all[way.name][a.name] = Layer(way, a.algorithm).us();
      } catch (const std::runtime_error& declined) {
        all[way.name][a.name] = declined.what();
      }
  return all;
}

}  // namespace strata::ceilings
