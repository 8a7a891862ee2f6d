// Each operation as cuDNN defines it, in doubles.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "tests/cuda/emulator/cudnn_program.h"
#include "tests/cuda/emulator/elements.h"

namespace strata::emulator {
namespace {

using Integers = std::vector<std::int64_t>;

// --- arrays ------------------------------------------------------------------------------------------------------------------

struct Array {
  Integers dims, strides;
  Element element = Element::float32;
  bool is_virtual = false;
  std::int64_t id = 0;
  std::vector<double> values;  // row-major by dims

  std::int64_t elements() const {
    std::int64_t n = 1;
    for (const std::int64_t d : dims) n *= d;
    return n;
  }
  // Of the i-th element in memory.
  std::int64_t place(std::int64_t i) const {
    std::int64_t at = 0;
    for (std::size_t a = dims.size(); a-- > 0; i /= dims[a]) at += i % dims[a] * strides[a];
    return at;
  }
  std::size_t index(const Integers& at) const {
    std::int64_t i = 0;
    for (std::size_t a = 0; a < dims.size(); ++a) i = i * dims[a] + at[a];
    return static_cast<std::size_t>(i);
  }
};

Array array_of(const Descriptor& d) {
  Array a;
  a.dims = d.list<std::int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS);
  a.strides = d.list<std::int64_t>(CUDNN_ATTR_TENSOR_STRIDES);
  a.element = element_of(d.value<cudnnDataType_t>(CUDNN_ATTR_TENSOR_DATA_TYPE));
  a.id = d.value<std::int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID);
  const auto is_virtual = d.list<unsigned char>(CUDNN_ATTR_TENSOR_IS_VIRTUAL);  // a boolean is a byte
  a.is_virtual = !is_virtual.empty() && is_virtual[0] != 0;
  return a;
}

template <class F>
void each(const Integers& sizes, F f) {
  Integers at(sizes.size());
  std::int64_t n = 1;
  for (const std::int64_t s : sizes) n *= s;
  for (std::int64_t i = 0; i < n; ++i) {
    std::int64_t rest = i;
    for (std::size_t a = sizes.size(); a-- > 0; rest /= sizes[a]) at[a] = rest % sizes[a];
    f(at);
  }
}

// Of an array whose axes of 1, and missing ones, are repeated.
std::size_t repeated(const Array& a, Integers i) {
  for (std::size_t k = 0; k < i.size(); ++k) i[k] = a.dims.size() < i.size() || a.dims[k] == 1 ? 0 : i[k];
  i.resize(a.dims.size());
  return a.index(i);
}
double element(const Array& a, const Integers& i) { return a.values[repeated(a, i)]; }
double& element(Array& a, const Integers& i) { return a.values[repeated(a, i)]; }

// --- operations --------------------------------------------------------------------------------------------------------------

