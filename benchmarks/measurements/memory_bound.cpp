// Batch norm in ordered blocks against oneDNN's; pooling against a copy of the same bytes; the first convolution's
// activation layouts; a ReLU inside a convolution against one after it.
#include "batch_norm.h"
#include "operations.h"
#include "timing.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <omp.h>

using namespace strata::measure;
using Tag = dnnl::memory::format_tag;

// Copies `bytes / 2` from one array to another: reads and writes as many bytes as the op it is compared with.
struct Copy {
  explicit Copy(double bytes) : half(static_cast<int64_t>(bytes / 8)), from(make_array(half)), to(make_array(half)) {}
  void run() {
#pragma omp parallel
    {
      int64_t t = omp_get_thread_num(), n = omp_get_num_threads(), begin = half * t / n, end = half * (t + 1) / n;
      std::memcpy(to.get() + begin, from.get() + begin, (end - begin) * sizeof(float));
    }
  }
  int64_t half;
  Array from, to;
};

static void batch_norm(int size, int channels) {
  auto fwd = batch_norm_forward(128, size, channels), bwd = batch_norm_backward(128, size, channels);
  Data f(fwd), b(bwd);
  auto f_kernel = fwd.build(128, f.at()), b_kernel = bwd.build(128, b.at());
  auto x = f.at(), g = b.at();
  int64_t elements = 128 * int64_t(size) * size * channels;
  Array y = make_array(elements), mean = make_array(channels), variance = make_array(channels),
        dx = make_array(elements), dgamma = make_array(channels), dbeta = make_array(channels);
  BatchNorm own(elements / channels, channels);
  auto own_fwd = [&] { own.forward(x[0], x[1], x[2], y.get(), mean.get(), variance.get()); };
  auto own_bwd = [&] { own.backward(g[0], g[1], g[2], g[3], g[4], dx.get(), dgamma.get(), dbeta.get()); };
  Copy pass2(8.0 * elements);
  auto ms = alternate({[&] { f_kernel.run(); }, own_fwd, [&] { b_kernel.run(); }, own_bwd, [&] { pass2.run(); }});
  double error = 0, size_of = 0;
  for (int64_t i = 0; i < elements; ++i) error = std::max<double>(error, std::fabs(y[i] - x[3][i]));
  for (int64_t i = 0; i < elements; ++i) {
    size_of = std::max<double>(size_of, std::fabs(g[5][i]));
    error = std::max<double>(error, std::fabs(dx[i] - g[5][i]));
  }
  bool same = true;
  std::vector<float> first;
  for (int threads : {1, 2, 4}) {
    omp_set_num_threads(threads);
    own_fwd(), own_bwd();
    std::vector<float> now(y.get(), y.get() + elements);
    now.insert(now.end(), dx.get(), dx.get() + elements);
    for (auto* a : {&mean, &variance, &dgamma, &dbeta}) now.insert(now.end(), a->get(), a->get() + channels);
    if (threads == 1) first = now;
    same = same && std::memcmp(first.data(), now.data(), now.size() * sizeof(float)) == 0;
  }
  omp_set_num_threads(2);
  std::printf(
      "batch norm %dx%dx%d: fwd oneDNN %.3f ms, ordered blocks %.3f (x %.2f); bwd oneDNN %.3f, blocks %.3f (x %.2f); "
      "copy of x "
      "%.3f; blocks %s at 1, 2, 4 threads; largest difference from oneDNN %.1e\n",
      size, size, channels, ms[0], ms[1], ms[1] / ms[0], ms[2], ms[3], ms[3] / ms[2], ms[4], same ? "same" : "DIFFER",
      error);
}

static void pool(int size, int channels) {
  int out = size / 2;
  double big = 4.0 * 128 * size * size * channels, small = 4.0 * 128 * out * out * channels;
  auto fwd = max_pool_forward(128, size, channels), bwd = max_pool_backward(128, size, channels);
  Data f(fwd), b(bwd);
  auto f_kernel = fwd.build(128, f.at()), b_kernel = bwd.build(128, b.at());
  Copy floor_of(big + small);
  auto ms = alternate({[&] { f_kernel.run(); }, [&] { b_kernel.run(); }, [&] { floor_of.run(); }});
  std::printf("max pool %dx%dx%d: fwd %.3f ms (%s, workspace %.2f MB), bwd %.3f (%s); copy of the same bytes %.3f\n",
              size, size, channels, ms[0], f_kernel.implementation.c_str(), f_kernel.extra_bytes / 1e6, ms[1],
              b_kernel.implementation.c_str(), ms[2]);
}

static void first_layer(Convolution c) {
  for (auto [x, y, name] : {std::tuple{Tag::nhwc, Tag::nhwc, "nhwc -> nhwc"},
                            {Tag::nchw, Tag::nhwc, "nchw -> nhwc"},
                            {Tag::nchw, Tag::nChw16c, "nchw -> nChw16c"},
                            {Tag::nhwc, Tag::nChw16c, "nhwc -> nChw16c"}}) {
    c.x_tag = x, c.y_tag = y;
    auto fwd = convolution_forward(c, WeightForm::chosen, true),
         bwd = convolution_backward_weights(c, WeightForm::chosen, true);
    Data f(fwd), b(bwd);
    auto f_kernel = fwd.build(c.rows, f.at()), b_kernel = bwd.build(c.rows, b.at());
    if (f_kernel.implementation.rfind("ref", 0) == 0) {
      std::printf("%s %-16s only the reference kernel, hundreds of ms\n", c.name().c_str(), name);
      continue;
    }
    auto ms = alternate({[&] { f_kernel.run(); }, [&] { b_kernel.run(); }});
    std::printf("%s %-16s fwd %.3f ms (%s), wgrad %.3f (%s)\n", c.name().c_str(), name, ms[0],
                f_kernel.implementation.c_str(), ms[1], b_kernel.implementation.c_str());
  }
}

static void fused(Convolution c) {
  auto plain = convolution_forward(c, WeightForm::chosen, true),
       relu = convolution_forward(c, WeightForm::chosen, true, true);
  Data p(plain), r(relu);
  auto p_kernel = plain.build(c.rows, p.at()), r_kernel = relu.build(c.rows, r.at());
  float* y = p.at()[3];
  int64_t size = static_cast<int64_t>(p.sizes[3]);
  auto after = [&] {
    p_kernel.run();
#pragma omp parallel for simd schedule(static)
    for (int64_t i = 0; i < size; ++i) y[i] = y[i] > 0 ? y[i] : 0.f;
  };
  auto ms = alternate({[&] { p_kernel.run(); }, [&] { r_kernel.run(); }, after});
  std::printf("%s: conv+bias %.3f ms, +relu as post-op %.3f, relu after it %.3f\n", c.name().c_str(), ms[0], ms[1],
              ms[2]);
}

int main() {
  omp_set_num_threads(2);
  print_machine();
  for (int size : {32, 16, 8}) batch_norm(size, 512 / size);
  pool(26, 32), pool(11, 64);
  first_layer({128, 28, 1, 32, 3});
  first_layer({128, 32, 3, 16, 3, 1, 1, 1});
  fused({128, 28, 1, 32, 3}), fused({128, 13, 32, 64, 3});
  print_machine();
}
