// Graphs of cuDNN's operations and the plans that run them. A plan is an engine that the library's heuristics chose and that keeps the
// machine's rules. cudnn-frontend describes the graphs; its headers take long to compile and stay in cudnn_graph.cpp.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "backend/cuda/maker.h"
#include "backend/cuda/strided.h"

namespace cudnn_frontend::graph { class Tensor_attributes; }

namespace strata::cuda {

// float32, float64, bfloat16 and float16. All are summed in float32, float64 in itself.
bool cudnn_computes(DType t);

struct CudnnPlan {
  std::size_t workspace_bytes;
  // The call that runs it on these addresses, by the ids of operands and results.
  using Addresses = std::span<const std::pair<std::int64_t, void*>>;
  std::function<std::function<void()>(Addresses addresses, void* workspace, const Machine& machine)> bind;
};

class CudnnGraph {
 public:
  using Tensor = std::shared_ptr<cudnn_frontend::graph::Tensor_attributes>;
  using Dims = std::vector<std::int64_t>;

  // Operands and results lie at multiples of `alignment` bytes and are of type t where they name no other; what is between them is of
  // the type that sums are made in.
  CudnnGraph(DType t, std::int64_t alignment);

  // `id` names an address.
  Tensor operand(std::int64_t id, const Strided& a);
  Tensor operand(std::int64_t id, const Strided& a, DType t);
  Tensor number(float value);
  void result(const Tensor& tensor, std::int64_t id, const Strided& a);
  void result(const Tensor& tensor, std::int64_t id, const Strided& a, DType t);
  Tensor shaped(const Tensor& tensor, const Strided& a);  // where it does not follow from the operands
  Tensor rounded(const Tensor& tensor);                 // to t

  enum class Pointwise { add, subtract, multiply, divide, exp, log, relu, identity };
  Tensor pointwise(Pointwise op, const Tensor& x, const Tensor& y = nullptr);
  Tensor lower_triangle(const Tensor& x, const Strided& a, float above);  // of the last two axes, and the number that is elsewhere
  enum class Reduction { sum, max };
  Tensor reduction(Reduction op, const Tensor& x, const Strided& to);
  Tensor matmul(const Tensor& a, const Tensor& b);
  Tensor reshape(const Tensor& x, const Strided& to);

  struct Windows { Dims low, high, strides, dilation; };
  Tensor convolution(const Tensor& x, const Tensor& kernel, const Windows& w);
  Tensor convolution_input_gradient(const Tensor& dy, const Tensor& kernel, const Windows& w);
  Tensor convolution_kernel_gradient(const Tensor& dy, const Tensor& x, const Windows& w);

  struct Norm { Tensor y, mean, inverse; };
  Norm batch_norm(const Tensor& x, const Tensor& gamma, const Tensor& beta, float epsilon);
  struct NormGradient { Tensor dx, dgamma, dbeta; };
  NormGradient batch_norm_gradient(const Tensor& dy, const Tensor& x, const Tensor& gamma, const Tensor& mean, const Tensor& inverse);

  // Its plan, or why there is none. Without a device: for one of the machine's compute capability. The graph is used up. Engines that
  // compile their kernel take a second: `when_bound` leaves that until somebody runs it, and trusts what they say of themselves.
  using Answer = std::variant<std::shared_ptr<const CudnnPlan>, std::string>;
  enum class Made { now, when_bound };
  Answer plan(const Machine& machine, std::size_t most_workspace, Made made);

 private:
  struct Described;
  std::shared_ptr<Described> described_;
};

}  // namespace strata::cuda