// f(y, x, kernel) for the elements that meet in a convolution, by their places among the values. Axes of space that are missing are 1.
template <class F>
void convolve(const Descriptor& window, const Array& x, const Array& kernel, const Array& y, F f) {
  using Three = std::array<std::int64_t, 3>;
  const auto three = [](const Integers& of, std::size_t from, std::int64_t missing) {
    Three all{missing, missing, missing};
    std::copy(of.begin() + static_cast<std::ptrdiff_t>(from), of.end(), all.begin() + static_cast<std::ptrdiff_t>(3 - (of.size() - from)));
    return all;
  };
  const Three strides = three(window.list<std::int64_t>(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES), 0, 1), low = three(window.list<std::int64_t>(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS), 0, 0),
              dilation = three(window.list<std::int64_t>(CUDNN_ATTR_CONVOLUTION_DILATIONS), 0, 1), in = three(x.dims, 2, 1), size = three(kernel.dims, 2, 1), out = three(y.dims, 2, 1);
  if (window.value<cudnnConvolutionMode_t>(CUDNN_ATTR_CONVOLUTION_CONV_MODE) != CUDNN_CROSS_CORRELATION) throw std::runtime_error("a kernel that is turned");
  const std::int64_t filters = y.dims[1], channels = kernel.dims[1], groups = x.dims[1] / channels;
  const auto inside = [](const Three& dims, const Three& at) { return (at[0] * dims[1] + at[1]) * dims[2] + at[2]; };
  const std::int64_t of_x = in[0] * in[1] * in[2], of_y = out[0] * out[1] * out[2], of_kernel = size[0] * size[1] * size[2];
  Three o, k;
  for (std::int64_t n = 0; n < y.dims[0]; ++n)
    for (std::int64_t filter = 0; filter < filters; ++filter)
      for (o[0] = 0; o[0] < out[0]; ++o[0])
        for (o[1] = 0; o[1] < out[1]; ++o[1])
          for (o[2] = 0; o[2] < out[2]; ++o[2])
            for (k[0] = 0; k[0] < size[0]; ++k[0])
              for (k[1] = 0; k[1] < size[1]; ++k[1])
                for (k[2] = 0; k[2] < size[2]; ++k[2]) {
                  Three at;
                  bool is_inside = true;
                  for (std::size_t a = 0; a < 3; ++a) {
                    at[a] = o[a] * strides[a] + k[a] * dilation[a] - low[a];
                    is_inside = is_inside && at[a] >= 0 && at[a] < in[a];
                  }
                  if (!is_inside) continue;
                  const std::int64_t first = filter / (filters / groups) * channels;
                  for (std::int64_t c = 0; c < channels; ++c)
                    f(static_cast<std::size_t>((n * filters + filter) * of_y + inside(out, o)),
                      static_cast<std::size_t>((n * x.dims[1] + first + c) * of_x + inside(in, at)),
                      static_cast<std::size_t>((filter * channels + c) * of_kernel + inside(size, k)));
                }
}

// While a program runs.
struct State {
  const std::map<std::int64_t, void*>& memory;
  std::map<std::int64_t, Array> made;
};

cudnnPointwiseMode_t mode_of(const Descriptor& op) {
  return op.part(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR).value<cudnnPointwiseMode_t>(CUDNN_ATTR_POINTWISE_MODE);
}
cudnnReduceTensorOp_t reduction_of(const Descriptor& op) {
  return op.part(CUDNN_ATTR_OPERATION_REDUCTION_DESC).value<cudnnReduceTensorOp_t>(CUDNN_ATTR_REDUCTION_OPERATOR);
}

// Those that another operation may make.
std::vector<cudnnBackendAttributeName_t> inputs_of(const Descriptor& op) {
  switch (op.type) {
    case CUDNN_BACKEND_OPERATION_MATMUL_DESCRIPTOR: return {CUDNN_ATTR_OPERATION_MATMUL_ADESC, CUDNN_ATTR_OPERATION_MATMUL_BDESC};
    case CUDNN_BACKEND_OPERATION_RESHAPE_DESCRIPTOR: return {CUDNN_ATTR_OPERATION_RESHAPE_XDESC};
    case CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR: return {CUDNN_ATTR_OPERATION_REDUCTION_XDESC};
    case CUDNN_BACKEND_OPERATION_NORM_FORWARD_DESCRIPTOR: return {CUDNN_ATTR_OPERATION_NORM_FWD_XDESC};
    case CUDNN_BACKEND_OPERATION_NORM_BACKWARD_DESCRIPTOR: return {CUDNN_ATTR_OPERATION_NORM_BWD_XDESC, CUDNN_ATTR_OPERATION_NORM_BWD_DYDESC};
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR: return {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W};
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR:
      return {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W};
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR:
      return {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X};
    default:
      std::vector<cudnnBackendAttributeName_t> names{CUDNN_ATTR_OPERATION_POINTWISE_XDESC};
      for (const auto name : {CUDNN_ATTR_OPERATION_POINTWISE_BDESC, CUDNN_ATTR_OPERATION_POINTWISE_TDESC})
        if (op.parts.count(name) > 0) names.push_back(name);
      return names;
  }
}
bool is_ready(const Descriptor& op, const State& s) {
  for (const auto name : inputs_of(op))
    if (const Array a = array_of(op.part(name)); a.is_virtual && s.made.count(a.id) == 0) return false;
  return true;
}
Array read(const Descriptor& d, const State& s) {
  Array a = array_of(d);
  if (const auto made = s.made.find(a.id); made != s.made.end()) return made->second;
  for (std::int64_t i = 0; i < a.elements(); ++i) a.values.push_back(read(a.element, s.memory.at(a.id), a.place(i)));
  return a;
}
Array result(const Descriptor& d) {
  Array a = array_of(d);
  a.values.assign(static_cast<std::size_t>(a.elements()), 0);
  return a;
}
void give(Array a, State& s) {
  if (!a.is_virtual)
    for (std::int64_t i = 0; i < a.elements(); ++i) write(a.element, s.memory.at(a.id), a.place(i), a.values[static_cast<std::size_t>(i)]);
  s.made[a.id] = std::move(a);
}

