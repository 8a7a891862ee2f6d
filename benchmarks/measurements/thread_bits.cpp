// Which oneDNN kernels give the same bytes at 1, 2 and 4 threads, and what slices of the batch cost where one does not.
#include "operations.h"
#include "timing.h"

#include <cstdio>
#include <cstring>
#include <omp.h>

using namespace strata::measure;

static std::vector<std::vector<float>> outputs(const Case& c, const Data& data) {
  std::vector<std::vector<float>> copies;
  for (size_t i = 0; i < c.operands.size(); ++i)
    if (c.operands[i].role == Role::row_output || c.operands[i].role == Role::summed_output)
      copies.emplace_back(data.arrays[i].get(), data.arrays[i].get() + data.sizes[i]);
  return copies;
}

static bool same_bytes(const std::vector<std::vector<float>>& a, const std::vector<std::vector<float>>& b) {
  for (size_t i = 0; i < a.size(); ++i)
    if (std::memcmp(a[i].data(), b[i].data(), a[i].size() * sizeof(float)) != 0) return false;
  return true;
}

// "same", or which outputs differ at 2 and at 4 threads.
static std::string verdict(const Case& c, const Data& data) {
  std::string differs;
  std::vector<std::vector<float>> first;
  for (int threads : {1, 2, 4}) {
    omp_set_num_threads(threads);
    c.build(c.rows, data.at()).run();
    auto now = outputs(c, data);
    if (threads == 1) {
      first = now;
      continue;
    }
    for (size_t i = 0, o = 0; i < c.operands.size(); ++i) {
      if (c.operands[i].role != Role::row_output && c.operands[i].role != Role::summed_output) continue;
      if (std::memcmp(first[o].data(), now[o].data(), now[o].size() * sizeof(float)) != 0)
        differs += " " + c.operands[i].name + "@" + std::to_string(threads);
      ++o;
    }
  }
  omp_set_num_threads(2);
  return differs.empty() ? "same" : "DIFFERS" + differs;
}

static std::string wanted;      // part of a name; empty takes all

static void report(const Case& c, bool slices) {
  if (c.name.find(wanted) == std::string::npos) return;
  Data data(c);
  auto bits = verdict(c, data);
  auto kernel = c.build(c.rows, data.at());
  std::vector<std::function<void()>> contestants{[&] { kernel.run(); }};
  std::vector<std::unique_ptr<Slices>> sliced;
  std::vector<int> counts{2, 4, 8, 16};
  if (slices)
    for (int count : counts) {
      sliced.push_back(std::make_unique<Slices>(c, data, count));
      contestants.push_back([s = sliced.back().get()] { s->run(); });
    }
  auto ms = alternate(contestants, 7, 5);
  std::printf("%-34s %-26s %8.3f ms %6.0f GF/s  %s\n", c.name.c_str(), kernel.implementation.c_str(), ms[0],
              c.flop / ms[0] / 1e6, bits.c_str());
  for (size_t s = 0; s < sliced.size(); ++s) {
    bool same = true;
    sliced[s]->run(false);
    auto sequential = outputs(c, data);
    for (int threads : {1, 2, 4}) {
      omp_set_num_threads(threads);
      sliced[s]->run();
      same = same && same_bytes(sequential, outputs(c, data));
    }
    omp_set_num_threads(2);
    std::printf("    %d slices %8.3f ms  x %.2f  extra %6.2f MB (plain %.2f)  %s\n", counts[s], ms[s + 1],
                ms[s + 1] / ms[0], sliced[s]->extra_bytes() / 1e6, kernel.extra_bytes / 1e6,
                same ? "same at 1, 2, 4 threads and one after another" : "DIFFERS");
  }
  std::fflush(stdout);
}

int main(int argc, char** argv) {
  if (argc > 1) wanted = argv[1];
  omp_set_num_threads(2);
  print_machine();
  const Convolution convolutions[]{{128, 28, 1, 32, 3},           {128, 13, 32, 64, 3},               // mnist_cnn
                                   {128, 32, 3, 16, 3, 1, 1, 1},  {128, 32, 16, 16, 3, 1, 1, 1},      // resnet20
                                   {128, 32, 16, 32, 3, 2, 0, 1}, {128, 32, 16, 32, 1, 2, 0, 0},
                                   {128, 16, 32, 32, 3, 1, 1, 1}, {128, 16, 32, 64, 3, 2, 0, 1},
                                   {128, 16, 32, 64, 1, 2, 0, 0}, {128, 8, 64, 64, 3, 1, 1, 1}};
  for (auto& c : convolutions) {
    report(convolution_forward(c, WeightForm::chosen, true), false);
    if (c.in > 3) report(convolution_backward_data(c, WeightForm::chosen), false);
    report(convolution_backward_weights(c, WeightForm::chosen, true), true);
  }
  for (int size : {32, 16, 8}) {
    report(batch_norm_forward(128, size, 512 / size), false);
    report(batch_norm_backward(128, size, 512 / size), false);
  }
  for (int size : {26, 11}) {
    report(max_pool_forward(128, size, size == 26 ? 32 : 64), false);
    report(max_pool_backward(128, size, size == 26 ? 32 : 64), false);
    report(average_pool_forward(128, size, size == 26 ? 32 : 64), false);
    report(average_pool_backward(128, size, size == 26 ? 32 : 64), false);
  }
  for (Lstm l : {Lstm{64, 100, 128, 128}, Lstm{32, 80, 128, 128}}) {
    report(lstm_forward(l, WeightForm::chosen), true);
    report(lstm_backward(l, WeightForm::chosen), true);
  }
  const Convolution others[]{
      // resnet50 and small batches: bits only matter here, but the rate is printed too
      {1, 56, 64, 64, 1}, {1, 56, 64, 64, 3, 1, 1, 1},   {1, 7, 512, 2048, 1},  {1, 7, 512, 512, 3, 1, 1, 1},
      {1, 28, 1, 32, 3},  {8, 14, 256, 256, 3, 1, 1, 1}, {8, 14, 1024, 256, 1}, {3, 9, 5, 7, 3},
      {5, 12, 24, 10, 5}};
  for (auto& c : others) {
    report(convolution_forward(c, WeightForm::chosen, true), false);
    report(convolution_backward_data(c, WeightForm::chosen), false);
    report(convolution_backward_weights(c, WeightForm::chosen, true), false);
  }
  print_machine();
}
