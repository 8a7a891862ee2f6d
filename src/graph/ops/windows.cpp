#include "src/graph/ops/windows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace strata {
namespace {

std::vector<std::int64_t> dilation_of(const Attributes& a, std::size_t spatial) {
  return a.has("dilation") ? a.integers("dilation") : std::vector<std::int64_t>(spatial, 1);
}

std::string text_of(PaddingMode padding) {
  switch (padding) {
    case PaddingMode::valid: return "valid";
    case PaddingMode::same: return "same";
    case PaddingMode::causal: return "causal";
  }
  return {};
}

void check_positive(std::string_view op, std::string_view what, const std::vector<std::int64_t>& numbers, int spatial) {
  if (numbers.size() != static_cast<std::size_t>(spatial) || std::any_of(numbers.begin(), numbers.end(), [](auto n) { return n < 1; }))
    shape_error(op, fmt::format("{} [{}]: {} numbers of at least 1 are needed, one per spatial axis", what, fmt::join(numbers, ", "), spatial));
}

}  // namespace

Attributes window_attributes(std::string_view op, const Window& window, int spatial, const std::vector<std::int64_t>& strides) {
  Attributes a{{"strides", window.strides.empty() ? strides : window.strides},
               {"dilation", window.dilation.empty() ? std::vector<std::int64_t>(static_cast<std::size_t>(spatial), 1) : window.dilation},
               {"padding", text_of(window.padding)}};
  check_positive(op, "strides", a.integers("strides"), spatial);
  check_positive(op, "dilation", a.integers("dilation"), spatial);
  return a;
}

Shape window_counts(std::string_view op, const Shape& x, const std::vector<std::int64_t>& size, const Attributes& attributes) {
  const auto& strides = attributes.integers("strides");
  const auto dilation = dilation_of(attributes, size.size());
  const std::string& padding = attributes.text("padding");
  std::vector<Dim> counts;
  for (std::size_t i = 0; i < size.size(); ++i) {
    const Dim& input = x[static_cast<int>(i) + 1];
    const std::int64_t span = window_span(size[i], dilation[i]), reach = window_reach(padding, span);
    if (input.is_known() && input.value() < reach)
      shape_error(op, fmt::format("a window of {} elements does not fit into axis {} of {}, which has {}; padding 'same', a smaller "
                                  "window or a larger input is needed", span, i + 1, x.str(), input.str()));
    counts.push_back(floor_div(input - Dim(reach), strides[i]) + Dim(1));
  }
  return Shape(std::move(counts));
}

Windows::Windows(const Shape& x, const std::vector<std::int64_t>& size, const Attributes& attributes)
    : size_(size), strides_(attributes.integers("strides")), dilation_(dilation_of(attributes, size.size())) {
  for (std::size_t i = 0; i < size.size(); ++i) {
    input_.push_back(x[static_cast<int>(i) + 1].value());
    axes_.push_back(window_axis(attributes.text("padding"), input_[i], size_[i], strides_[i], dilation_[i]));
  }
}

std::int64_t Windows::elements() const {
  std::int64_t n = 1;
  for (const std::int64_t s : size_) n *= s;
  return n;
}

std::vector<std::int64_t> Windows::inside(std::size_t axis) const {
  std::vector<std::int64_t> counts;
  for (std::int64_t o = 0; o < axes_[axis].output; ++o) {
    std::int64_t n = 0;
    for (std::int64_t k = 0; k < size_[axis]; ++k) {
      const std::int64_t at = o * strides_[axis] - axes_[axis].low + k * dilation_[axis];
      n += at >= 0 && at < input_[axis];
    }
    counts.push_back(n);
  }
  return counts;
}

// Place of element k of the first window in the padded x.
std::vector<std::int64_t> Windows::offsets(std::int64_t k) const {
  std::vector<std::int64_t> at(size_.size());
  for (std::size_t i = size_.size(); i-- > 0; k /= size_[i]) at[i] = k % size_[i] * dilation_[i];
  return at;
}

Value Windows::padded(Value x, double value) const {
  std::vector<Padding> padding(static_cast<std::size_t>(x.rank()));
  for (std::size_t i = 0; i < axes_.size(); ++i) padding[i + 1] = {axes_[i].low, axes_[i].high, 0};
  return pad(x, padding, value);
}

Value Windows::element(Value padded, std::int64_t k) const {
  const auto at = offsets(k);
  for (std::size_t i = 0; i < axes_.size(); ++i)
    padded = slice(padded, static_cast<int>(i) + 1, at[i], at[i] + (axes_[i].output - 1) * strides_[i] + 1, strides_[i]);
  return padded;
}

Value Windows::put_back(Value elements, std::int64_t k) const {
  const auto at = offsets(k);
  std::vector<Padding> padding(static_cast<std::size_t>(elements.rank()));
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    const std::int64_t length = axes_[i].low + input_[i] + axes_[i].high;
    padding[i + 1] = {at[i], length - at[i] - (axes_[i].output - 1) * strides_[i] - 1, strides_[i] - 1};
  }
  return pad(elements, padding);
}

Value Windows::cropped(Value padded) const {
  for (std::size_t i = 0; i < axes_.size(); ++i)
    padded = slice(padded, static_cast<int>(i) + 1, axes_[i].low, axes_[i].low + input_[i]);
  return padded;
}

}  // namespace strata