void compute_convolution(const Descriptor& op, State& s) {
  const Array x = read(op.part(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X), s), kernel = read(op.part(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W), s);
  Array y = result(op.part(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y));
  convolve(op.part(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC), x, kernel, y,
           [&](std::size_t at_y, std::size_t at_x, std::size_t at_kernel) { y.values[at_y] += x.values[at_x] * kernel.values[at_kernel]; });
  give(std::move(y), s);
}

void compute_convolution_data_gradient(const Descriptor& op, State& s) {
  const Array dy = read(op.part(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY), s), kernel = read(op.part(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W), s);
  Array dx = result(op.part(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX));
  convolve(op.part(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC), dx, kernel, dy,
           [&](std::size_t at_y, std::size_t at_x, std::size_t at_kernel) { dx.values[at_x] += dy.values[at_y] * kernel.values[at_kernel]; });
  give(std::move(dx), s);
}

void compute_convolution_filter_gradient(const Descriptor& op, State& s) {
  const Array dy = read(op.part(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY), s), x = read(op.part(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X), s);
  Array dw = result(op.part(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW));
  convolve(op.part(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC), x, dw, dy,
           [&](std::size_t at_y, std::size_t at_x, std::size_t at_kernel) { dw.values[at_kernel] += dy.values[at_y] * x.values[at_x]; });
  give(std::move(dw), s);
}

void compute_matmul(const Descriptor& op, State& s) {
  const Array a = read(op.part(CUDNN_ATTR_OPERATION_MATMUL_ADESC), s), b = read(op.part(CUDNN_ATTR_OPERATION_MATMUL_BDESC), s);
  Array c = result(op.part(CUDNN_ATTR_OPERATION_MATMUL_CDESC));
  each(c.dims, [&](const Integers& i) {
    Integers of_a = i, of_b = i;
    double& sum = c.values[c.index(i)];
    for (std::int64_t k = 0; k < a.dims.back(); ++k) {
      of_a.back() = of_b[of_b.size() - 2] = k;
      sum += a.values[a.index(of_a)] * b.values[b.index(of_b)];
    }
  });
  give(std::move(c), s);
}

// Other strides over the same memory.
void compute_reshape(const Descriptor& op, State& s) {
  const Array x = read(op.part(CUDNN_ATTR_OPERATION_RESHAPE_XDESC), s);
  Array y = result(op.part(CUDNN_ATTR_OPERATION_RESHAPE_YDESC));
  std::map<std::int64_t, double> there;
  for (std::int64_t i = 0; i < x.elements(); ++i) there[x.place(i)] = x.values[static_cast<std::size_t>(i)];
  for (std::int64_t i = 0; i < y.elements(); ++i) y.values[static_cast<std::size_t>(i)] = there.at(y.place(i));
  give(std::move(y), s);
}

void compute_reduction(const Descriptor& op, State& s) {
  const Array x = read(op.part(CUDNN_ATTR_OPERATION_REDUCTION_XDESC), s);
  Array y = result(op.part(CUDNN_ATTR_OPERATION_REDUCTION_YDESC));
  const bool is_sum = reduction_of(op) == CUDNN_REDUCE_TENSOR_ADD;
  if (!is_sum) std::fill(y.values.begin(), y.values.end(), -std::numeric_limits<double>::infinity());
  each(x.dims, [&](const Integers& i) {
    double& all = element(y, i);
    const double v = x.values[x.index(i)];
    all = is_sum ? all + v : std::max(all, v);
  });
  give(std::move(y), s);
}

