// Parameters in Keras' form against parameters that stay packed: what the conversion costs each step; and what oneDNN
// does on Keras' form itself.
#include "operations.h"
#include "timing.h"

#include <cstdio>
#include <omp.h>

using namespace strata::measure;
using Maker = std::function<Case(WeightForm)>;

struct Sum {
  double packed = 0, converted = 0, best = 0;
};

// Adds `times` such ops to the workload's sum: kept packed; converted each step; the better of converting and Keras'
// form itself.
static void report(Sum& sum, int times, const Maker& make) {
  auto chosen_case = make(WeightForm::chosen), keras_case = make(WeightForm::keras);
  Data data(chosen_case), keras_data(keras_case);
  auto chosen = chosen_case.build(chosen_case.rows, data.at()),
       keras = keras_case.build(keras_case.rows, keras_data.at());
  chosen.run();
  auto ms = alternate({[&] { chosen.run(Kernel::Part::without_conversion); }, [&] { chosen.run(); },
                       [&] { keras.run(); }, [&] { chosen.run(Kernel::Part::conversion); }},
                      9, 4);
  std::printf("  %-32s any: %-24s %8.1f us, converting %8.1f (alone %6.1f)  keras: %-24s %8.1f us\n",
              chosen_case.name.c_str(), chosen.implementation.c_str(), ms[0] * 1e3, ms[1] * 1e3, ms[3] * 1e3,
              keras.implementation.c_str(), ms[2] * 1e3);
  std::fflush(stdout);
  sum.packed += times * ms[0];
  sum.converted += times * ms[1];
  sum.best += times * (ms[1] < ms[2] ? ms[1] : ms[2]);
}

static void total(const char* workload, const Sum& s) {
  std::printf(
      "%s: kept packed %.3f ms; converted each step %.3f (%+.1f %%); better of converting and Keras' form %.3f (%+.1f "
      "%%)\n",
      workload, s.packed, s.converted, 100 * (s.converted / s.packed - 1), s.best, 100 * (s.best / s.packed - 1));
}

static void add(Sum& sum, int times, Convolution c, bool bias) {
  report(sum, times, [=](WeightForm f) { return convolution_forward(c, f, bias); });
  if (c.in > 3) report(sum, times, [=](WeightForm f) { return convolution_backward_data(c, f); });
  report(sum, times, [=](WeightForm f) { return convolution_backward_weights(c, f, bias); });
}

static void add(Sum& sum, Dense d, bool first) {
  // Packed weights are inner product's; Keras' form is read by matmul, which is faster on it (dense_entry_points).
  auto entry = [](WeightForm f) { return f == WeightForm::chosen ? EntryPoint::inner_product : EntryPoint::matmul; };
  report(sum, 1, [=](WeightForm f) { return dense_forward(d, entry(f), f); });
  if (!first) report(sum, 1, [=](WeightForm f) { return dense_backward_data(d, entry(f), f); });
  report(sum, 1, [=](WeightForm f) { return dense_backward_weights(d, entry(f), f); });
}

int main() {
  omp_set_num_threads(2);
  print_machine();
  for (int b : {128, 32}) {
    Sum s;
    add(s, Dense{b, 784, 512}, true), add(s, Dense{b, 512, 512}, false), add(s, Dense{b, 512, 10}, false);
    total(b == 128 ? "mlp" : "mlp_b32", s);
  }
  Sum cnn;
  add(cnn, 1, {128, 28, 1, 32, 3}, true), add(cnn, 1, {128, 13, 32, 64, 3}, true),
      add(cnn, Dense{128, 1600, 10}, false);
  total("mnist_cnn", cnn);
  Sum resnet;
  add(resnet, 1, {128, 32, 3, 16, 3, 1, 1, 1}, false), add(resnet, 6, {128, 32, 16, 16, 3, 1, 1, 1}, false);
  add(resnet, 1, {128, 32, 16, 32, 3, 2, 0, 1}, false), add(resnet, 1, {128, 32, 16, 32, 1, 2, 0, 0}, false);
  add(resnet, 5, {128, 16, 32, 32, 3, 1, 1, 1}, false), add(resnet, 1, {128, 16, 32, 64, 3, 2, 0, 1}, false);
  add(resnet, 1, {128, 16, 32, 64, 1, 2, 0, 0}, false), add(resnet, 5, {128, 8, 64, 64, 3, 1, 1, 1}, false);
  total("resnet20", resnet);
  for (Lstm l : {Lstm{64, 100, 128, 128}, Lstm{32, 80, 128, 128}}) {
    Sum s;
    report(s, 1, [=](WeightForm f) { return lstm_forward(l, f); });
    report(s, 1, [=](WeightForm f) { return lstm_backward(l, f); });
    total(l.rows == 64 ? "lstm" : "imdb_lstm", s);
  }
  print_machine();
}
