// Convolution and its two gradients by oneDNN on (N, spatial..., C) with kernels (spatial..., C/groups, F). The kernel is
// reordered to the library's own form: once while it is steady, else in the same call, where it is small beside the work.
//
// The library chooses its blocking, and with it the order of sums, by the number of threads (in small shapes forward and
// backwards, in the kernel's gradient nearly always). So the batch is cut into slices whose number follows from the shape,
// each by a one-thread primitive, the parts of a sum added in order; that costs 0 to 4 % (docs/measurements.md).
#include <fmt/format.h>

#include "backend/bias_sum_relu.h"
#include "backend/cpu/parallel.h"
#include "backend/cpu/staged.h"
#include "backend/window.h"

namespace strata::cpu {
namespace {

using dnnl::memory;

struct Problem {
  memory::dims x, y, kernel;                    // oneDNN's order: (N, C, spatial), ([G,] F, C, spatial)
  memory::dims kernel_strides;                  // of Keras' form
  memory::dims strides, dilation, low, high;
  std::int64_t spatial = 1;                     // elements of y's spatial axes
};

memory::dims channels_second(const std::vector<std::int64_t>& dims) {
  memory::dims d{dims.front(), dims.back()};
  d.insert(d.end(), dims.begin() + 1, dims.end() - 1);
  return d;
}

memory::desc described(const memory::dims& dims, const memory::dims& strides) { return {dims, memory::data_type::f32, strides}; }
memory::desc any(const memory::dims& dims) { return {dims, memory::data_type::f32, memory::format_tag::any}; }

// (N, C, spatial) whose elements lie as (N, spatial, C).
memory::desc channels_last(const memory::dims& dims) {
  memory::dims strides(dims.size());
  std::int64_t n = dims[1];
  strides[1] = 1;
  for (std::size_t i = dims.size(); i-- > 2; n *= dims[i]) strides[i] = n;
  strides[0] = n;
  return described(dims, strides);
}

std::variant<Problem, Declined> problem_of(const ArrayType& x, const ArrayType& kernel, const ArrayType& y, const Attributes& a) {
  if (!is_float32(x) || !is_float32(kernel)) return Declined{"it is not float32"};
  if (a.flag("filters_first")) return Declined{"its kernel has its filters first"};
  const int spatial = x.rank() - 2;
  if (spatial > 3) return Declined{"it has more than three spatial axes"};
  if (x.elements() == 0 || y.elements() == 0) return Declined{"it has no elements"};
  Problem p;
  p.x = channels_second(x.dims);
  p.y = channels_second(y.dims);
  const std::int64_t groups = a.integer("groups"), c = kernel.dim(-2), f = kernel.dim(-1);
  p.kernel = {f / groups, c};
  p.kernel_strides = {1, f};
  if (groups > 1) {
    p.kernel.insert(p.kernel.begin(), groups);
    p.kernel_strides.insert(p.kernel_strides.begin(), f / groups);
  }
  for (int i = 0; i < spatial; ++i) {
    const auto k = static_cast<std::size_t>(i);
    const std::int64_t size = kernel.dims[k], stride = a.integers("strides")[k], dilation = a.integers("dilation")[k];
    const WindowAxis axis = window_axis(a.text("padding"), x.dims[k + 1], size, stride, dilation);
    p.kernel.push_back(size);
    p.kernel_strides.push_back(product(kernel, i + 1, kernel.rank()));
    p.strides.push_back(stride);
    p.dilation.push_back(dilation - 1);
    p.low.push_back(axis.low);
    p.high.push_back(axis.high);
    p.spatial *= y.dims[k + 1];
  }
  if (spatial == 1 && groups > 1 && groups == x.dim(-1)) {  // the library's depthwise kernels know two spatial axes
    p.x.insert(p.x.begin() + 2, 1);
    p.y.insert(p.y.begin() + 2, 1);
    p.kernel.insert(p.kernel.end() - 1, 1);
    p.kernel_strides.insert(p.kernel_strides.end() - 1, product(kernel, 0, kernel.rank()));
    for (memory::dims* zero : {&p.dilation, &p.low, &p.high}) zero->insert(zero->begin(), 0);
    p.strides.insert(p.strides.begin(), 1);
  }
  return p;
}

dnnl::convolution_forward::primitive_desc forward_of(const Problem& p, bool has_bias, const dnnl::primitive_attr& attributes) {
  const memory::desc x = channels_last(p.x), bias = any({p.y[1]});
  const auto prop = dnnl::prop_kind::forward_training;
  const auto algorithm = dnnl::algorithm::convolution_direct;
  if (has_bias)
    return {{prop, algorithm, x, any(p.kernel), bias, channels_last(p.y), p.strides, p.dilation, p.low, p.high}, attributes, onednn_engine()};
  return {{prop, algorithm, x, any(p.kernel), channels_last(p.y), p.strides, p.dilation, p.low, p.high}, attributes, onednn_engine()};
}

dnnl::convolution_backward_data::primitive_desc input_gradient_of(const Problem& p) {
  return {{dnnl::algorithm::convolution_direct, channels_last(p.x), any(p.kernel), channels_last(p.y), p.strides, p.dilation, p.low, p.high},
          onednn_attributes(), onednn_engine(), forward_of(p, false, onednn_attributes())};
}

// Consecutive samples of the batch.
struct Part {
  Problem problem;
  std::size_t x, y;  // where they begin, in bytes
};
constexpr std::int64_t most_slices = 8;
std::vector<Part> parts_of(const Problem& p, std::int64_t most) {
  const std::int64_t n = p.x[0], rows = (n + most - 1) / most;
  const std::size_t x = channels_last(p.x).get_size() / static_cast<std::size_t>(n), y = channels_last(p.y).get_size() / static_cast<std::size_t>(n);
  std::vector<Part> parts;
  for (std::int64_t from = 0; from < n; from += rows) {
    parts.push_back({p, x * static_cast<std::size_t>(from), y * static_cast<std::size_t>(from)});
    parts.back().problem.x[0] = parts.back().problem.y[0] = std::min(rows, n - from);
  }
  return parts;
}

// One large sample has no slices.
bool runs_whole(const Problem& p, const Machine& machine, bool equal_bits) {
  std::int64_t multiplications = p.spatial * p.y[1];
  for (std::size_t i = p.kernel.size() - p.strides.size() - 1; i < p.kernel.size(); ++i) multiplications *= p.kernel[i];
  return !machine.reproducible || (p.x[0] == 1 && equal_bits && multiplications > 1'000'000);
}

// The kernel in the forms that the slices' primitives want: one reorder for each form, in every call or, where the kernel is
// steady, when it changed.
class KernelForms {
 public:
  KernelForms(const Problem& p, bool is_steady, ScratchLayout& scratch, Stages& parts)
      : keras_(described(p.kernel, p.kernel_strides)), is_steady_(is_steady), scratch_(scratch), parts_(parts) {}