void compute_norm(const Descriptor& op, State& s) {
  const Array x = read(op.part(CUDNN_ATTR_OPERATION_NORM_FWD_XDESC), s), gamma = read(op.part(CUDNN_ATTR_OPERATION_NORM_FWD_SCALE_DESC), s),
              beta = read(op.part(CUDNN_ATTR_OPERATION_NORM_FWD_BIAS_DESC), s), epsilon = read(op.part(CUDNN_ATTR_OPERATION_NORM_FWD_EPSILON_DESC), s);
  Array y = result(op.part(CUDNN_ATTR_OPERATION_NORM_FWD_YDESC)), mean = result(op.part(CUDNN_ATTR_OPERATION_NORM_FWD_MEAN_DESC)),
        inverse = result(op.part(CUDNN_ATTR_OPERATION_NORM_FWD_INV_VARIANCE_DESC));
  const double n = static_cast<double>(x.elements()) / static_cast<double>(mean.elements());
  each(x.dims, [&](const Integers& i) { element(mean, i) += x.values[x.index(i)] / n; });
  each(x.dims, [&](const Integers& i) { element(inverse, i) += std::pow(x.values[x.index(i)] - element(mean, i), 2) / n; });
  for (double& v : inverse.values) v = 1 / std::sqrt(v + epsilon.values[0]);
  each(x.dims, [&](const Integers& i) {
    y.values[y.index(i)] = (x.values[x.index(i)] - element(mean, i)) * element(inverse, i) * element(gamma, i) + element(beta, i);
  });
  give(std::move(mean), s);
  give(std::move(inverse), s);
  give(std::move(y), s);
}

void compute_norm_gradient(const Descriptor& op, State& s) {
  const Array x = read(op.part(CUDNN_ATTR_OPERATION_NORM_BWD_XDESC), s), dy = read(op.part(CUDNN_ATTR_OPERATION_NORM_BWD_DYDESC), s),
              gamma = read(op.part(CUDNN_ATTR_OPERATION_NORM_BWD_SCALE_DESC), s), mean = read(op.part(CUDNN_ATTR_OPERATION_NORM_BWD_MEAN_DESC), s),
              inverse = read(op.part(CUDNN_ATTR_OPERATION_NORM_BWD_INV_VARIANCE_DESC), s);
  Array dx = result(op.part(CUDNN_ATTR_OPERATION_NORM_BWD_DXDESC)), dgamma = result(op.part(CUDNN_ATTR_OPERATION_NORM_BWD_DSCALE_DESC)),
        dbeta = result(op.part(CUDNN_ATTR_OPERATION_NORM_BWD_DBIAS_DESC));
  const double n = static_cast<double>(x.elements()) / static_cast<double>(mean.elements());
  const auto normal = [&](const Integers& i) { return (x.values[x.index(i)] - element(mean, i)) * element(inverse, i); };
  each(x.dims, [&](const Integers& i) {
    element(dbeta, i) += dy.values[dy.index(i)];
    element(dgamma, i) += dy.values[dy.index(i)] * normal(i);
  });
  each(x.dims, [&](const Integers& i) {
    dx.values[dx.index(i)] = element(gamma, i) * element(inverse, i) * (dy.values[dy.index(i)] - element(dbeta, i) / n - normal(i) * element(dgamma, i) / n);
  });
  give(std::move(dgamma), s);
  give(std::move(dbeta), s);
  give(std::move(dx), s);
}

