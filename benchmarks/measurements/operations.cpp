#include "operations.h"

#include <cstring>
#include <memory>
#include <unordered_map>

namespace strata::measure {

using namespace dnnl;
using Tag = memory::format_tag;
using Desc = memory::desc;
constexpr auto f32 = memory::data_type::f32;

static primitive_attr own_scratchpad(post_ops ops = {}) {
  primitive_attr attributes;
  attributes.set_scratchpad_mode(scratchpad_mode::user);
  if (ops.len()) attributes.set_post_ops(ops);
  return attributes;
}

static post_ops relu() {
  post_ops ops;
  ops.append_eltwise(1.f, algorithm::eltwise_relu, 0.f, 0.f);
  return ops;
}

static memory bind(const Desc& desc, float* p) { return memory(desc, cpu(), p); }

template <class PrimitiveDesc, class Primitive>
static void add_primitive(Kernel& k, const PrimitiveDesc& desc, std::unordered_map<int, memory> arguments) {
  memory scratchpad(desc.scratchpad_desc(), cpu());
  k.extra_bytes += desc.scratchpad_desc().get_size();
  k.implementation = desc.impl_info_str();
  arguments[DNNL_ARG_SCRATCHPAD] = scratchpad;
  k.steps.push_back({[primitive = Primitive(desc), arguments](stream& s) { primitive.execute(s, arguments); }, false});
}

static void add_conversion(Kernel& k, const memory& from, const memory& to) {
  auto desc = reorder::primitive_desc(from, to, own_scratchpad());
  memory scratchpad(desc.scratchpad_desc(), cpu());
  std::unordered_map<int, memory> arguments{
      {DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}, {DNNL_ARG_SCRATCHPAD, scratchpad}};
  k.steps.push_back({[primitive = reorder(desc), arguments](stream& s) { primitive.execute(s, arguments); }, true});
}

// Weights that a primitive reads: Keras' array, or a copy in the form that it wants.
static memory read_weights(Kernel& k, const memory& keras, const Desc& wanted) {
  if (wanted == keras.get_desc()) return keras;
  memory packed(wanted, cpu());
  k.extra_bytes += wanted.get_size();
  add_conversion(k, keras, packed);
  return packed;
}

// Weights that a primitive writes; finish_weights converts after it has run.
static memory write_weights(Kernel& k, const memory& keras, const Desc& given) {
  if (given == keras.get_desc()) return keras;
  k.extra_bytes += given.get_size();
  return memory(given, cpu());
}
static void finish_weights(Kernel& k, const memory& written, const memory& keras) {
  if (written.get_desc() != keras.get_desc()) add_conversion(k, written, keras);
}

std::string Convolution::name() const {
  return std::to_string(in) + "->" + std::to_string(out) + " " + std::to_string(kernel) + "x" + std::to_string(kernel) +
         (stride > 1 ? "/2" : "") + " on " + std::to_string(size) + "x" + std::to_string(size);
}
std::string Dense::name() const { return std::to_string(rows) + "x" + std::to_string(in) + "x" + std::to_string(out); }
std::string Lstm::name() const { return "T=" + std::to_string(steps) + " b=" + std::to_string(rows); }

// --- convolution

namespace {
struct ConvolutionForms {
  ConvolutionForms(const Convolution& c, int rows, WeightForm form)
      : src({rows, c.in, c.size, c.size}, f32, c.x_tag),
        dst({rows, c.out, c.out_size(), c.out_size()}, f32, c.y_tag),
        keras({c.out, c.in, c.kernel, c.kernel}, f32, Tag::hwio),
        asked({c.out, c.in, c.kernel, c.kernel}, f32, form == WeightForm::keras ? Tag::hwio : Tag::any),
        bias({c.out}, f32, Tag::x),
        strides{c.stride, c.stride},
        before{c.before, c.before},
        after{c.after, c.after} {}
  Desc src, dst, keras, asked, bias;
  memory::dims strides, before, after;
  convolution_forward::primitive_desc forward(bool with_bias, const primitive_attr& attributes) const {
    auto kind = prop_kind::forward_training;
    auto direct = algorithm::convolution_direct;
    auto desc = with_bias ? convolution_forward::desc(kind, direct, src, asked, bias, dst, strides, before, after)
                          : convolution_forward::desc(kind, direct, src, asked, dst, strides, before, after);
    return {desc, attributes, cpu()};
  }
};
size_t src_size(const Convolution& c) { return size_t(c.size) * c.size * c.in; }
size_t dst_size(const Convolution& c) { return size_t(c.out_size()) * c.out_size() * c.out; }
size_t weight_size(const Convolution& c) { return size_t(c.kernel) * c.kernel * c.in * c.out; }
}      // namespace

Case convolution_forward(Convolution c, WeightForm form, bool bias, bool with_relu) {
  return {"conv fwd " + c.name(),
          c.rows,
          c.flop(),
          {{"x", Role::row_input, src_size(c)},
           {"w", Role::shared_input, weight_size(c)},
           {"b", Role::shared_input, size_t(c.out)},
           {"y", Role::row_output, dst_size(c)}},
          [=](int rows, const std::vector<float*>& at) {
            ConvolutionForms f(c, rows, form);
            auto desc = f.forward(bias, own_scratchpad(with_relu ? relu() : post_ops()));
            Kernel k;
            auto weights = read_weights(k, bind(f.keras, at[1]), desc.weights_desc());
            std::unordered_map<int, memory> arguments{
                {DNNL_ARG_SRC, bind(f.src, at[0])}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_DST, bind(f.dst, at[3])}};
            if (bias) arguments[DNNL_ARG_BIAS] = bind(f.bias, at[2]);
            add_primitive<decltype(desc), dnnl::convolution_forward>(k, desc, arguments);
            return k;
          }};
}

