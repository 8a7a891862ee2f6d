#pragma once
// The ops of the workloads as cases: activations NHWC, (rows, channels) or (rows, time, channels).
#include "kernel.h"

namespace strata::measure {

struct Convolution {
  int rows, size, in, out, kernel, stride = 1;
  int before = 0, after = 0;      // padding on both spatial axes
  dnnl::memory::format_tag x_tag = dnnl::memory::format_tag::nhwc, y_tag = dnnl::memory::format_tag::nhwc;
  int out_size() const { return (size + before + after - kernel) / stride + 1; }
  double flop() const { return 2.0 * rows * out_size() * out_size() * kernel * kernel * in * out; }
  std::string name() const;
};

struct Dense {
  int rows, in, out;
  double flop() const { return 2.0 * rows * in * out; }
  std::string name() const;
};

struct Lstm {
  int rows, steps, in, units;
  std::string name() const;
};

enum class EntryPoint { inner_product, matmul, sgemm };

Case convolution_forward(Convolution c, WeightForm form, bool bias, bool relu = false);
Case convolution_backward_data(Convolution c, WeightForm form);
Case convolution_backward_weights(Convolution c, WeightForm form, bool bias);

Case dense_forward(Dense d, EntryPoint entry, WeightForm form, bool bias_relu = false);
Case dense_backward_data(Dense d, EntryPoint entry, WeightForm form);
Case dense_backward_weights(Dense d, EntryPoint entry, WeightForm form, bool bias = false);

Case batch_norm_forward(int rows, int size, int channels);
Case batch_norm_backward(int rows, int size, int channels);
Case max_pool_forward(int rows, int size, int channels);
Case max_pool_backward(int rows, int size, int channels);
Case average_pool_forward(int rows, int size, int channels);
Case average_pool_backward(int rows, int size, int channels);
Case lstm_forward(Lstm l, WeightForm form);
Case lstm_backward(Lstm l, WeightForm form);

}      // namespace strata::measure
