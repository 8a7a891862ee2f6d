// What one more dependent kernel costs: enqueued on a stream, and as a node of a graph.
#include "benchmarks/ceilings/ceilings.h"
#include "benchmarks/ceilings/device.h"

namespace strata::ceilings {
namespace {

void enqueue(int kernels, bool empty) {
  for (int i = 0; i < kernels; ++i) {
    if (empty) enqueue_nothing();
    else enqueue_a_wait(10'000);
  }
}

class Captured {
 public:
  Captured(int kernels, bool empty) {
    cudaGraph_t graph = nullptr;
    check(cudaStreamBeginCapture(stream(), cudaStreamCaptureModeThreadLocal), "capturing a chain");
    enqueue(kernels, empty);
    check(cudaStreamEndCapture(stream(), &graph), "capturing a chain");
    check(cudaGraphInstantiate(&graph_, graph, 0), "making a graph");
    check(cudaGraphDestroy(graph), "making a graph");
    check(cudaGraphUpload(graph_, stream()), "making a graph");
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;
  ~Captured() { cudaGraphExecDestroy(graph_); }
  void launch() { check(cudaGraphLaunch(graph_, stream()), "launching a graph"); }

 private:
  cudaGraphExec_t graph_ = nullptr;
};

}  // namespace

Json chain_us() {
  Json all;
  for (const bool empty : {true, false})
    for (const int kernels : {10, 100, 1000}) {
      Captured graph(kernels, empty);
      const std::string length = std::to_string(kernels);
      Json& its = all[empty ? "empty" : "10 us"];
      its["stream"][length] = least_us([&] { enqueue(kernels, empty); }) / kernels;
      its["graph"][length] = least_us([&] { graph.launch(); }) / kernels;
    }
  return all;
}

}  // namespace strata::ceilings
