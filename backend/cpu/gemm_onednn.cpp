// Matrix products by oneDNN's matmul on Keras' form of the weights: at the machine's peak for dense layers, forward and
// both gradients (docs/measurements.md). Bias and relu are its own epilogue.
//
// The same bits at any number of threads (docs/measurements.md): its blocked kernels ("brg", where the machine has AVX-512)
// give them but for long sums (a weight's gradient over more than 1024 rows), which are cut into pieces of 1024 that are
// added up in order. Its others do not: there rows or columns are cut into slices whose number follows from the shape,
// each by a one-thread primitive. A product with a vector has loops of our own.
#include <algorithm>

#include <fmt/format.h>

#include "backend/bias_sum_relu.h"
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

// A matrix that no cache holds is read in the order of memory: slices of its rows, whose sums are added in order.
Answer product_with_large_matrix(const Region& region, const Machine& machine, std::int64_t n, std::int64_t k, bool vector_first) {
  const Slices slices(k, n);
  return with_epilogue(region, machine, "vector by large matrix", static_cast<std::size_t>(slices.count * n) * sizeof(float),
                       [=, &tiles = *machine.tiles](void* const* inputs, void* output, void* scratch) {
                         const float *a = in(inputs, vector_first ? 0 : 1), *b = in(inputs, vector_first ? 1 : 0);
                         float* const partial = static_cast<float*>(scratch);
                         parallel(slices.count, n * k, [&](std::int64_t begin, std::int64_t end) {
                           for (std::int64_t i = begin; i < end; ++i)
                             tiles.vector_by_rows(a + slices.begin(i), b + slices.begin(i) * n, slices.begin(i + 1) - slices.begin(i), n, partial + i * n);
                         });
                         tiles.column_sum(partial, slices.count, n, n, static_cast<float*>(output));
                       });
}

Answer product_with_vector(const Region& region, const Machine& machine, const Gemm& g) {
  const bool row = g.m == 1;  // otherwise c^T = b^T op(a)^T
  constexpr std::int64_t large = std::int64_t{1} << 20;  // elements
  const bool rows_in_memory = row ? !g.transpose_b : g.transpose_a;
  if (rows_in_memory && g.n * g.m * g.k >= large) return product_with_large_matrix(region, machine, row ? g.n : g.m, g.k, row);
  return with_epilogue(region, machine, "matrix by vector", 0, [g, row, &tiles = *machine.tiles](void* const* inputs, void* output, void*) {
    const float *a = in(inputs, 0), *b = in(inputs, 1);
    float* c = static_cast<float*>(output);
    if (row) vector_matrix(tiles, g.transpose_b, g.n, g.k, a, b, c);
    else vector_matrix(tiles, !g.transpose_a, g.m, g.k, b, a, c);
  });
}

// A part of the product: some matrices of the batch, rows and columns of c, and terms of the sum.
struct Piece {
  struct Range {
    std::int64_t from, size;
  } batch, m, n, k;
};

std::vector<Piece> pieces_of_sum(const Gemm& g, std::int64_t longest) {
  std::vector<Piece> pieces;
  for (std::int64_t k = 0; k < g.k; k += longest) pieces.push_back({{0, g.batch}, {0, g.m}, {0, g.n}, {k, std::min(longest, g.k - k)}});
  return pieces;
}

std::vector<Piece> slices_of(const Gemm& g) {
  const auto axis = g.batch > 1 ? &Piece::batch : g.n >= g.m ? &Piece::n : &Piece::m;
  const Bands bands = g.batch > 1 ? Bands(g.batch) : Bands(std::max(g.m, g.n), 16);
  std::vector<Piece> slices(static_cast<std::size_t>(bands.count), {{0, g.batch}, {0, g.m}, {0, g.n}, {0, g.k}});
  for (std::int64_t i = 0; i < bands.count; ++i) slices[static_cast<std::size_t>(i)].*axis = {bands.from(i), bands.width(i)};
  return slices;
}

// c = relu(op(a) op(b) + bias), piece by piece.
struct Layer {
  const Gemm& g;
  bool has_bias, has_relu;