void compute_pointwise(const Descriptor& op, State& s) {
  const Array x = read(op.part(CUDNN_ATTR_OPERATION_POINTWISE_XDESC), s);
  Array y = result(op.part(CUDNN_ATTR_OPERATION_POINTWISE_YDESC));
  const auto optional = [&](cudnnBackendAttributeName_t name) { return op.parts.count(name) > 0 ? read(op.part(name), s) : Array{}; };
  const Array b = optional(CUDNN_ATTR_OPERATION_POINTWISE_BDESC), t = optional(CUDNN_ATTR_OPERATION_POINTWISE_TDESC);
  const auto mode = mode_of(op);
  const Descriptor& how = op.part(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR);
  const auto axis = mode == CUDNN_POINTWISE_GEN_INDEX ? static_cast<std::size_t>(how.value<std::int64_t>(CUDNN_ATTR_POINTWISE_AXIS)) : 0;
  each(y.dims, [&](const Integers& i) {
    const double v = element(x, i), w = b.dims.empty() ? 0 : element(b, i);
    y.values[y.index(i)] = [&]() -> double {
      switch (mode) {
        case CUDNN_POINTWISE_ADD: return v + w;
        case CUDNN_POINTWISE_SUB: return v - w;
        case CUDNN_POINTWISE_MUL: return v * w;
        case CUDNN_POINTWISE_DIV: return v / w;
        case CUDNN_POINTWISE_EXP: return std::exp(v);
        case CUDNN_POINTWISE_LOG: return std::log(v);
        case CUDNN_POINTWISE_RELU_FWD: return v < 0 ? 0 : v;
        case CUDNN_POINTWISE_GEN_INDEX: return static_cast<double>(i[axis]);
        case CUDNN_POINTWISE_CMP_GE: return v >= w ? 1 : 0;
        case CUDNN_POINTWISE_BINARY_SELECT: return element(t, i) != 0 ? v : w;
        default: return v;
      }
    }();
  });
  give(std::move(y), s);
}

void compute(const Descriptor& op, State& s) {
  switch (op.type) {
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR: return compute_convolution(op, s);
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR: return compute_convolution_data_gradient(op, s);
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR: return compute_convolution_filter_gradient(op, s);
    case CUDNN_BACKEND_OPERATION_MATMUL_DESCRIPTOR: return compute_matmul(op, s);
    case CUDNN_BACKEND_OPERATION_RESHAPE_DESCRIPTOR: return compute_reshape(op, s);
    case CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR: return compute_reduction(op, s);
    case CUDNN_BACKEND_OPERATION_NORM_FORWARD_DESCRIPTOR: return compute_norm(op, s);
    case CUDNN_BACKEND_OPERATION_NORM_BACKWARD_DESCRIPTOR: return compute_norm_gradient(op, s);
    default: return compute_pointwise(op, s);
  }
}

}  // namespace

bool knows(const Descriptor& op) {
  switch (op.type) {
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR: case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR:
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR: return true;
    case CUDNN_BACKEND_OPERATION_MATMUL_DESCRIPTOR: case CUDNN_BACKEND_OPERATION_RESHAPE_DESCRIPTOR: return true;
    case CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR: return reduction_of(op) == CUDNN_REDUCE_TENSOR_ADD || reduction_of(op) == CUDNN_REDUCE_TENSOR_MAX;
    case CUDNN_BACKEND_OPERATION_NORM_FORWARD_DESCRIPTOR: return op.value<cudnnBackendNormMode_t>(CUDNN_ATTR_OPERATION_NORM_FWD_MODE) == CUDNN_BATCH_NORM;
    case CUDNN_BACKEND_OPERATION_NORM_BACKWARD_DESCRIPTOR: return op.value<cudnnBackendNormMode_t>(CUDNN_ATTR_OPERATION_NORM_BWD_MODE) == CUDNN_BATCH_NORM;
    case CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR:
      switch (mode_of(op)) {
        case CUDNN_POINTWISE_ADD: case CUDNN_POINTWISE_SUB: case CUDNN_POINTWISE_MUL: case CUDNN_POINTWISE_DIV: case CUDNN_POINTWISE_EXP:
        case CUDNN_POINTWISE_LOG: case CUDNN_POINTWISE_RELU_FWD: case CUDNN_POINTWISE_IDENTITY: case CUDNN_POINTWISE_GEN_INDEX:
        case CUDNN_POINTWISE_CMP_GE: case CUDNN_POINTWISE_BINARY_SELECT: return true;
        default: return false;
      }
    default: return false;
  }
}

void run(const Operations& operations, const std::map<std::int64_t, void*>& memory) {
  State s{memory, {}};
  std::vector<bool> done(operations.size());
  for (bool progressed = true; progressed;) {
    progressed = false;
    for (std::size_t i = 0; i < operations.size(); ++i) {
      if (done[i] || !is_ready(*operations[i], s)) continue;
      compute(*operations[i], s);
      done[i] = progressed = true;
    }
  }
  if (std::find(done.begin(), done.end(), false) != done.end()) throw std::runtime_error("cuDNN: an operation reads what nothing makes");
}

}  // namespace strata::emulator
