// inner product, matmul or sgemm: rates at two threads and bytes at 1, 2 and 4, with weights in Keras' form (in, out).
#include "operations.h"
#include "timing.h"

#include <cstdio>
#include <cstring>
#include <omp.h>

using namespace strata::measure;

static bool same_at_any_thread_count(const Case& c, const Data& data,
                                     const std::vector<int>& counts = {1, 2, 3, 4, 8}) {
  std::vector<std::vector<float>> first;
  bool same = true;
  for (int threads : counts) {
    omp_set_num_threads(threads);
    c.build(c.rows, data.at()).run();
    for (size_t i = 0; i < data.arrays.size(); ++i) {
      std::vector<float> now(data.arrays[i].get(), data.arrays[i].get() + data.sizes[i]);
      if (first.size() == i)
        first.push_back(now);
      else
        same = same && std::memcmp(first[i].data(), now.data(), now.size() * sizeof(float)) == 0;
    }
  }
  omp_set_num_threads(2);
  return same;
}

static void report(const char* title, const std::vector<std::pair<const char*, Case>>& cases) {
  std::vector<std::unique_ptr<Data>> data;
  std::vector<Kernel> kernels;
  std::vector<bool> same;
  kernels.reserve(cases.size());
  std::vector<std::function<void()>> contestants;
  for (auto& [entry, c] : cases) {
    data.push_back(std::make_unique<Data>(c));
    same.push_back(same_at_any_thread_count(c, *data.back()));
    auto& kernel = kernels.emplace_back(c.build(c.rows, data.back()->at()));
    contestants.push_back([&kernel] { kernel.run(); });
  }
  auto ms = alternate(contestants, 9, 3);
  std::printf("%s\n", title);
  for (size_t i = 0; i < cases.size(); ++i)
    std::printf("    %-22s %-26s %8.1f us %6.0f GF/s  %s\n", cases[i].first, kernels[i].implementation.c_str(),
                ms[i] * 1e3, cases[i].second.flop / ms[i] / 1e6, same[i] ? "same" : "DIFFERS");
  std::fflush(stdout);
}

// Every direction and entry point over a grid of shapes: names those whose bytes depend on the number of threads.
static void sweep() {
  const std::pair<const char*, EntryPoint> entries[]{
      {"inner product", EntryPoint::inner_product}, {"matmul", EntryPoint::matmul}, {"sgemm", EntryPoint::sgemm}};
  for (auto& [name, entry] : entries)
    for (int direction = 0; direction < 3; ++direction) {
      int shapes = 0, differ = 0;
      std::string examples;
      for (int rows : {1, 2, 7, 32, 128, 1000, 8192})
        for (int in : {1, 10, 28, 64, 256, 1600, 4096})
          for (int out : {1, 3, 10, 65, 256, 2048}) {
            Dense d{rows, in, out};
            if (d.flop() > 3e8) continue;
            auto c = direction == 0   ? dense_forward(d, entry, WeightForm::keras)
                     : direction == 1 ? dense_backward_data(d, entry, WeightForm::keras)
                                      : dense_backward_weights(d, entry, WeightForm::keras);
            ++shapes;
            if (same_at_any_thread_count(c, Data(c))) continue;
            if (++differ <= 8) (examples += ' ') += d.name();
          }
      const char* directions[]{"fwd", "dgrad", "wgrad"};
      std::printf("%-14s %-6s %d of %d shapes differ%s\n", name, directions[direction], differ, shapes,
                  examples.c_str());
      std::fflush(stdout);
    }
}

// From how long a sum on do matmul's bytes depend on the number of threads, up to 64 of them? Three times each: what
// differs may not differ every time.
static void sweep_long_sums() {
  for (int terms : {256, 1000, 1024, 1536, 2048, 4096, 9216}) {
    int shapes = 0, differ[3] = {};
    std::string kernels;
    for (int m : {1, 10, 64, 256})
      for (int n : {1, 10, 65, 256}) {
        const Case cases[]{dense_forward({m, terms, n}, EntryPoint::matmul, WeightForm::keras),
                           dense_backward_data({m, n, terms}, EntryPoint::matmul, WeightForm::keras),
                           dense_backward_weights({terms, m, n}, EntryPoint::matmul, WeightForm::keras)};
        ++shapes;
        for (int i = 0; i < 3; ++i) {
          Data data(cases[i]);
          if (same_at_any_thread_count(cases[i], data, {1, 2, 64, 1, 4, 16, 1, 7, 2})) continue;
          if (++differ[i] <= 2)
            (kernels += ' ') += cases[i].name + " " + cases[i].build(cases[i].rows, data.at()).implementation;
        }
      }
    std::printf("matmul sums of %4d terms, of %d shapes differ at 1 to 64 threads: fwd %d, dgrad %d, wgrad %d%s\n",
                terms, shapes, differ[0], differ[1], differ[2], kernels.c_str());
    std::fflush(stdout);
  }
}