Case convolution_backward_data(Convolution c, WeightForm form) {
  return {"conv dgrad " + c.name(),
          c.rows,
          c.flop(),
          {{"dy", Role::row_input, dst_size(c)},
           {"w", Role::shared_input, weight_size(c)},
           {"dx", Role::row_output, src_size(c)}},
          [=](int rows, const std::vector<float*>& at) {
            ConvolutionForms f(c, rows, form);
            auto desc = dnnl::convolution_backward_data::primitive_desc(
                {algorithm::convolution_direct, f.src, f.asked, f.dst, f.strides, f.before, f.after}, own_scratchpad(),
                cpu(), ConvolutionForms(c, rows, WeightForm::chosen).forward(false, {}));
            Kernel k;
            auto weights = read_weights(k, bind(f.keras, at[1]), desc.weights_desc());
            add_primitive<decltype(desc), dnnl::convolution_backward_data>(k, desc,
                                                                           {{DNNL_ARG_DIFF_DST, bind(f.dst, at[0])},
                                                                            {DNNL_ARG_WEIGHTS, weights},
                                                                            {DNNL_ARG_DIFF_SRC, bind(f.src, at[2])}});
            return k;
          }};
}

Case convolution_backward_weights(Convolution c, WeightForm form, bool bias) {
  return {"conv wgrad " + c.name(),
          c.rows,
          c.flop(),
          {{"x", Role::row_input, src_size(c)},
           {"dy", Role::row_input, dst_size(c)},
           {"dw", Role::summed_output, weight_size(c)},
           {"db", Role::summed_output, size_t(c.out)}},
          [=](int rows, const std::vector<float*>& at) {
            ConvolutionForms f(c, rows, form);
            using Backward = dnnl::convolution_backward_weights;
            auto direct = algorithm::convolution_direct;
            auto backward = bias ? Backward::desc(direct, f.src, f.asked, f.bias, f.dst, f.strides, f.before, f.after)
                                 : Backward::desc(direct, f.src, f.asked, f.dst, f.strides, f.before, f.after);
            auto desc = Backward::primitive_desc(backward, own_scratchpad(), cpu(),
                                                 ConvolutionForms(c, rows, WeightForm::chosen).forward(bias, {}));
            Kernel k;
            auto keras = bind(f.keras, at[2]);
            auto written = write_weights(k, keras, desc.diff_weights_desc());
            std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, bind(f.src, at[0])},
                                                      {DNNL_ARG_DIFF_DST, bind(f.dst, at[1])},
                                                      {DNNL_ARG_DIFF_WEIGHTS, written}};
            if (bias) arguments[DNNL_ARG_DIFF_BIAS] = bind(f.bias, at[3]);
            add_primitive<decltype(desc), Backward>(k, desc, arguments);
            finish_weights(k, written, keras);
            return k;
          }};
}

// --- dense: y = x . w + b with w (in, out)

