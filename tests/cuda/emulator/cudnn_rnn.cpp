// cuDNN's recurrent layers, as far as an lstm of one layer in one direction goes:
//   i, f, o = sigmoid, g = tanh of W x + R h + b;  c = f c + i g;  h = o tanh(c).
#include <cmath>
#include <vector>

#include <cudnn.h>

#include "tests/cuda/emulator/cudnn_handle.h"
#include "tests/cuda/emulator/elements.h"

using strata::emulator::Element;

struct cudnnRNNStruct {
  Element element;
  std::int64_t features, units;
};
struct cudnnRNNDataStruct {
  std::int64_t steps, batch;
};
struct cudnnTensorStruct {};
struct cudnnDropoutStruct {};

namespace strata::emulator {
namespace {

constexpr int gates = 4;  // i, f, g, o

// A layer's weights: the matrices of the input, those of the state, biases; in elements.
struct Lstm {
  Element element;
  std::int64_t features, units, steps, batch;

  std::int64_t input(std::int64_t gate, std::int64_t unit, std::int64_t k) const { return (gate * units + unit) * features + k; }
  std::int64_t recurrent(std::int64_t gate, std::int64_t unit, std::int64_t k) const { return gates * units * features + (gate * units + unit) * units + k; }
  std::int64_t bias(std::int64_t gate, std::int64_t unit) const { return gates * units * (features + units) + gate * units + unit; }
  std::int64_t weights() const { return bias(gates, 0); }
  // In the reserve space, as doubles: what the gates gave, then c, of every step; on the way back the gates' gradients.
  std::int64_t gate(std::int64_t g, std::int64_t t, std::int64_t n, std::int64_t unit) const { return ((t * gates + g) * batch + n) * units + unit; }
  std::int64_t cell(std::int64_t t, std::int64_t n, std::int64_t unit) const { return gates * steps * batch * units + (t * batch + n) * units + unit; }
  std::int64_t reserve() const { return cell(steps, 0, 0); }
  std::int64_t state(std::int64_t n, std::int64_t unit) const { return n * units + unit; }
  std::int64_t output(std::int64_t t, std::int64_t n, std::int64_t unit) const { return (t * batch + n) * units + unit; }
  std::int64_t x(std::int64_t t, std::int64_t n, std::int64_t k) const { return (t * batch + n) * features + k; }

