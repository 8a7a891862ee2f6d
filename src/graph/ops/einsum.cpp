// einsum of two operands as one matmul of matrices:
//   a (batch, left, summed) x b (batch, summed, right) -> (batch, left, right), then the result's order of axes.
#include <algorithm>
#include <cctype>
#include <string>

#include <fmt/format.h>

#include <strata/ops.h>
#include "src/graph/ops/table.h"

namespace strata {
namespace {

// One operand, its axes named. The axes of "..." get digits, the last one '0', so that they meet from the last one on.
struct Named {
  Value value;
  std::string axes;
};

struct Terms {
  std::string a, b, result;
};

Terms terms_of(const std::string& equation) {
  std::string text;
  for (const char c : equation)
    if (c != ' ') text += c;
  const std::size_t comma = text.find(','), arrow = text.find("->");
  if (comma == std::string::npos || arrow == std::string::npos || comma > arrow)
    shape_error("einsum", fmt::format("'{}' is not of the form 'ab,bc->ac'", equation));
  return {text.substr(0, comma), text.substr(comma + 1, arrow - comma - 1), text.substr(arrow + 2)};
}

// The letters of a term with `elided` digits in the place of "...".
std::string axes_of(const std::string& equation, const std::string& term, int elided) {
  std::string axes = term;
  const std::size_t dots = axes.find("...");
  if (dots != std::string::npos) {
    std::string digits;
    for (int i = elided; i-- > 0;) digits += static_cast<char>('0' + i);
    axes.replace(dots, 3, digits);
  }
  for (std::size_t i = 0; i < term.size(); ++i)
    if (!std::isalpha(static_cast<unsigned char>(term[i])) && (dots == std::string::npos || i < dots || i >= dots + 3))
      shape_error("einsum", fmt::format("'{}' names an axis '{}'; letters and one '...' are needed", equation, term[i]));
  for (std::size_t i = 0; i < axes.size(); ++i)
    if (axes.find(axes[i], i + 1) != std::string::npos)
      shape_error("einsum", fmt::format("'{}' names the axis '{}' twice in '{}', which is not available", equation, axes[i], term));
  return axes;
}

int elided_by(const std::string& equation, const std::string& term, Value v) {
  const bool dots = term.find("...") != std::string::npos;
  const int letters = static_cast<int>(term.size()) - (dots ? 3 : 0), elided = v.rank() - letters;
  if (elided < 0 || elided > 10 || (elided > 0 && !dots))
    shape_error("einsum", fmt::format("'{}' of '{}' does not name the axes of {}", term, equation, v.shape().str()));
  return elided;
}

bool has(const std::string& axes, char axis) { return axes.find(axis) != std::string::npos; }

// Sums over the axes that nothing else names.
void sum_alone(Named& x, const std::string& other, const std::string& result) {
  Axes alone;
  std::string rest;
  for (std::size_t i = 0; i < x.axes.size(); ++i)
    if (has(other, x.axes[i]) || has(result, x.axes[i])) rest += x.axes[i];
    else alone.push_back(static_cast<int>(i));
  if (!alone.empty()) x = {sum(x.value, alone), rest};
}

Dim length(const Named& x, char axis) { return x.value.dim(static_cast<int>(x.axes.find(axis))); }

// x in the order `axes`.
Value ordered(const Named& x, const std::string& axes) {
  Axes order;
  for (const char axis : axes) order.push_back(static_cast<int>(x.axes.find(axis)));
  return transpose(x.value, order);
}

Dim product(const Named& x, const std::string& axes) {
  Dim n = 1;
  for (const char axis : axes) n = n * length(x, axis);
  return n;
}

// x as matrices: (batch, rows, columns); where its axes already lie the other way round, as the transposed ones.
struct Matrices {
  Value value;
  bool transposed;
};
Matrices matrices(const Named& x, const std::string& batch, const std::string& rows, const std::string& columns) {
  const bool transposed = x.axes == batch + columns + rows && x.axes != batch + rows + columns;
  const std::string &first = transposed ? columns : rows, &last = transposed ? rows : columns;
  const Value in_order = ordered(x, batch + first + last);
  Shape shape = in_order.shape().slice(0, static_cast<int>(batch.size())) + Shape{product(x, first), product(x, last)};
  return {reshape(in_order, shape), transposed};
}

}  // namespace

Value einsum(const std::string& equation, Value left, Value right) {
  const Terms terms = terms_of(equation);
  const int elided_a = elided_by(equation, terms.a, left), elided_b = elided_by(equation, terms.b, right);
  Named a{left, axes_of(equation, terms.a, elided_a)}, b{right, axes_of(equation, terms.b, elided_b)};
  const std::string result = axes_of(equation, terms.result, std::max(elided_a, elided_b));
  for (const char axis : result)
    if (!has(a.axes, axis) && !has(b.axes, axis))
      shape_error("einsum", fmt::format("the result of '{}' names an axis '{}' that no operand has", equation, axis));

  sum_alone(a, b.axes, result);
  sum_alone(b, a.axes, result);
  std::string batch, summed, only_a, only_b;
  for (const char axis : a.axes) (!has(b.axes, axis) ? only_a : has(result, axis) ? batch : summed) += axis;
  for (const char axis : b.axes)
    if (!has(a.axes, axis)) only_b += axis;
  for (const char axis : summed)
    if (!fits(length(a, axis), length(b, axis)))
      shape_error("einsum", fmt::format("'{}': the axis '{}' has {} elements in {} and {} in {}", equation, axis, length(a, axis).str(),
                                        left.shape().str(), length(b, axis).str(), right.shape().str()));

  const Matrices x = matrices(a, batch, only_a, summed), y = matrices(b, batch, summed, only_b);
  const Value c = matmul(x.value, y.value, x.transposed, y.transposed);
  std::vector<Dim> dims = c.shape().slice(0, static_cast<int>(batch.size())).dims();
  for (const char axis : only_a) dims.push_back(length(a, axis));
  for (const char axis : only_b) dims.push_back(length(b, axis));
  return ordered({reshape(c, Shape(dims)), batch + only_a + only_b}, result);
}

}  // namespace strata