// Weight gradients of many rows: one matmul against slices of at most 1024 rows.
static void long_weight_gradients() {
  for (Dense d : {Dense{2048, 10, 10}, Dense{4096, 64, 65}, Dense{8192, 128, 128}, Dense{6400, 128, 512}}) {
    auto c = dense_backward_weights(d, EntryPoint::matmul, WeightForm::keras);
    Data data(c);
    auto whole = c.build(c.rows, data.at());
    Slices slices(c, data, (d.rows + 1023) / 1024);
    auto ms = alternate({[&] { whole.run(); }, [&] { slices.run(); }}, 9, 3);
    bool same = true;
    std::vector<float> first;
    for (int threads : {1, 2, 4, 7}) {
      omp_set_num_threads(threads);
      slices.run();
      std::vector<float> now(data.arrays[2].get(), data.arrays[2].get() + data.sizes[2]);
      if (threads == 1) first = now;
      same = same && std::memcmp(first.data(), now.data(), now.size() * sizeof(float)) == 0;
    }
    omp_set_num_threads(2);
    std::printf("%s: matmul %.1f us, %d slices %.1f (x %.2f), %s\n", c.name.c_str(), ms[0] * 1e3,
                (d.rows + 1023) / 1024, ms[1] * 1e3, ms[1] / ms[0], same ? "same" : "DIFFERS");
  }
}

int main(int argc, char** argv) {
  omp_set_num_threads(2);
  print_machine();
  if (argc > 1 && std::strcmp(argv[1], "sweep") == 0) {
    sweep();
    return 0;
  }
  if (argc > 1 && std::strcmp(argv[1], "long-sums") == 0) {
    sweep_long_sums();
    long_weight_gradients();
    return 0;
  }
  constexpr auto keras = WeightForm::keras, chosen = WeightForm::chosen;
  constexpr auto inner = EntryPoint::inner_product, matmul = EntryPoint::matmul, sgemm = EntryPoint::sgemm;
  for (Dense d :
       {Dense{128, 784, 512}, Dense{128, 512, 512}, Dense{128, 512, 10}, Dense{32, 784, 512}, Dense{32, 512, 512},
        Dense{32, 512, 10}, Dense{256, 28, 256}, Dense{256, 256, 256}, Dense{256, 256, 1}, Dense{128, 1600, 10},
        Dense{768, 128, 512}, Dense{768, 512, 128}, Dense{8192, 128, 128}, Dense{1, 784, 512}}) {
    auto forward = [&](EntryPoint e, WeightForm f, bool b = false) { return dense_forward(d, e, f, b); };
    report(("fwd " + d.name()).c_str(), {{"inner product io", forward(inner, keras)},
                                         {"inner product any", forward(inner, chosen)},
                                         {"matmul ab", forward(matmul, keras)},
                                         {"matmul any", forward(matmul, chosen)},
                                         {"sgemm", forward(sgemm, keras)},
                                         {"inner io +bias relu", forward(inner, keras, true)},
                                         {"inner any +bias relu", forward(inner, chosen, true)},
                                         {"matmul ab +bias relu", forward(matmul, keras, true)}});
    report(("wgrad " + d.name()).c_str(), {{"inner product io", dense_backward_weights(d, inner, keras)},
                                           {"inner product any", dense_backward_weights(d, inner, chosen)},
                                           {"inner product io +bias", dense_backward_weights(d, inner, keras, true)},
                                           {"inner any +bias", dense_backward_weights(d, inner, chosen, true)},
                                           {"matmul", dense_backward_weights(d, matmul, keras)},
                                           {"sgemm", dense_backward_weights(d, sgemm, keras)}});
    report(("dgrad " + d.name()).c_str(), {{"inner product io", dense_backward_data(d, inner, keras)},
                                           {"inner product any", dense_backward_data(d, inner, chosen)},
                                           {"matmul", dense_backward_data(d, matmul, keras)},
                                           {"sgemm", dense_backward_data(d, sgemm, keras)}});
  }
  print_machine();
}