  double get(const void* data, std::int64_t i) const { return data == nullptr ? 0 : read(element, data, i); }
  void put(void* data, std::int64_t i, double v) const {
    if (data != nullptr) write(element, data, i, v);
  }
};

Lstm lstm_of(cudnnRNNDescriptor_t rnn, cudnnRNNDataDescriptor_t x) { return {rnn->element, rnn->features, rnn->units, x->steps, x->batch}; }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

void forward(const Lstm& l, const void* x, void* y, const void* h0, void* h_last, const void* c0, void* c_last, const void* w, double* reserve) {
  for (std::int64_t t = 0; t < l.steps; ++t)
    for (std::int64_t n = 0; n < l.batch; ++n)
      for (std::int64_t u = 0; u < l.units; ++u) {
        double gate[gates];
        for (int g = 0; g < gates; ++g) {
          double sum = l.get(w, l.bias(g, u));
          for (std::int64_t k = 0; k < l.features; ++k) sum += l.get(w, l.input(g, u, k)) * l.get(x, l.x(t, n, k));
          for (std::int64_t k = 0; k < l.units; ++k) sum += l.get(w, l.recurrent(g, u, k)) * (t == 0 ? l.get(h0, l.state(n, k)) : l.get(y, l.output(t - 1, n, k)));
          reserve[l.gate(g, t, n, u)] = gate[g] = g == 2 ? std::tanh(sum) : sigmoid(sum);
        }
        const double before = t == 0 ? l.get(c0, l.state(n, u)) : reserve[l.cell(t - 1, n, u)], c = gate[1] * before + gate[0] * gate[2], h = gate[3] * std::tanh(c);
        reserve[l.cell(t, n, u)] = c;
        l.put(y, l.output(t, n, u), h);
        if (t + 1 == l.steps) l.put(h_last, l.state(n, u), h), l.put(c_last, l.state(n, u), c);
      }
}

void backward(const Lstm& l, const void* dy, void* dx, const void* dh_last, void* dh0, const void* c0, const void* dc_last, void* dc0, const void* w, double* reserve) {
  std::vector<double> dh(static_cast<std::size_t>(l.batch * l.units)), dc(dh.size()), before(dh.size());
  for (std::int64_t i = 0; i < l.batch * l.units; ++i) dh[static_cast<std::size_t>(i)] = l.get(dh_last, i), dc[static_cast<std::size_t>(i)] = l.get(dc_last, i);
  for (std::int64_t t = l.steps; t-- > 0;) {
    for (std::int64_t n = 0; n < l.batch; ++n)
      for (std::int64_t u = 0; u < l.units; ++u) {
        const auto s = static_cast<std::size_t>(l.state(n, u));
        double gate[gates];
        for (int g = 0; g < gates; ++g) gate[g] = reserve[l.gate(g, t, n, u)];
        const double tanh_c = std::tanh(reserve[l.cell(t, n, u)]), c_before = t == 0 ? l.get(c0, l.state(n, u)) : reserve[l.cell(t - 1, n, u)];
        const double d = dh[s] + l.get(dy, l.output(t, n, u)), d_c = dc[s] + d * gate[3] * (1 - tanh_c * tanh_c);
        reserve[l.gate(0, t, n, u)] = d_c * gate[2] * gate[0] * (1 - gate[0]);
        reserve[l.gate(1, t, n, u)] = d_c * c_before * gate[1] * (1 - gate[1]);
        reserve[l.gate(2, t, n, u)] = d_c * gate[0] * (1 - gate[2] * gate[2]);
        reserve[l.gate(3, t, n, u)] = d * tanh_c * gate[3] * (1 - gate[3]);
        dc[s] = d_c * gate[1];
      }
    for (std::int64_t n = 0; n < l.batch; ++n) {
      const auto through = [&](auto weight, std::int64_t k) {
        double sum = 0;
        for (int g = 0; g < gates; ++g)
          for (std::int64_t u = 0; u < l.units; ++u) sum += reserve[l.gate(g, t, n, u)] * l.get(w, weight(g, u, k));
        return sum;
      };
      for (std::int64_t k = 0; k < l.features; ++k) l.put(dx, l.x(t, n, k), through([&](auto g, auto u, auto i) { return l.input(g, u, i); }, k));
      for (std::int64_t k = 0; k < l.units; ++k) before[static_cast<std::size_t>(l.state(n, k))] = through([&](auto g, auto u, auto i) { return l.recurrent(g, u, i); }, k);
    }
    dh = before;
  }
  for (std::int64_t i = 0; i < l.batch * l.units; ++i) l.put(dh0, i, dh[static_cast<std::size_t>(i)]), l.put(dc0, i, dc[static_cast<std::size_t>(i)]);
}

void add_weight_gradients(const Lstm& l, const void* x, const void* h0, const void* y, void* dw, const double* reserve) {
  const auto add = [&](std::int64_t at, auto term) {
    double sum = l.get(dw, at);
    for (std::int64_t t = 0; t < l.steps; ++t)
      for (std::int64_t n = 0; n < l.batch; ++n) sum += term(t, n);
    l.put(dw, at, sum);
  };
  for (int g = 0; g < gates; ++g)
    for (std::int64_t u = 0; u < l.units; ++u) {
      const auto d = [&](std::int64_t t, std::int64_t n) { return reserve[l.gate(g, t, n, u)]; };
      for (std::int64_t k = 0; k < l.features; ++k) add(l.input(g, u, k), [&](auto t, auto n) { return d(t, n) * l.get(x, l.x(t, n, k)); });
      for (std::int64_t k = 0; k < l.units; ++k)
        add(l.recurrent(g, u, k), [&](auto t, auto n) { return d(t, n) * (t == 0 ? l.get(h0, l.state(n, k)) : l.get(y, l.output(t - 1, n, k))); });
      add(l.bias(g, u), d);
    }
}

}  // namespace
}  // namespace strata::emulator

using namespace strata::emulator;

extern "C" {

cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t* d) { return *d = new cudnnTensorStruct, CUDNN_STATUS_SUCCESS; }
cudnnStatus_t cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t d) { return delete d, CUDNN_STATUS_SUCCESS; }
cudnnStatus_t cudnnSetTensorNdDescriptor(cudnnTensorDescriptor_t, cudnnDataType_t, int, const int*, const int*) { return CUDNN_STATUS_SUCCESS; }
cudnnStatus_t cudnnCreateDropoutDescriptor(cudnnDropoutDescriptor_t* d) { return *d = new cudnnDropoutStruct, CUDNN_STATUS_SUCCESS; }
cudnnStatus_t cudnnDestroyDropoutDescriptor(cudnnDropoutDescriptor_t d) { return delete d, CUDNN_STATUS_SUCCESS; }
cudnnStatus_t cudnnSetDropoutDescriptor(cudnnDropoutDescriptor_t, cudnnHandle_t, float, void*, std::size_t, unsigned long long) { return CUDNN_STATUS_SUCCESS; }
cudnnStatus_t cudnnCreateRNNDescriptor(cudnnRNNDescriptor_t* d) { return *d = new cudnnRNNStruct, CUDNN_STATUS_SUCCESS; }
cudnnStatus_t cudnnDestroyRNNDescriptor(cudnnRNNDescriptor_t d) { return delete d, CUDNN_STATUS_SUCCESS; }
cudnnStatus_t cudnnCreateRNNDataDescriptor(cudnnRNNDataDescriptor_t* d) { return *d = new cudnnRNNDataStruct, CUDNN_STATUS_SUCCESS; }
cudnnStatus_t cudnnDestroyRNNDataDescriptor(cudnnRNNDataDescriptor_t d) { return delete d, CUDNN_STATUS_SUCCESS; }

