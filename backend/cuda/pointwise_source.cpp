#include "backend/cuda/pointwise_source.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "backend/functors.h"

namespace strata::cuda {
namespace {

// The name of an element's type in memory, and of its value's in a register.
std::string_view storage_of(DType t) {
  constexpr std::string_view names[] = {"float", "double", "BFloat16", "Float16", "int", "Int64", "unsigned char", "bool"};
  return names[static_cast<int>(t)];
}
bool is_half(DType t) { return t == DType::bfloat16 || t == DType::float16; }
std::string_view value_of(DType t) { return is_half(t) ? "float" : storage_of(t); }

bool among(std::string_view name, std::initializer_list<std::string_view> names) { return std::find(names.begin(), names.end(), name) != names.end(); }
#define STRATA_NAME(name, expression) #name,
bool is_unary(std::string_view op) { return among(op, {STRATA_UNARY(STRATA_NAME)}); }
bool is_binary(std::string_view op) { return among(op, {STRATA_BINARY(STRATA_NAME)}); }
bool is_comparison(std::string_view op) { return among(op, {STRATA_COMPARISON(STRATA_NAME)}); }
bool is_logical(std::string_view op) { return among(op, {STRATA_LOGICAL_BINARY(STRATA_NAME)}); }
bool is_test(std::string_view op) { return among(op, {STRATA_TEST(STRATA_NAME)}); }
#undef STRATA_NAME
// The rest of the arithmetic has no integer result.
bool takes_integers(std::string_view op) {
  return among(op, {"negative", "absolute", "sign", "square", "relu", "add", "subtract", "multiply", "power", "maximum", "minimum", "floor_divide", "mod"});
}

// An op's value in terms of its operands', or "" where it has none for operands of this type.
std::string expression(const RegionOp& op, DType from, const std::vector<std::string>& x) {
  const auto call = [&] { return fmt::format("Functors<{}>::{}({})", value_of(from), op.name, fmt::join(x, ", ")); };
  if (x.size() == 1 && (is_unary(op.name) || is_test(op.name)))
    return is_floating(from) || (is_integer(from) && takes_integers(op.name)) ? call() : "";
  if (x.size() == 2 && is_binary(op.name)) return is_floating(from) || (is_integer(from) && takes_integers(op.name)) ? call() : "";
  if (x.size() == 2 && is_comparison(op.name)) return call();
  if (x.size() == 2 && is_logical(op.name)) return from == DType::boolean ? call() : "";
  if (x.size() == 1 && op.name == "logical_not") return from == DType::boolean ? "!" + x[0] : "";
  if (x.size() == 3 && op.name == "select") return fmt::format("({} ? {} : {})", x[0], x[1], x[2]);
  if (x.size() == 1 && op.name == "cast") return fmt::format("rounded<{}>({})", storage_of(op.outputs[0].dtype), x[0]);
  return "";
}

std::string literal(double value, DType t) {
  const auto bits = [](auto x, auto as) {
    std::memcpy(&as, &x, sizeof x);
    return as;
  };
  switch (t) {
    case DType::float64: return fmt::format("double_of_bits(0x{:x}ull)", bits(value, std::uint64_t{}));
    case DType::int32: return fmt::format("(int)0x{:x}u", static_cast<std::uint32_t>(static_cast<std::int32_t>(value)));
    case DType::int64: return fmt::format("(Int64)0x{:x}ull", static_cast<std::uint64_t>(static_cast<std::int64_t>(value)));
    case DType::uint8: return fmt::format("(unsigned char){}", static_cast<unsigned>(static_cast<std::uint8_t>(value)));
    case DType::boolean: return value != 0 ? "true" : "false";
    default: return fmt::format("rounded<{}>(float_of_bits(0x{:x}u))", storage_of(t), bits(static_cast<float>(value), std::uint32_t{}));
  }
}

// An operand that is smaller than the iteration shape: its axes from the outermost, neighbours that lie behind one another
// joined.
struct Axis { std::int64_t size, stride; };
std::vector<Axis> expanded_axes(const std::vector<std::int64_t>& shape, const ArrayType& t) {
  std::vector<Axis> axes;
  std::int64_t stride = 1;
  for (int i = static_cast<int>(shape.size()) - 1, j = t.rank() - 1; i >= 0; --i, --j) {
    const std::int64_t size = shape[static_cast<std::size_t>(i)], own = j >= 0 ? t.dims[static_cast<std::size_t>(j)] : 1;
    const std::int64_t step = own == 1 ? 0 : stride;
    stride *= own;
    if (size == 1) continue;
    if (!axes.empty() && axes.front().stride * axes.front().size == step) axes.front().size *= size;
    else axes.insert(axes.begin(), {size, step});
  }
  return axes;
}

// Where element `index` of the iteration reads. The outermost axis needs no remainder.
std::string offset(const std::vector<Axis>& axes, const std::string& index) {
  std::string sum;
  std::int64_t below = 1;
  for (std::size_t i = axes.size(); i-- > 0; below *= axes[i].size) {
    if (axes[i].stride == 0) continue;
    std::string term = below == 1 ? index : fmt::format("{} / {}", index, below);
    if (i > 0) term = fmt::format("{} % {}", term, axes[i].size);
    if (axes[i].stride != 1) term = fmt::format("({}) * {}", term, axes[i].stride);
    sum += (sum.empty() ? "" : " + ") + term;
  }
  return sum.empty() ? "0" : sum;
}

class Writer {
 public:
  explicit Writer(const Region& region) : region_(region) {}