namespace {
struct DenseForms {
  DenseForms(const Dense& d, int rows, WeightForm form)
      : src({rows, d.in}, f32, Tag::nc),
        dst({rows, d.out}, f32, Tag::nc),
        keras({d.out, d.in}, f32, Tag::io),
        asked({d.out, d.in}, f32, form == WeightForm::keras ? Tag::io : Tag::any),
        bias({d.out}, f32, Tag::x) {}
  Desc src, dst, keras, asked, bias;
};
Case dense_case(const char* what, Dense d, std::vector<Operand> operands) {
  return {std::string("dense ") + what + " " + d.name(), d.rows, d.flop(), std::move(operands), {}};
}
Kernel plain_matmul(const Desc& a, float* a_at, const Desc& b, float* b_at, const Desc& c, float* c_at) {
  auto desc = matmul::primitive_desc(matmul::desc(a, b, c), own_scratchpad(), cpu());
  Kernel k;
  add_primitive<decltype(desc), matmul>(
      k, desc, {{DNNL_ARG_SRC, bind(a, a_at)}, {DNNL_ARG_WEIGHTS, bind(b, b_at)}, {DNNL_ARG_DST, bind(c, c_at)}});
  return k;
}
// c = op(a) . op(b), row-major; one that is transposed lies as (columns, rows).
Kernel plain_sgemm(char ta, char tb, int m, int n, int depth, const float* a, const float* b, float* c) {
  int lda = ta == 'T' ? m : depth, ldb = tb == 'T' ? depth : n;
  Kernel k;
  k.implementation = "sgemm";
  k.steps.push_back({[=](stream&) { dnnl::sgemm(ta, tb, m, n, depth, 1.f, a, lda, b, ldb, 0.f, c, n); }, false});
  return k;
}
}      // namespace

Case dense_forward(Dense d, EntryPoint entry, WeightForm form, bool bias_relu) {
  auto c = dense_case("fwd", d,
                      {{"x", Role::row_input, size_t(d.in)},
                       {"w", Role::shared_input, size_t(d.in) * d.out},
                       {"b", Role::shared_input, size_t(d.out)},
                       {"y", Role::row_output, size_t(d.out)}});
  c.build = [=](int rows, const std::vector<float*>& at) {
    DenseForms f(d, rows, form);
    auto attributes = own_scratchpad(bias_relu ? relu() : post_ops());
    Kernel k;
    if (entry == EntryPoint::sgemm) return plain_sgemm('N', 'N', rows, d.out, d.in, at[0], at[1], at[3]);
    if (entry == EntryPoint::matmul) {
      Desc keras({d.in, d.out}, f32, Tag::ab),
          asked({d.in, d.out}, f32, form == WeightForm::keras ? Tag::ab : Tag::any);
      Desc bias({1, d.out}, f32, Tag::ab);
      auto described = bias_relu ? matmul::desc(f.src, asked, bias, f.dst) : matmul::desc(f.src, asked, f.dst);
      auto desc = matmul::primitive_desc(described, attributes, cpu());
      auto weights = read_weights(k, bind(keras, at[1]), desc.weights_desc());
      std::unordered_map<int, memory> arguments{
          {DNNL_ARG_SRC, bind(f.src, at[0])}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_DST, bind(f.dst, at[3])}};
      if (bias_relu) arguments[DNNL_ARG_BIAS] = bind(bias, at[2]);
      add_primitive<decltype(desc), matmul>(k, desc, arguments);
      return k;
    }
    auto kind = prop_kind::forward_training;
    auto described = bias_relu ? inner_product_forward::desc(kind, f.src, f.asked, f.bias, f.dst)
                               : inner_product_forward::desc(kind, f.src, f.asked, f.dst);
    auto desc = inner_product_forward::primitive_desc(described, attributes, cpu());
    auto weights = read_weights(k, bind(f.keras, at[1]), desc.weights_desc());
    std::unordered_map<int, memory> arguments{
        {DNNL_ARG_SRC, bind(f.src, at[0])}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_DST, bind(f.dst, at[3])}};
    if (bias_relu) arguments[DNNL_ARG_BIAS] = bind(f.bias, at[2]);
    add_primitive<decltype(desc), inner_product_forward>(k, desc, arguments);
    return k;
  };
  return c;
}