cudnnStatus_t cudnnSetRNNDescriptor_v8(cudnnRNNDescriptor_t d, cudnnRNNAlgo_t, cudnnRNNMode_t mode, cudnnRNNBiasMode_t biases, cudnnDirectionMode_t direction,
                                       cudnnRNNInputMode_t input, cudnnDataType_t type, cudnnDataType_t, cudnnMathType_t, std::int32_t features, std::int32_t units,
                                       std::int32_t projected, std::int32_t layers, cudnnDropoutDescriptor_t, std::uint32_t) {
  if (mode != CUDNN_LSTM || biases != CUDNN_RNN_SINGLE_INP_BIAS || direction != CUDNN_UNIDIRECTIONAL || input != CUDNN_LINEAR_INPUT || projected != units || layers != 1)
    return CUDNN_STATUS_NOT_SUPPORTED;
  *d = {element_of(type), features, units};
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetRNNDataDescriptor(cudnnRNNDataDescriptor_t d, cudnnDataType_t, cudnnRNNDataLayout_t layout, int steps, int batch, int, const int* lengths, void*) {
  for (int n = 0; n < batch; ++n)
    if (lengths[n] != steps) return CUDNN_STATUS_NOT_SUPPORTED;
  if (layout != CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED) return CUDNN_STATUS_NOT_SUPPORTED;
  *d = {steps, batch};
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnGetRNNWeightSpaceSize(cudnnHandle_t, cudnnRNNDescriptor_t rnn, std::size_t* bytes) {
  *bytes = static_cast<std::size_t>(Lstm{rnn->element, rnn->features, rnn->units, 1, 1}.weights()) * size_of(rnn->element);
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnGetRNNTempSpaceSizes(cudnnHandle_t, cudnnRNNDescriptor_t rnn, cudnnForwardMode_t, cudnnRNNDataDescriptor_t x, std::size_t* workspace, std::size_t* reserve) {
  *workspace = workspace_bytes;
  *reserve = static_cast<std::size_t>(lstm_of(rnn, x).reserve()) * sizeof(double);
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnGetRNNWeightParams(cudnnHandle_t, cudnnRNNDescriptor_t rnn, std::int32_t, std::size_t, const void* space, std::int32_t id, cudnnTensorDescriptor_t, void** matrix,
                                      cudnnTensorDescriptor_t, void** bias) {
  const Lstm l{rnn->element, rnn->features, rnn->units, 1, 1};
  const auto at = [&](std::int64_t element) { return const_cast<char*>(static_cast<const char*>(space)) + static_cast<std::size_t>(element) * size_of(rnn->element); };
  *matrix = at(id < gates ? l.input(id, 0, 0) : l.recurrent(id - gates, 0, 0));
  *bias = id < gates ? at(l.bias(id, 0)) : nullptr;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnRNNForward(cudnnHandle_t handle, cudnnRNNDescriptor_t rnn, cudnnForwardMode_t, const std::int32_t*, cudnnRNNDataDescriptor_t of_x, const void* x,
                              cudnnRNNDataDescriptor_t, void* y, cudnnTensorDescriptor_t, const void* h0, void* h, cudnnTensorDescriptor_t, const void* c0, void* c, std::size_t,
                              const void* w, std::size_t, void* workspace, std::size_t, void* reserve) {
  return start(handle, workspace, [=, l = lstm_of(rnn, of_x)] { forward(l, x, y, h0, h, c0, c, w, static_cast<double*>(reserve)); });
}
cudnnStatus_t cudnnRNNBackwardData_v8(cudnnHandle_t handle, cudnnRNNDescriptor_t rnn, const std::int32_t*, cudnnRNNDataDescriptor_t, const void*, const void* dy,
                                      cudnnRNNDataDescriptor_t of_x, void* dx, cudnnTensorDescriptor_t, const void*, const void* dh, void* dh0, cudnnTensorDescriptor_t,
                                      const void* c0, const void* dc, void* dc0, std::size_t, const void* w, std::size_t, void* workspace, std::size_t, void* reserve) {
  return start(handle, workspace, [=, l = lstm_of(rnn, of_x)] { backward(l, dy, dx, dh, dh0, c0, dc, dc0, w, static_cast<double*>(reserve)); });
}
cudnnStatus_t cudnnRNNBackwardWeights_v8(cudnnHandle_t handle, cudnnRNNDescriptor_t rnn, cudnnWgradMode_t, const std::int32_t*, cudnnRNNDataDescriptor_t of_x, const void* x,
                                         cudnnTensorDescriptor_t, const void* h0, cudnnRNNDataDescriptor_t, const void* y, std::size_t, void* dw, std::size_t, void* workspace,
                                         std::size_t, void* reserve) {
  return start(handle, workspace, [=, l = lstm_of(rnn, of_x)] { add_weight_gradients(l, x, h0, y, dw, static_cast<const double*>(reserve)); });
}

}  // extern "C"