  std::variant<PointwiseSource, std::string> write() {
    if (const std::string reason = read_outputs(); !reason.empty()) return reason;
    inputs_.resize(region_.inputs.size());
    for (std::size_t i = 0; i < region_.ops.size(); ++i)
      if (std::string reason = add(static_cast<int>(i)); !reason.empty()) return reason;
    choose_width();
    arguments();
    find_places();
    made_.text = text();
    return std::move(made_);
  }

 private:
  enum class Form { full, scalar, expanded };
  struct Input {
    bool read = false;
    Form form = Form::full;
    std::vector<Axis> axes;
    int last_read = -1;
  };
  struct Value {
    std::string name;
    bool uniform = false;  // the same for every element
  };

  // The iteration shape is the largest output's.
  std::string read_outputs() {
    output_of_.assign(region_.ops.size(), -1);
    for (std::size_t i = 0; i < region_.outputs.size(); ++i) {
      const Source& s = region_.outputs[i];
      if (s.op < 0) return "an input is an output as it is";
      int& output = output_of_[static_cast<std::size_t>(s.op)];
      if (output >= 0) return "an output is named twice";
      output = static_cast<int>(i);
      const ArrayType& t = region_.type(s);
      if (i == 0 || t.elements() > made_.elements) made_.elements = t.elements(), shape_ = t.dims;
    }
    for (const Source& s : region_.outputs)
      if (region_.type(s).dims != shape_ && region_.type(s).elements() != 1) return "its outputs have different shapes";
    return "";
  }

  Value operand(Source s, int reader) {
    if (s.op >= 0) return values_[static_cast<std::size_t>(s.op)];
    Input& input = inputs_[static_cast<std::size_t>(s.index)];
    input.last_read = reader;
    const ArrayType& t = region_.type(s);
    if (!input.read) {
      input.read = true;
      if (t.elements() == 1 && made_.elements != 1) input.form = Form::scalar;
      else if (t.elements() != made_.elements) input.form = Form::expanded, input.axes = expanded_axes(shape_, t);
    }
    return {fmt::format("x{}", s.index), input.form == Form::scalar};
  }

  std::string add(int id) {
    const RegionOp& op = region_.ops[static_cast<std::size_t>(id)];
    if (op.outputs.size() != 1) return fmt::format("{} is not elementwise", op.name);
    const ArrayType& t = op.outputs[0];
    const int output = output_of_[static_cast<std::size_t>(id)];
    Value value{fmt::format("v{}", id), true};
    std::string code;
    if (op.name == "constant") {
      if (!op.attributes->has("value")) return "a constant of many elements is an input";
      if (output >= 0) return "a constant is an output";
      code = literal(op.attributes->number("value"), t.dtype);
    } else {
      std::vector<std::string> operands;
      for (const Source& s : op.inputs) {
        const Value x = operand(s, id);
        value.uniform = value.uniform && x.uniform;
        operands.push_back(x.name);
      }
      if (operands.empty()) return fmt::format("{} is not elementwise", op.name);
      const DType from = region_.type(op.inputs[op.name == "select" ? 1 : 0]).dtype;
      code = expression(op, from, operands);
      if (code.empty()) return fmt::format("{} of {} operand{} of {} has no expression", op.name, operands.size(), operands.size() == 1 ? "" : "s", text_of(from));
      if (is_half(t.dtype) && op.name != "cast" && op.name != "select") code = fmt::format("rounded<{}>({})", storage_of(t.dtype), code);
    }
    (value.uniform ? uniform_code_ : code_) += fmt::format("{}const {} {} = {};\n", value.uniform ? "  " : "    ", value_of(t.dtype), value.name, code);
    values_.push_back(value);
    return "";
  }