Case dense_backward_data(Dense d, EntryPoint entry, WeightForm form) {
  auto c = dense_case("dgrad", d,
                      {{"dy", Role::row_input, size_t(d.out)},
                       {"w", Role::shared_input, size_t(d.in) * d.out},
                       {"dx", Role::row_output, size_t(d.in)}});
  c.build = [=](int rows, const std::vector<float*>& at) {
    DenseForms f(d, rows, form);
    if (entry == EntryPoint::sgemm) return plain_sgemm('N', 'T', rows, d.in, d.out, at[0], at[1], at[2]);
    if (entry == EntryPoint::matmul)      // dx = dy . w^T
      return plain_matmul(f.dst, at[0], Desc({d.out, d.in}, f32, Tag::ba), at[1], f.src, at[2]);
    auto desc = inner_product_backward_data::primitive_desc(
        {f.src, f.asked, f.dst}, own_scratchpad(), cpu(),
        inner_product_forward::primitive_desc({prop_kind::forward_training, f.src, f.asked, f.dst}, cpu()));
    Kernel k;
    auto weights = read_weights(k, bind(f.keras, at[1]), desc.weights_desc());
    add_primitive<decltype(desc), inner_product_backward_data>(k, desc,
                                                               {{DNNL_ARG_DIFF_DST, bind(f.dst, at[0])},
                                                                {DNNL_ARG_WEIGHTS, weights},
                                                                {DNNL_ARG_DIFF_SRC, bind(f.src, at[2])}});
    return k;
  };
  return c;
}

Case dense_backward_weights(Dense d, EntryPoint entry, WeightForm form, bool bias) {
  auto c = dense_case("wgrad", d,
                      {{"x", Role::row_input, size_t(d.in)},
                       {"dy", Role::row_input, size_t(d.out)},
                       {"dw", Role::summed_output, size_t(d.in) * d.out},
                       {"db", Role::summed_output, size_t(d.out)}});
  c.build = [=](int rows, const std::vector<float*>& at) {
    DenseForms f(d, rows, form);
    if (entry == EntryPoint::sgemm) return plain_sgemm('T', 'N', d.in, d.out, rows, at[0], at[1], at[2]);
    if (entry == EntryPoint::matmul)      // dw = x^T . dy
      return plain_matmul(Desc({d.in, rows}, f32, Tag::ba), at[0], f.dst, at[1], Desc({d.in, d.out}, f32, Tag::ab),
                          at[2]);
    auto described = bias ? inner_product_backward_weights::desc(f.src, f.asked, f.bias, f.dst)
                          : inner_product_backward_weights::desc(f.src, f.asked, f.dst);
    auto desc = inner_product_backward_weights::primitive_desc(
        described, own_scratchpad(), cpu(),
        inner_product_forward::primitive_desc({prop_kind::forward_training, f.src, f.asked, f.dst}, cpu()));
    Kernel k;
    auto keras = bind(f.keras, at[2]);
    auto written = write_weights(k, keras, desc.diff_weights_desc());
    std::unordered_map<int, memory> arguments{
        {DNNL_ARG_SRC, bind(f.src, at[0])}, {DNNL_ARG_DIFF_DST, bind(f.dst, at[1])}, {DNNL_ARG_DIFF_WEIGHTS, written}};
    if (bias) arguments[DNNL_ARG_DIFF_BIAS] = bind(f.bias, at[3]);
    add_primitive<decltype(desc), inner_product_backward_weights>(k, desc, arguments);
    finish_weights(k, written, keras);
    return k;
  };
  return c;
}

// --- batch norm with scale and shift, batch statistics

Case batch_norm_forward(int rows, int size, int channels) {
  size_t row = size_t(size) * size * channels;
  return {"batch norm fwd " + std::to_string(size) + "x" + std::to_string(size) + "x" + std::to_string(channels),
          rows,
          0,
          {{"x", Role::row_input, row},
           {"gamma", Role::shared_input, size_t(channels)},
           {"beta", Role::shared_input, size_t(channels)},
           {"y", Role::row_output, row},
           {"mean", Role::summed_output, size_t(channels)},
           {"variance", Role::summed_output, size_t(channels)}},
          [=](int n, const std::vector<float*>& at) {
            Desc x({n, channels, size, size}, f32, Tag::nhwc), c({channels}, f32, Tag::x);
            auto flags = normalization_flags::use_scale | normalization_flags::use_shift;
            auto desc = batch_normalization_forward::primitive_desc({prop_kind::forward_training, x, 1e-3f, flags},
                                                                    own_scratchpad(), cpu());
            Kernel k;
            add_primitive<decltype(desc), batch_normalization_forward>(
                k, desc,
                {{DNNL_ARG_SRC, bind(x, at[0])},
                 {DNNL_ARG_SCALE, bind(c, at[1])},
                 {DNNL_ARG_SHIFT, bind(c, at[2])},
                 {DNNL_ARG_DST, bind(x, at[3])},
                 {DNNL_ARG_MEAN, bind(desc.mean_desc(), at[4])},
                 {DNNL_ARG_VARIANCE, bind(desc.variance_desc(), at[5])}});
            return k;
          }};
}