  Place wanted(const memory::desc& form) {
    const Place given{Place::input, 1};
    if (form == keras_) {
      is_read_ = true;
      return given;
    }
    for (const auto& [made, place] : made_)
      if (made == form) return place;
    made_.emplace_back(form, (is_steady_ ? kept_ : scratch_).take(form.get_size()));
    (is_steady_ ? parts_.renewals : parts_.stages).push_back(reorder_stage(keras_, given, form, made_.back().second, scratch_));
    return made_.back().second;
  }
  std::size_t kept_bytes() const { return kept_.bytes(); }
  bool is_read() const { return is_read_ || !is_steady_; }  // by a run

 private:
  memory::desc keras_;
  bool is_steady_, is_read_ = false;
  ScratchLayout& scratch_;
  ScratchLayout kept_{Place::kept};
  Stages& parts_;
  std::vector<std::pair<memory::desc, Place>> made_;
};

// Of a convolution or its input gradient, whose operand 1 is the kernel.
Candidate candidate(std::string name, Stages parts, const KernelForms& kernel, const ScratchLayout& scratch) {
  parts.scratch_bytes = scratch.bytes();
  Candidate c{.name = std::move(name), .scratch_bytes = scratch.bytes() + parts.epilogue.scratch_bytes(), .kept_bytes = kernel.kept_bytes()};
  if (!kernel.is_read()) c.kept_inputs = {parts.order[1]};
  if (parts.begins_as >= 0) c.in_place = {{parts.begins_as, 0}};
  c.prepare = [parts = std::move(parts)] { return std::make_shared<const StagedKernel>(parts); };
  return c;
}

}  // namespace

Answer convolution_onednn(const Region& region, const Machine& machine) {
  const int anchor = anchor_of(region);
  const RegionOp& op = region.ops[static_cast<std::size_t>(anchor)];
  auto made = problem_of(region.type(op.inputs[0]), region.type(op.inputs[1]), op.outputs[0], *op.attributes);
  if (auto* declined = std::get_if<Declined>(&made)) return *declined;
  const Problem& p = std::get<Problem>(made);

  // Bias, another summand and relu are the library's own; any other elementwise ops follow in a pass.
  auto fused = bias_sum_relu(region, anchor);
  Stages parts{.order = inputs_of(op)};
  if (fused && std::find(parts.order.begin(), parts.order.end(), fused->sum) != parts.order.end()) fused.reset();
  std::string name = "onednn convolution";
  const bool has_bias = fused && fused->bias >= 0, has_sum = fused && fused->sum >= 0;
  if (fused) {
    if (has_bias) parts.order.push_back(fused->bias), name += " + bias";
    if (has_sum) parts.begins_as = fused->sum, name += " + sum";
    if (fused->relu) name += " + relu";
    parts.epilogue = Epilogue::direct();
  } else {
    auto rest = Epilogue::make(region, machine, anchor);
    if (auto* declined = std::get_if<Declined>(&rest)) return *declined;
    parts.epilogue = std::get<Epilogue>(rest);
    if (!parts.epilogue.empty()) name += " + epilogue";
  }
  const auto described_by = [&](const Problem& part) {
    dnnl::post_ops post;
    if (has_sum) post.append_sum();
    if (fused && fused->relu) append_relu(post);
    dnnl::primitive_attr attributes = onednn_attributes();
    attributes.set_post_ops(post);
    return forward_of(part, has_bias, attributes);
  };
  try {
    ScratchLayout scratch;
    KernelForms kernel(p, is_steady(region, op.inputs[1].index), scratch, parts);
    const bool whole = runs_whole(p, machine, has_equal_bits(described_by(p)));
    for (const Part& part : parts_of(p, whole ? 1 : most_slices)) {
      const auto one = whole ? nullptr : std::make_unique<OneThread>();
      const auto pd = described_by(part.problem);
      refuse_reference(pd);
      Stage stage{dnnl::convolution_forward(pd),
                  {{DNNL_ARG_SRC, pd.src_desc(), {Place::input, 0, part.x}}, {DNNL_ARG_WEIGHTS, pd.weights_desc(), kernel.wanted(pd.weights_desc())},
                   {DNNL_ARG_DST, pd.dst_desc(), {Place::output, 0, part.y}},
                   {DNNL_ARG_SCRATCHPAD, pd.scratchpad_desc(), scratch.take(pd.scratchpad_desc().get_size())}}};
      if (has_bias) stage.arguments.push_back({DNNL_ARG_BIAS, pd.bias_desc(), {Place::input, 2}});
      (whole ? parts.stages : parts.slices).push_back(std::move(stage));
    }
    parts.output_bytes = op.outputs[0].bytes();
    return candidate(std::move(name), std::move(parts), kernel, scratch);
  } catch (const dnnl::error& e) {
    return Declined{fmt::format("oneDNN: {}", e.what())};
  }
}

Answer convolution_input_gradient_onednn(const Region& region, const Machine& machine) {
  const int anchor = anchor_of(region);
  const RegionOp& op = region.ops[static_cast<std::size_t>(anchor)];
  auto made = problem_of(op.outputs[0], region.type(op.inputs[1]), region.type(op.inputs[0]), *op.attributes);
  if (auto* declined = std::get_if<Declined>(&made)) return *declined;
  const Problem& p = std::get<Problem>(made);
  auto rest = Epilogue::make(region, machine, anchor);
  if (auto* declined = std::get_if<Declined>(&rest)) return *declined;
  Stages parts{.order = inputs_of(op), .epilogue = std::get<Epilogue>(rest)};
  try {
    ScratchLayout scratch;
    KernelForms kernel(p, is_steady(region, op.inputs[1].index), scratch, parts);
    const bool whole = runs_whole(p, machine, has_equal_bits(input_gradient_of(p)));
    for (const Part& part : parts_of(p, whole ? 1 : most_slices)) {
      const auto one = whole ? nullptr : std::make_unique<OneThread>();
      const auto pd = input_gradient_of(part.problem);
      refuse_reference(pd);
      (whole ? parts.stages : parts.slices).push_back({dnnl::convolution_backward_data(pd),
                        {{DNNL_ARG_DIFF_DST, pd.diff_dst_desc(), {Place::input, 0, part.y}}, {DNNL_ARG_WEIGHTS, pd.weights_desc(), kernel.wanted(pd.weights_desc())},
                         {DNNL_ARG_DIFF_SRC, pd.diff_src_desc(), {Place::output, 0, part.x}},
                         {DNNL_ARG_SCRATCHPAD, pd.scratchpad_desc(), scratch.take(pd.scratchpad_desc().get_size())}}});
    }
    return candidate(std::string("onednn convolution input gradient") + (parts.epilogue.empty() ? "" : " + epilogue"), std::move(parts), kernel, scratch);
  } catch (const dnnl::error& e) {
    return Declined{fmt::format("oneDNN: {}", e.what())};
  }
}

namespace {

// Slices of the batch in parallel, each in one thread; their sum; the reorder to Keras' form.
class SlicedGradient final : public Kernel {
 public:
  std::vector<Stage> slices;
  std::vector<Stage> last;
  std::size_t partial = 0, sum = 0;  // offsets of the slices' gradients and of their sum
  std::int64_t elements = 0;
  bool sum_to_output = false, one_thread_each = true;
  const Tiles* tiles = nullptr;