  // Bytes of the largest element that is moved one per element of the iteration.
  void choose_width() {
    std::size_t largest = 1;
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      if (inputs_[i].read && inputs_[i].form == Form::full) largest = std::max(largest, size_of(region_.inputs[i].dtype));
    for (const Source& s : region_.outputs)
      if (region_.type(s).elements() == made_.elements) largest = std::max(largest, size_of(region_.type(s).dtype));
    made_.width = std::max(16 / static_cast<int>(std::max<std::size_t>(largest, 2)), 1);
  }

  // Whether the neighbours of an expanded operand lie side by side too, or are one.
  bool moves_together(const Input& input) const { return input.form == Form::expanded && !input.axes.empty() && input.axes.back().size % made_.width == 0; }
  bool side_by_side(const Input& input) const { return input.form == Form::full || (moves_together(input) && input.axes.back().stride == 1); }

  void arguments() {
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      if (inputs_[i].read)
        made_.arguments.push_back({false, static_cast<int>(i), side_by_side(inputs_[i]) ? size_of(region_.inputs[i].dtype) * static_cast<std::size_t>(made_.width) : 1});
    for (std::size_t i = 0; i < region_.outputs.size(); ++i) {
      const ArrayType& t = region_.type(region_.outputs[i]);
      const bool full = t.elements() == made_.elements && !values_[static_cast<std::size_t>(region_.outputs[i].op)].uniform;
      made_.arguments.push_back({true, static_cast<int>(i), full ? size_of(t.dtype) * static_cast<std::size_t>(made_.width) : 1});
    }
  }

  // A thread reads its elements of every input before it writes.
  void find_places() {
    for (std::size_t o = 0; o < region_.outputs.size(); ++o) {
      const Source& s = region_.outputs[o];
      if (region_.type(s).elements() != made_.elements || values_[static_cast<std::size_t>(s.op)].uniform) continue;
      for (std::size_t i = 0; i < inputs_.size(); ++i)
        if (inputs_[i].read && inputs_[i].form == Form::full && size_of(region_.inputs[i].dtype) == size_of(region_.type(s).dtype))
          made_.in_place.emplace_back(static_cast<int>(i), static_cast<int>(o));
    }
  }

  // One function per width: elements i, ..., i + W - 1.
  std::string body(int width) const {
    std::string text = fmt::format("static __device__ void elements{}(Index i{}) {{\n", width, parameters(", ", true));
    const auto wide = [&](const Input& input) { return width > 1 && side_by_side(input); };
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (!inputs_[i].read || !wide(inputs_[i])) continue;
      const std::string_view s = storage_of(region_.inputs[i].dtype);
      text += fmt::format("  const Pack<{}, {}> in{} = *(const Pack<{}, {}>*)(a{} + {});\n", s, width, i, s, width, i,
                          inputs_[i].form == Form::full ? "i" : "(" + offset(inputs_[i].axes, "i") + ")");
    }
    if (width > 1)
      for (std::size_t o = 0; o < region_.outputs.size(); ++o)
        if (is_full_output(o)) text += fmt::format("  Pack<{}, {}> out{};\n", storage_of(region_.type(region_.outputs[o]).dtype), width, o);
    if (width > 1) text += "#pragma unroll\n";
    text += fmt::format("  for (int k = 0; k < {}; ++k) {{\n", width);
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const Input& input = inputs_[i];
      if (!input.read || input.form == Form::scalar) continue;
      const std::string_view type = value_of(region_.inputs[i].dtype);
      if (wide(input)) text += fmt::format("    const {} x{} = load(in{}.at[k]);\n", type, i, i);
      else text += fmt::format("    const {} x{} = load(a{}[{}]);\n", type, i, i, input.form == Form::full ? "i + k" : offset(input.axes, "(i + k)"));
    }
    text += code_;
    for (std::size_t o = 0; o < region_.outputs.size(); ++o) {
      if (!is_full_output(o)) continue;
      const std::string value = fmt::format("store<{}>(v{})", storage_of(region_.type(region_.outputs[o]).dtype), region_.outputs[o].op);
      text += width > 1 ? fmt::format("    out{}.at[k] = {};\n", o, value) : fmt::format("    b{}[i + k] = {};\n", o, value);
    }
    text += "  }\n";
    if (width > 1)
      for (std::size_t o = 0; o < region_.outputs.size(); ++o)
        if (is_full_output(o))
          text += fmt::format("  *(Pack<{}, {}>*)(b{} + i) = out{};\n", storage_of(region_.type(region_.outputs[o]).dtype), width, o, o);
    return text + "}\n";
  }