Case batch_norm_backward(int rows, int size, int channels) {
  size_t row = size_t(size) * size * channels;
  return {"batch norm bwd " + std::to_string(size) + "x" + std::to_string(size) + "x" + std::to_string(channels),
          rows,
          0,
          {{"x", Role::row_input, row},
           {"dy", Role::row_input, row},
           {"gamma", Role::shared_input, size_t(channels)},
           {"mean", Role::shared_input, size_t(channels)},
           {"variance", Role::shared_input, size_t(channels)},
           {"dx", Role::row_output, row},
           {"dgamma", Role::summed_output, size_t(channels)},
           {"dbeta", Role::summed_output, size_t(channels)},
           {"beta", Role::shared_input, size_t(channels)}},
          [=](int n, const std::vector<float*>& at) {
            Desc x({n, channels, size, size}, f32, Tag::nhwc), c({channels}, f32, Tag::x);
            auto flags = normalization_flags::use_scale | normalization_flags::use_shift;
            auto forward =
                batch_normalization_forward::primitive_desc({prop_kind::forward_training, x, 1e-3f, flags}, cpu());
            auto desc = batch_normalization_backward::primitive_desc({prop_kind::backward, x, x, 1e-3f, flags},
                                                                     own_scratchpad(), cpu(), forward);
            Kernel k;
            add_primitive<decltype(desc), batch_normalization_backward>(
                k, desc,
                {{DNNL_ARG_SRC, bind(x, at[0])},
                 {DNNL_ARG_DIFF_DST, bind(x, at[1])},
                 {DNNL_ARG_SCALE, bind(c, at[2])},
                 {DNNL_ARG_SHIFT, bind(c, at[8])},
                 {DNNL_ARG_MEAN, bind(desc.mean_desc(), at[3])},
                 {DNNL_ARG_VARIANCE, bind(desc.variance_desc(), at[4])},
                 {DNNL_ARG_DIFF_SRC, bind(x, at[5])},
                 {DNNL_ARG_DIFF_SCALE, bind(c, at[6])},
                 {DNNL_ARG_DIFF_SHIFT, bind(c, at[7])}});
            return k;
          }};
}

// --- pooling 2x2, stride 2, valid

static Case pool(int rows, int size, int channels, algorithm kind, bool backward, const char* what) {
  int out = size / 2;
  size_t big = size_t(size) * size * channels, small = size_t(out) * out * channels;
  std::string name = what + std::to_string(size) + "x" + std::to_string(size) + "x" + std::to_string(channels);
  Case c{name, rows, 0, {{"x", Role::row_input, big}, {"y", Role::row_output, small}}, {}};
  if (backward)
    c.operands = {{"x", Role::row_input, big}, {"dy", Role::row_input, small}, {"dx", Role::row_output, big}};
  c.build = [=](int n, const std::vector<float*>& at) {
    Desc x({n, channels, size, size}, f32, Tag::nhwc), y({n, channels, out, out}, f32, Tag::nhwc);
    memory::dims two{2, 2}, none{0, 0};
    auto forward = pooling_forward::primitive_desc({prop_kind::forward_training, kind, x, y, two, two, none, none},
                                                   own_scratchpad(), cpu());
    Kernel k;
    memory workspace, spare;
    if (kind == algorithm::pooling_max) workspace = memory(forward.workspace_desc(), cpu());
    auto forward_arguments = [&](const memory& to) {
      std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, bind(x, at[0])}, {DNNL_ARG_DST, to}};
      if (kind == algorithm::pooling_max) arguments[DNNL_ARG_WORKSPACE] = workspace;
      return arguments;
    };
    if (!backward) {
      add_primitive<decltype(forward), pooling_forward>(k, forward, forward_arguments(bind(y, at[1])));
      if (workspace) k.extra_bytes += forward.workspace_desc().get_size();
      return k;
    }
    spare = memory(y, cpu());
    Kernel first;
    add_primitive<decltype(forward), pooling_forward>(first, forward, forward_arguments(spare));
    first.run();
    auto desc = pooling_backward::primitive_desc({kind, x, y, two, two, none, none}, own_scratchpad(), cpu(), forward);
    std::unordered_map<int, memory> arguments{{DNNL_ARG_DIFF_DST, bind(y, at[1])}, {DNNL_ARG_DIFF_SRC, bind(x, at[2])}};
    if (workspace) arguments[DNNL_ARG_WORKSPACE] = workspace;
    add_primitive<decltype(desc), pooling_backward>(k, desc, arguments);
    return k;
  };
  return c;
}