  std::unique_ptr<Call> bind(std::span<void* const> inputs, std::span<void* const> outputs, Workspace workspace) const override {
    return std::make_unique<Bound>(*this, inputs, outputs, workspace);
  }

 private:
  class Bound final : public Call {
   public:
    Bound(const SlicedGradient& kernel, std::span<void* const> inputs, std::span<void* const> outputs, Workspace workspace)
        : tiles_(*kernel.tiles), elements_(kernel.elements), one_thread_each_(kernel.one_thread_each) {
      for (const Stage& s : kernel.slices) slices_.emplace_back(s, inputs.data(), outputs.data(), workspace);
      for (const Stage& s : kernel.last) last_.emplace_back(s, inputs.data(), outputs.data(), workspace);
      partial_ = reinterpret_cast<float*>(static_cast<char*>(workspace.scratch) + kernel.partial);
      sum_ = kernel.sum_to_output ? static_cast<float*>(outputs[0]) : reinterpret_cast<float*>(static_cast<char*>(workspace.scratch) + kernel.sum);
    }
    void run() override {
      const auto count = static_cast<std::int64_t>(slices_.size());
      if (!one_thread_each_) slices_[0].run();
      else parallel(count, parallel_work, [&](std::int64_t begin, std::int64_t end) {
        const OneThread one;
        for (std::int64_t i = begin; i < end; ++i) slices_[static_cast<std::size_t>(i)].run();
      });
      constexpr std::int64_t block = 4096;
      parallel((elements_ + block - 1) / block, elements_ * count, [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t from = begin * block, to = std::min(end * block, elements_);
        tiles_.column_sum(partial_ + from, count, to - from, elements_, sum_ + from);
      });
      for (BoundStage& s : last_) s.run();
    }

