// What EinsumDense's equation and output_shape say of the axes of its weights.
#pragma once

#include <algorithm>
#include <string>

#include <strata/layer.h>

namespace strata {

// 'ab,bc->ac', '...ab,bc->...ac' or 'ab...,bc->ac...', for one input. The output's first axis is the batch, or lies in '...'.
class EinsumAxes {
 public:
  EinsumAxes(const std::string& equation, const Shape& input_shape, const Shape& output_shape)
      : equation_(equation), input_shape_(input_shape), output_shape_(output_shape) {
    const std::size_t comma = equation.find(','), arrow = equation.find("->");
    if (comma == std::string::npos || arrow == std::string::npos || arrow < comma) fail(form);
    input = equation.substr(0, comma);
    kernel = equation.substr(comma + 1, arrow - comma - 1);
    output = equation.substr(arrow + 2);
    left_ = take_dots(input, 0);
    right_ = !left_ && input.size() > 3 && take_dots(input, input.size() - 3);
    const bool alike = left_ ? take_dots(output, 0) : !right_ || (output.size() > 3 && take_dots(output, output.size() - 3));
    if (!alike || !letters(input) || !letters(kernel) || !letters(output)) fail(form);
    elided_ = input_shape.rank() - static_cast<int>(input.size());
    if (elided_ < 0 || (elided_ > 0 && !left_ && !right_)) fail("does not name the axes of its input " + input_shape.str());
    const int sizes = static_cast<int>(output.size()) - (batch_is_named() ? 1 : 0);
    if (output_shape.rank() != sizes)
      fail("has an output of " + std::to_string(sizes) + " axes besides the batch and those of '...'; output_shape " + output_shape.str() +
           " has " + std::to_string(output_shape.rank()));
    for (const char axis : input)
      if (output.find(axis) != std::string::npos) length(axis);  // they agree
  }

  // Elements of an axis: what output_shape says of it, else what the input has.
  Dim length(char axis) const {
    const std::size_t in = input.find(axis), out = output.find(axis);
    const std::string name = "'" + std::string(1, axis) + "'";
    if (in == std::string::npos && out == std::string::npos) fail("gives the kernel an axis " + name + " that neither input nor output has");
    const Dim open = Dim::symbol("open");
    const Dim found = in == std::string::npos ? open : input_shape_[static_cast<int>(in) + (left_ ? elided_ : 0)];
    const int place = static_cast<int>(out) - (batch_is_named() ? 1 : 0);
    const Dim wanted = out == std::string::npos || place < 0 ? open : output_shape_[place];
    if (in == std::string::npos && !wanted.is_known()) fail("leaves the size of axis " + name + " open", "give it a number in output_shape");
    if (wanted.is_known() && found.is_known() && wanted != found)
      fail("names the axis " + name + " in input and output, where it has " + found.str() + " and " + wanted.str() + " elements");
    return wanted.is_known() ? wanted : found;
  }

  // From the first axis with a bias to the last; 1 where there is none.
  Shape bias_shape(const std::string& axes) const {
    std::size_t first = output.size();
    for (const char axis : axes) {
      if (output.find(axis) == std::string::npos) fail("has no axis '" + std::string(1, axis) + "' in its output, which bias_axes names");
      first = std::min(first, output.find(axis));
    }
    std::vector<Dim> dims;
    for (const char axis : output.substr(first)) dims.push_back(axes.find(axis) == std::string::npos ? Dim(1) : length(axis));
    if (right_) dims.insert(dims.end(), static_cast<std::size_t>(elided_), Dim(1));
    return Shape(std::move(dims));
  }

  std::string input, kernel, output;  // letters, without '...'

 private:
  static constexpr const char* form = "is not of the form 'ab,bc->ac', '...ab,bc->...ac' or 'ab...,bc->ac...'";

  [[noreturn]] void fail(const std::string& what, const std::string& hint = {}) const {
    throw Error(ErrorKind::spec, "EinsumDense: equation '" + equation_ + "' " + what, hint);
  }
  static bool take_dots(std::string& term, std::size_t at) {
    const bool dots = term.compare(at, 3, "...") == 0;
    if (dots) term.erase(at, 3);
    return dots;
  }
  static bool letters(const std::string& t) {
    return !t.empty() && std::all_of(t.begin(), t.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
  }
  // Whether the first letter of the output is the batch.
  bool batch_is_named() const { return !(left_ && elided_ > 0); }

  std::string equation_;
  Shape input_shape_, output_shape_;
  bool left_ = false, right_ = false;  // where '...' stands
  int elided_ = 0;                     // axes that it stands for
};

}  // namespace strata