Case max_pool_forward(int rows, int size, int channels) {
  return pool(rows, size, channels, algorithm::pooling_max, false, "max pool fwd ");
}
Case max_pool_backward(int rows, int size, int channels) {
  return pool(rows, size, channels, algorithm::pooling_max, true, "max pool bwd ");
}
Case average_pool_forward(int rows, int size, int channels) {
  return pool(rows, size, channels, algorithm::pooling_avg, false, "average pool fwd ");
}
Case average_pool_backward(int rows, int size, int channels) {
  return pool(rows, size, channels, algorithm::pooling_avg, true, "average pool bwd ");
}

// --- lstm over (rows, time, channels); gates i, f, c, o as in Keras

namespace {
struct LstmForms {
  LstmForms(const Lstm& l, int n, WeightForm form)
      : x({l.steps, n, l.in}, f32, Tag::ntc),
        y({l.steps, n, l.units}, f32, Tag::ntc),
        keras({1, 1, l.in, 4, l.units}, f32, Tag::ldigo),
        keras_iter({1, 1, l.units, 4, l.units}, f32, Tag::ldigo),
        asked({1, 1, l.in, 4, l.units}, f32, form == WeightForm::keras ? Tag::ldigo : Tag::any),
        asked_iter({1, 1, l.units, 4, l.units}, f32, form == WeightForm::keras ? Tag::ldigo : Tag::any),
        bias({1, 1, 4, l.units}, f32, Tag::ldgo) {}
  Desc x, y, keras, keras_iter, asked, asked_iter, bias;
  dnnl::lstm_forward::primitive_desc forward() const {
    return {{prop_kind::forward_training, rnn_direction::unidirectional_left2right, x, Desc(), Desc(), asked,
             asked_iter, bias, y, Desc(), Desc()},
            own_scratchpad(),
            cpu()};
  }
};
}      // namespace

Case lstm_forward(Lstm l, WeightForm form) {
  size_t wide = 4 * size_t(l.units);
  double flop = 2.0 * l.rows * l.steps * (l.in + l.units) * 4 * l.units;
  return {"lstm fwd " + l.name(),
          l.rows,
          flop,
          {{"x", Role::row_input, size_t(l.steps) * l.in},
           {"w", Role::shared_input, l.in * wide},
           {"u", Role::shared_input, l.units * wide},
           {"b", Role::shared_input, wide},
           {"y", Role::row_output, size_t(l.steps) * l.units}},
          [=](int n, const std::vector<float*>& at) {
            LstmForms f(l, n, form);
            auto desc = f.forward();
            Kernel k;
            auto w = read_weights(k, bind(f.keras, at[1]), desc.weights_layer_desc());
            auto u = read_weights(k, bind(f.keras_iter, at[2]), desc.weights_iter_desc());
            memory workspace(desc.workspace_desc(), cpu());
            k.extra_bytes += desc.workspace_desc().get_size();
            add_primitive<decltype(desc), dnnl::lstm_forward>(k, desc,
                                                              {{DNNL_ARG_SRC_LAYER, bind(f.x, at[0])},
                                                               {DNNL_ARG_WEIGHTS_LAYER, w},
                                                               {DNNL_ARG_WEIGHTS_ITER, u},
                                                               {DNNL_ARG_BIAS, bind(f.bias, at[3])},
                                                               {DNNL_ARG_DST_LAYER, bind(f.y, at[4])},
                                                               {DNNL_ARG_WORKSPACE, workspace}});
            return k;
          }};
}