   private:
    const Tiles& tiles_;
    std::int64_t elements_;
    bool one_thread_each_;
    std::vector<BoundStage> slices_, last_;
    float *partial_, *sum_;
  };
};

}  // namespace

Answer convolution_kernel_gradient_onednn(const Region& region, const Machine& machine) {
  const RegionOp& op = region.ops[0];
  if (region.ops.size() != 1) return Declined{"it takes no epilogue"};
  auto found = problem_of(region.type(op.inputs[0]), op.outputs[0], region.type(op.inputs[1]), *op.attributes);
  if (auto* declined = std::get_if<Declined>(&found)) return *declined;
  const Problem& whole = std::get<Problem>(found);
  try {
    auto kernel = std::make_shared<SlicedGradient>();
    kernel->tiles = machine.tiles;
    kernel->one_thread_each = machine.reproducible;
    ScratchLayout scratch;
    const memory::desc keras = described(whole.kernel, whole.kernel_strides);
    const std::vector<Part> parts = parts_of(whole, machine.reproducible ? most_slices : 1);
    memory::desc form;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Problem& p = parts[i].problem;
      const auto one = machine.reproducible ? std::make_unique<OneThread>() : nullptr;
      // All slices in the form that the first one chose, so that they add up element by element.
      const dnnl::convolution_backward_weights::primitive_desc pd(
          {dnnl::algorithm::convolution_direct, channels_last(p.x), i == 0 ? any(p.kernel) : form, channels_last(p.y), p.strides,
           p.dilation, p.low, p.high},
          onednn_attributes(), onednn_engine(), forward_of(p, false, onednn_attributes()));
      refuse_reference(pd);
      if (i == 0) {
        form = pd.diff_weights_desc();
        bytes = form.get_size();
        kernel->partial = scratch.take(bytes * parts.size()).offset;
        kernel->elements = static_cast<std::int64_t>(bytes / sizeof(float));
        kernel->sum_to_output = form == keras;
        if (!kernel->sum_to_output) kernel->sum = scratch.take(bytes).offset;
      }
      kernel->slices.push_back({dnnl::convolution_backward_weights(pd),
                                {{DNNL_ARG_SRC, pd.src_desc(), {Place::input, 0, parts[i].x}},
                                 {DNNL_ARG_DIFF_DST, pd.diff_dst_desc(), {Place::input, 1, parts[i].y}},
                                 {DNNL_ARG_DIFF_WEIGHTS, form, {Place::scratch, 0, kernel->partial + bytes * i}},
                                 {DNNL_ARG_SCRATCHPAD, pd.scratchpad_desc(), scratch.take(pd.scratchpad_desc().get_size())}}});
    }
    if (!kernel->sum_to_output)
      kernel->last.push_back(reorder_stage(form, {Place::scratch, 0, kernel->sum}, keras, {Place::output, 0}, scratch));
    return Candidate{.name = fmt::format("onednn convolution kernel gradient in {} slice{}", parts.size(), parts.size() == 1 ? "" : "s"),
                     .scratch_bytes = scratch.bytes(), .prepare = [kernel] { return kernel; }};
  } catch (const dnnl::error& e) {
    return Declined{fmt::format("oneDNN: {}", e.what())};
  }
}

}  // namespace strata::cpu
