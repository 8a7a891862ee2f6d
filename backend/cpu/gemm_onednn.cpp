// Matrix products by oneDNN's matmul on Keras' form of the weights: at the machine's peak for dense layers, forward and
// both gradients (docs/measurements.md). Bias and relu are its own epilogue.
//
// Its bits are those of any number of threads but for long sums (a kernel's gradient over more than 1024 rows): these are
// cut into pieces of 1024 that are added up in order. A product with a vector has loops of our own.
#include <algorithm>

#include <fmt/format.h>

#include "backend/cpu/gemm.h"
#include "backend/cpu/parallel.h"
#include "backend/cpu/staged.h"

namespace strata::cpu {
namespace {

constexpr std::int64_t longest_sum = 1024;

using dnnl::memory;

// A vector by a matrix: c = a b, b (k, n); or where b is transposed (n, k).
void vector_matrix(const Tiles& tiles, bool transpose_b, std::int64_t n, std::int64_t k, const float* a, const float* b, float* c) {
  constexpr std::int64_t block = 64;
  parallel((n + block - 1) / block, n * k, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t from = begin * block, to = std::min(end * block, n);
    if (transpose_b) tiles.rows_by_vector(b + from * k, a, to - from, k, 0.0f, c + from);
    else tiles.vector_by_columns(a, b + from, k, to - from, n, 0.0f, c + from);
  });
}

Answer product_with_vector(const Region& region, const Machine& machine, const Gemm& g) {
  const bool row = g.m == 1;  // otherwise c^T = b^T op(a)^T
  return with_epilogue(region, machine, "matrix by vector", 0, [g, row, &tiles = *machine.tiles](void* const* inputs, void* output, void*) {
    const float *a = in(inputs, 0), *b = in(inputs, 1);
    float* c = static_cast<float*>(output);
    if (row) vector_matrix(tiles, g.transpose_b, g.n, g.k, a, b, c);
    else vector_matrix(tiles, !g.transpose_a, g.m, g.k, b, a, c);
  });
}

}  // namespace

Answer gemm_onednn(const Region& region, const Machine& machine) {
  const int anchor = anchor_of(region);
  const RegionOp& op = region.ops[static_cast<std::size_t>(anchor)];
  if (!is_float32(op.outputs[0])) return Declined{"it is not float32"};
  auto made = gemm_of(region);
  if (auto* declined = std::get_if<Declined>(&made)) return *declined;
  const Gemm g = std::get<Gemm>(made);
  if (g.batch * g.m * g.n * g.k == 0) return Declined{"it has no elements"};
  if (g.batch == 1 && (g.m == 1 || g.n == 1)) return product_with_vector(region, machine, g);

  const auto fused = bias_and_relu(region, anchor);
  Epilogue epilogue = Epilogue::direct();
  if (!fused) {
    auto rest = Epilogue::make(region, machine, anchor);
    if (auto* declined = std::get_if<Declined>(&rest)) return *declined;
    epilogue = std::get<Epilogue>(rest);
  }
  std::vector<int> order = inputs_of(op);
  const bool has_bias = fused && fused->bias >= 0;
  if (has_bias) order.push_back(fused->bias);
  std::string name = "onednn matmul";
  if (has_bias) name += " + bias";
  if (fused && fused->relu) name += " + relu";
  if (!epilogue.empty()) name += " + epilogue";
  const auto f32 = memory::data_type::f32;
  const std::int64_t piece = machine.reproducible && g.transpose_a && g.batch == 1 ? longest_sum : g.k;
  try {
    ScratchLayout scratch;
    std::vector<Stage> stages;
    for (std::int64_t from = 0; from < g.k; from += piece) {
      const std::int64_t k = std::min(piece, g.k - from);
      const std::int64_t batch_a = g.stride_a == 0 ? 1 : g.batch, batch_b = g.stride_b == 0 ? 1 : g.batch;
      const memory::desc a({batch_a, g.m, k}, f32, memory::dims{g.m * g.k, g.transpose_a ? 1 : g.k, g.transpose_a ? g.m : 1});
      const memory::desc b({batch_b, k, g.n}, f32, memory::dims{g.k * g.n, g.transpose_b ? 1 : g.n, g.transpose_b ? g.k : 1});
      const memory::desc c({g.batch, g.m, g.n}, f32, memory::dims{g.m * g.n, g.n, 1});
      const memory::desc bias({1, 1, g.n}, f32, memory::dims{g.n, g.n, 1});
      const bool last = from + k == g.k;
      const auto flat = [&](const memory::desc& d) { return g.batch == 1 ? d.reshape({d.dims()[1], d.dims()[2]}) : d; };
      dnnl::primitive_attr attributes = onednn_attributes();
      dnnl::post_ops post;
      if (from > 0) post.append_sum(1.0f);
      if (last && fused && fused->relu) append_relu(post);
      attributes.set_post_ops(post);
      const bool adds_bias = has_bias && last;
      const dnnl::matmul::desc desc = adds_bias ? dnnl::matmul::desc(flat(a), flat(b), flat(bias), flat(c)) : dnnl::matmul::desc(flat(a), flat(b), flat(c));
      const dnnl::matmul::primitive_desc pd(desc, attributes, onednn_engine());
      refuse_reference(pd);
      const std::size_t a_offset = static_cast<std::size_t>(from * (g.transpose_a ? g.m : 1)) * sizeof(float);
      const std::size_t b_offset = static_cast<std::size_t>(from * (g.transpose_b ? 1 : g.n)) * sizeof(float);
      Stage stage{dnnl::matmul(pd),
                  {{DNNL_ARG_SRC, flat(a), {Place::input, 0, a_offset}}, {DNNL_ARG_WEIGHTS, flat(b), {Place::input, 1, b_offset}},
                   {DNNL_ARG_DST, flat(c), {Place::output, 0}},
                   {DNNL_ARG_SCRATCHPAD, pd.scratchpad_desc(), scratch.take(pd.scratchpad_desc().get_size())}}};
      if (adds_bias) stage.arguments.push_back({DNNL_ARG_BIAS, flat(bias), {Place::input, 2}});
      stages.push_back(std::move(stage));
    }
    return Candidate{.name = std::move(name), .scratch_bytes = scratch.bytes() + epilogue.scratch_bytes(), .prepare = [=, own = scratch.bytes()] {
      return std::make_shared<const StagedKernel>(stages, std::vector<Stage>(), order, epilogue, own);
    }};
  } catch (const dnnl::error& e) {
    return Declined{fmt::format("oneDNN: {}", e.what())};
  }
}

}  // namespace strata::cpu