Case lstm_backward(Lstm l, WeightForm form) {
  size_t wide = 4 * size_t(l.units);
  double flop = 4.0 * l.rows * l.steps * (l.in + l.units) * 4 * l.units;
  return {"lstm bwd " + l.name(),
          l.rows,
          flop,
          {{"x", Role::row_input, size_t(l.steps) * l.in},
           {"w", Role::shared_input, l.in * wide},
           {"u", Role::shared_input, l.units * wide},
           {"b", Role::shared_input, wide},
           {"dy", Role::row_input, size_t(l.steps) * l.units},
           {"dx", Role::row_output, size_t(l.steps) * l.in},
           {"dw", Role::summed_output, l.in * wide},
           {"du", Role::summed_output, l.units * wide},
           {"db", Role::summed_output, wide}},
          [=](int n, const std::vector<float*>& at) {
            LstmForms f(l, n, form), read(l, n, WeightForm::chosen);      // backward refuses to read Keras' form
            auto forward = read.forward();
            memory workspace(forward.workspace_desc(), cpu()), y(f.y, cpu());
            Kernel first;
            auto w = read_weights(first, bind(f.keras, at[1]), forward.weights_layer_desc());
            auto u = read_weights(first, bind(f.keras_iter, at[2]), forward.weights_iter_desc());
            add_primitive<decltype(forward), dnnl::lstm_forward>(first, forward,
                                                                 {{DNNL_ARG_SRC_LAYER, bind(f.x, at[0])},
                                                                  {DNNL_ARG_WEIGHTS_LAYER, w},
                                                                  {DNNL_ARG_WEIGHTS_ITER, u},
                                                                  {DNNL_ARG_BIAS, bind(f.bias, at[3])},
                                                                  {DNNL_ARG_DST_LAYER, y},
                                                                  {DNNL_ARG_WORKSPACE, workspace}});
            first.run();
            dnnl::lstm_backward::desc described(prop_kind::backward, rnn_direction::unidirectional_left2right, f.x,
                                                Desc(), Desc(), read.asked, read.asked_iter, f.bias, f.y, Desc(),
                                                Desc(), f.x, Desc(), Desc(), f.asked, f.asked_iter, f.bias, f.y, Desc(),
                                                Desc());
            auto desc = dnnl::lstm_backward::primitive_desc(described, own_scratchpad(), cpu(), forward);
            Kernel k;
            auto wb = read_weights(k, bind(f.keras, at[1]), desc.weights_layer_desc());
            auto ub = read_weights(k, bind(f.keras_iter, at[2]), desc.weights_iter_desc());
            auto keras_dw = bind(f.keras, at[6]), keras_du = bind(f.keras_iter, at[7]);
            auto dw = write_weights(k, keras_dw, desc.diff_weights_layer_desc());
            auto du = write_weights(k, keras_du, desc.diff_weights_iter_desc());
            auto db = bind(f.bias, at[8]);
            k.steps.push_back({[=](stream&) {      // oneDNN adds to what is there
                                 for (auto& m : {dw, du, db})
                                   std::memset(m.get_data_handle(), 0, m.get_desc().get_size());
                               },
                               false});
            add_primitive<decltype(desc), dnnl::lstm_backward>(k, desc,
                                                               {{DNNL_ARG_SRC_LAYER, bind(f.x, at[0])},
                                                                {DNNL_ARG_WEIGHTS_LAYER, wb},
                                                                {DNNL_ARG_WEIGHTS_ITER, ub},
                                                                {DNNL_ARG_BIAS, bind(f.bias, at[3])},
                                                                {DNNL_ARG_DST_LAYER, y},
                                                                {DNNL_ARG_WORKSPACE, workspace},
                                                                {DNNL_ARG_DIFF_DST_LAYER, bind(f.y, at[4])},
                                                                {DNNL_ARG_DIFF_SRC_LAYER, bind(f.x, at[5])},
                                                                {DNNL_ARG_DIFF_WEIGHTS_LAYER, dw},
                                                                {DNNL_ARG_DIFF_WEIGHTS_ITER, du},
                                                                {DNNL_ARG_DIFF_BIAS, db}});
            finish_weights(k, dw, keras_dw);
            finish_weights(k, du, keras_du);
            return k;
          }};
}

}      // namespace strata::measure