  bool is_full_output(std::size_t o) const { return !values_[static_cast<std::size_t>(region_.outputs[o].op)].uniform; }

  // Addresses of the arguments; inside, what every element shares comes with them.
  std::string parameters(std::string_view before, bool inside) const {
    std::string text;
    for (const PointwiseSource::Argument& a : made_.arguments) {
      const ArrayType& t = a.output ? region_.type(region_.outputs[static_cast<std::size_t>(a.index)]) : region_.inputs[static_cast<std::size_t>(a.index)];
      text += fmt::format("{}{}{}* {}{}", text.empty() ? before : ", ", a.output ? "" : "const ", storage_of(t.dtype), a.output ? "b" : "a", a.index);
    }
    if (inside)
      for (const auto& [type, name] : shared_values()) text += fmt::format(", const {} {}", type, name);
    return text;
  }
  std::string passed() const {
    std::string text;
    for (const PointwiseSource::Argument& a : made_.arguments) text += fmt::format(", {}{}", a.output ? "b" : "a", a.index);
    for (const auto& [type, name] : shared_values()) text += ", " + name;
    return text;
  }
  std::vector<std::pair<std::string, std::string>> shared_values() const {
    std::vector<std::pair<std::string, std::string>> list;
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      if (inputs_[i].read && inputs_[i].form == Form::scalar) list.emplace_back(value_of(region_.inputs[i].dtype), fmt::format("x{}", i));
    for (std::size_t i = 0; i < values_.size(); ++i)
      if (values_[i].uniform) list.emplace_back(value_of(region_.ops[i].outputs[0].dtype), values_[i].name);
    return list;
  }

  std::string kernel(std::string_view name, int width) const {
    std::string text = fmt::format("extern \"C\" __global__ void __launch_bounds__({}) {}({}, Int64 n) {{\n", PointwiseSource::threads, name, parameters("", false));
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      if (inputs_[i].read && inputs_[i].form == Form::scalar)
        text += fmt::format("  const {} x{} = load(a{}[0]);\n", value_of(region_.inputs[i].dtype), i, i);
    text += uniform_code_;
    text += fmt::format("  const Index thread = (Index)blockIdx.x * {} + threadIdx.x, step = (Index)gridDim.x * {}, whole = (Index)(n / {} * {});\n",
                        PointwiseSource::threads, PointwiseSource::threads, width, width);
    text += fmt::format("  for (Index i = thread * {}; i < whole; i += step * {}) elements{}(i{});\n", width, width, width, passed());
    if (width > 1) text += fmt::format("  if (whole + thread < (Index)n) elements1(whole + thread{});\n", passed());
    for (std::size_t o = 0; o < region_.outputs.size(); ++o)
      if (!is_full_output(o))
        text += fmt::format("  if (thread == 0) b{}[0] = store<{}>(v{});\n", o, storage_of(region_.type(region_.outputs[o]).dtype), region_.outputs[o].op);
    return text + "}\n";
  }

  std::string text() const {
    // The largest i is below n + grid * block * width.
    const bool is_small = made_.elements < (std::int64_t{1} << 30);
    std::string text = fmt::format("#include \"backend/cuda/arithmetic.h\"\nusing namespace strata::cuda;\nusing Index = {};\n", is_small ? "unsigned" : "Int64");
    text += body(1);
    if (made_.width > 1) text += body(made_.width);
    return text + kernel("scalar", 1) + kernel("vector", made_.width);
  }

  const Region& region_;
  PointwiseSource made_;
  std::vector<std::int64_t> shape_;
  std::vector<int> output_of_;
  std::vector<Input> inputs_;
  std::vector<Value> values_;  // by op
  std::string uniform_code_, code_;
};

}  // namespace

std::variant<PointwiseSource, std::string> pointwise_source(const Region& region) { return Writer(region).write(); }

}  // namespace strata::cuda