  Stage stage(const Piece& p, ScratchLayout& scratch, bool& same_bits) const {
    const auto f32 = memory::data_type::f32;
    const auto matrix = [&](bool one_for_all, std::int64_t rows, std::int64_t columns, std::int64_t stride, memory::dims strides) {
      if (g.batch == 1) return memory::desc({rows, columns}, f32, strides);
      strides.insert(strides.begin(), stride);
      return memory::desc({one_for_all ? 1 : p.batch.size, rows, columns}, f32, strides);
    };
    const memory::dims a_strides{g.transpose_a ? 1 : g.k, g.transpose_a ? g.m : 1}, b_strides{g.transpose_b ? 1 : g.n, g.transpose_b ? g.k : 1};
    const memory::desc a = matrix(g.stride_a == 0, p.m.size, p.k.size, g.m * g.k, a_strides);
    const memory::desc b = matrix(g.stride_b == 0, p.k.size, p.n.size, g.k * g.n, b_strides);
    const memory::desc c = matrix(false, p.m.size, p.n.size, g.m * g.n, {g.n, 1});
    const memory::desc bias = matrix(true, 1, p.n.size, g.n, {g.n, 1});
    const bool last = p.k.from + p.k.size == g.k;
    dnnl::primitive_attr attributes = onednn_attributes();
    dnnl::post_ops post;
    if (p.k.from > 0) post.append_sum(1.0f);
    if (last && has_relu) append_relu(post);
    attributes.set_post_ops(post);
    const bool adds_bias = has_bias && last;
    const dnnl::matmul::desc desc = adds_bias ? dnnl::matmul::desc(a, b, bias, c) : dnnl::matmul::desc(a, b, c);
    const dnnl::matmul::primitive_desc pd(desc, attributes, onednn_engine());
    refuse_reference(pd);
    same_bits = same_bits && std::string_view(pd.impl_info_str()).substr(0, 3) == "brg";
    const auto bytes = [](std::int64_t elements) { return static_cast<std::size_t>(elements) * sizeof(float); };
    Stage stage{dnnl::matmul(pd),
                {{DNNL_ARG_SRC, a, {Place::input, 0, bytes(p.batch.from * g.stride_a + p.m.from * a_strides[0] + p.k.from * a_strides[1])}},
                 {DNNL_ARG_WEIGHTS, b, {Place::input, 1, bytes(p.batch.from * g.stride_b + p.k.from * b_strides[0] + p.n.from * b_strides[1])}},
                 {DNNL_ARG_DST, c, {Place::output, 0, bytes(p.batch.from * g.m * g.n + p.m.from * g.n + p.n.from)}},
                 {DNNL_ARG_SCRATCHPAD, pd.scratchpad_desc(), scratch.take(pd.scratchpad_desc().get_size())}}};
    if (adds_bias) stage.arguments.push_back({DNNL_ARG_BIAS, bias, {Place::input, 2, bytes(p.n.from)}});
    return stage;
  }
};

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

  auto fused = bias_sum_relu(region, anchor);
  if (fused && fused->sum >= 0) fused.reset();
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
  const Layer layer{g, has_bias, fused && fused->relu};
  try {
    ScratchLayout scratch;
    std::vector<Stage> stages, slices;
    bool same_bits = true;
    for (const Piece& piece : pieces_of_sum(g, machine.reproducible && g.transpose_a && g.batch == 1 ? longest_sum : g.k))
      stages.push_back(layer.stage(piece, scratch, same_bits));
    if (machine.reproducible && !same_bits) {
      stages.clear();
      scratch = ScratchLayout();
      const OneThread one;
      for (const Piece& piece : slices_of(g)) slices.push_back(layer.stage(piece, scratch, same_bits));
      name += fmt::format(" in {} slice{}", slices.size(), slices.size() == 1 ? "" : "s");
    }
    const Stages parts{.stages = stages, .slices = slices, .order = order, .epilogue = epilogue, .scratch_bytes = scratch.bytes()};
    return Candidate{.name = std::move(name), .scratch_bytes = scratch.bytes() + epilogue.scratch_bytes(),
                     .prepare = [parts] { return std::make_shared<const StagedKernel>(parts); }};
  } catch (const dnnl::error& e) {
    return Declined{fmt::format("oneDNN: {}", e.what())};
  }
}

}  // namespace strata::cpu
