// lstm (Hochreiter & Schmidhuber 1997, with a forget gate), time-major:
//   [i f g o] = x_t kernel + h recurrent + bias;  c_t = sigmoid(f) c + sigmoid(i) tanh(g);  h_t = sigmoid(o) tanh(c_t).
// At a masked step h and c stay as they were, and the output is h (before the first step that is not masked: h0, as
// Keras' loop on JAX has it).
#include <fmt/format.h>

#include <strata/ops.h>
#include "src/graph/ops/table.h"

namespace strata {
namespace {

using Types = std::span<const TensorType>;
using G = GradientContext;

// Inputs: x (T, N, I), h0 (N, H), c0 (N, H), kernel (I, 4H), recurrent (H, 4H), bias (4H), where has_mask is set mask (T, N).
// Outputs: h of every step (T, N, H), the last h, the last c, and hidden: the gates after their activations (T, N, 4H),
// c of every step (T, N, H).
std::vector<TensorType> recurred(Types in, const Attributes& a) {
  const Shape& x = in[0].shape;
  if (x.rank() != 3) shape_error("lstm", fmt::format("an input (steps, batch, features) is needed, not {}", x.str()));
  if (in[4].shape.rank() != 2) shape_error("lstm", fmt::format("a recurrent kernel (units, 4*units) is needed, not {}", in[4].shape.str()));
  const Dim h = in[4].shape[0], four_h = Dim(4) * h;
  const Shape state{x[1], h};
  const Shape expected[] = {x, state, state, {x[2], four_h}, {h, four_h}, {four_h}, {x[0], x[1]}};
  constexpr std::string_view names[] = {"input", "initial hidden state", "initial cell state", "kernel", "recurrent kernel", "bias", "mask"};
  for (std::size_t i = 0; i < (a.flag("has_mask") ? 7u : 6u); ++i) {
    if (!fits(in[i].shape, expected[i]))
      shape_error("lstm", fmt::format("the {} has shape {}; an input {} and {} units need {}", names[i], in[i].shape.str(), x.str(), h.str(),
                                      expected[i].str()));
    if (i < 6 && (in[i].dtype != in[0].dtype || !is_floating(in[i].dtype)))
      shape_error("lstm", fmt::format("the {} is {} where the input is {}; one floating dtype is needed", names[i], name_of(in[i].dtype),
                                      name_of(in[0].dtype)));
    if (i == 6 && in[i].dtype != DType::boolean) shape_error("lstm", fmt::format("the mask is {}, where bool is needed", name_of(in[i].dtype)));
  }
  const DType t = in[0].dtype;
  const Shape steps{x[0], x[1]};
  return {{t, steps + Shape{h}}, {t, state}, {t, state}, {t, steps + Shape{four_h}}, {t, steps + Shape{h}}};
}

// The gradients of the first six inputs.
std::vector<TensorType> gradient_types(Types in, const Attributes&) { return {in.begin(), in.begin() + 6}; }

// Part `k` of four of the last axis.
Value gate(Value gates, int k) {
  const Dim h = floor_div(gates.dim(-1), 4);
  return slice(gates, -1, h * Dim(k), h * Dim(k + 1));
}

Value rows_of(Value x) { return reshape(x, Shape{Dim(-1), x.dim(-1)}); }

std::vector<Value> lstm_from_primitives(std::span<const Value> in, const Attributes& a) {
  const bool masked = a.flag("has_mask");
  const Value projected = matmul(widened(in[0]), widened(in[3])) + widened(in[5]);
  std::vector<Value> sequences{projected};
  if (masked) sequences.push_back(in[6]);
  const auto step = [masked](const std::vector<Value>& carries, const std::vector<Value>& elements, const std::vector<Value>& invariants) {
    const Value z = elements[0] + matmul(carries[0], invariants[0]);
    const Value i = sigmoid(gate(z, 0)), f = sigmoid(gate(z, 1)), g = tanh(gate(z, 2)), o = sigmoid(gate(z, 3));
    Value c = f * carries[1] + i * g;
    Value h = o * tanh(c);
    if (masked) {
      const Value valid = expand_dims(elements[1], -1);
      h = select(valid, h, carries[0]);
      c = select(valid, c, carries[1]);
    }
    return ScanStep{{h, c}, {h, concatenate({i, f, g, o}, -1), c}};
  };
  const Scan s = scan(step, {widened(in[1]), widened(in[2])}, sequences, {widened(in[4])});
  std::vector<Value> outputs{s.sequences[0], s.carries[0], s.carries[1], s.sequences[1], s.sequences[2]};
  for (Value& v : outputs) v = cast(v, in[0].dtype());
  return outputs;
}

// Inputs: those of lstm, then h of every step, gates, c of every step, then the cotangents of h of every step, the last h,
// the last c. Back in time the carry is (dh, dc); the weight gradients are one product each over all steps.
std::vector<Value> lstm_gradient_from_primitives(std::span<const Value> in, const Attributes& a) {
  const bool masked = a.flag("has_mask");
  std::vector<Value> v;
  for (const Value& value : in) v.push_back(widened(value));
  const Value x = v[0], h0 = v[1], c0 = v[2], kernel = v[3], recurrent = v[4];
  const std::size_t own = masked ? 7 : 6;
  const Value h = v[own], gates = v[own + 1], c = v[own + 2];
  const Value dsequence = v[own + 3], dh_last = v[own + 4], dc_last = v[own + 5];
  const auto before = [](Value first, Value steps) {  // what came into each step
    return slice(concatenate({expand_dims(first, 0), steps}, 0), 0, 0, steps.dim(0));
  };
  const Value h_before = before(h0, h), c_before = before(c0, c);

  std::vector<Value> sequences{gates, c, c_before, dsequence};
  if (masked) sequences.push_back(in[6]);
  const auto step = [masked](const std::vector<Value>& carries, const std::vector<Value>& elements, const std::vector<Value>& invariants) {
    const Value i = gate(elements[0], 0), f = gate(elements[0], 1), g = gate(elements[0], 2), o = gate(elements[0], 3);
    const Value t = tanh(elements[1]), c_before = elements[2];
    const Value dh = carries[0] + elements[3];
    const Value dc = carries[1] + dh * o * (1 - square(t));
    Value dz = concatenate({dc * g * (i * (1 - i)), dc * c_before * (f * (1 - f)), dc * i * (1 - square(g)), dh * t * (o * (1 - o))}, -1);
    const Value valid = masked ? expand_dims(elements[4], -1) : Value();
    if (masked) dz = select(valid, dz, 0);
    Value dh_before = matmul(dz, invariants[0], false, true), dc_before = dc * f;
    if (masked) {
      dh_before = select(valid, dh_before, dh);
      dc_before = select(valid, dc_before, carries[1]);
    }
    return ScanStep{{dh_before, dc_before}, {dz}};
  };
  const Scan s = scan(step, {dh_last, dc_last}, sequences, {recurrent}, true);
  const Value dz = s.sequences[0], dz_rows = rows_of(dz);
  std::vector<Value> outputs{matmul(dz, kernel, false, true), s.carries[0], s.carries[1], matmul(rows_of(x), dz_rows, true),
                             matmul(rows_of(h_before), dz_rows, true), sum(dz_rows, Axes{0})};
  for (std::size_t i = 0; i < outputs.size(); ++i) outputs[i] = cast(outputs[i], in[i].dtype());
  return outputs;
}

void lstm_gradient(G& g) {
  std::vector<Value> operands;
  for (int i = 0; i < g.inputs(); ++i) operands.push_back(g.x(i));
  for (const int i : {0, 3, 4}) operands.push_back(g.y(i));
  for (int i = 0; i < 3; ++i) operands.push_back(g.dy(i));
  const Value d = g.graph().add("lstm_gradient", operands, g.attributes());
  for (int i = 0; i < 6; ++i)
    if (g.wants(i)) g.set(i, output_of(d, i));
}

const Op rows[] = {
    {.name = "lstm", .kind = OpKind::fused, .infer = recurred, .gradient = lstm_gradient, .decompose = lstm_from_primitives,
     .first_hidden = 3},
    {.name = "lstm_gradient", .kind = OpKind::fused, .infer = gradient_types, .decompose = lstm_gradient_from_primitives,
     .forward = "lstm"},
};

}  // namespace

std::span<const Op> recurrent_ops() { return rows; }

LstmOutput lstm(Value x, Value h0, Value c0, Value kernel, Value recurrent, Value bias, Value mask) {
  std::vector<Value> operands{x, h0, c0, kernel, recurrent, bias};
  if (mask) operands.push_back(cast(mask, DType::boolean));
  const Value sequence = emit("lstm", operands, {{"has_mask", std::int64_t{static_cast<bool>(mask)}}});
  return {sequence, output_of(sequence, 1), output_of(sequence, 2)};
}

}  // namespace strata
