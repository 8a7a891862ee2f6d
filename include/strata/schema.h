// Declare once: an argument's name, default, limits and sentence stand in one place, its struct. From the schema come
// parsing, ranges, suggestions, Keras' JSON in both directions, the JSON Schema, the docs page and `strata describe`.
//
//     struct Dropout {
//       Required<double> rate = unset;
//       std::optional<std::int64_t> seed;
//       static Schema schema() {
//         return describe<Dropout>("Dropout", "Sets a fraction of its input to zero while training.",
//           field("rate", &Dropout::rate, "Fraction to drop.", between(0, 1)),
//           field("seed", &Dropout::seed, "Seed of this layer's own random stream."));
//       }
//       ...
//     };
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <strata/config.h>
#include <strata/error.h>
#include <strata/shape.h>

namespace strata {

// --- required arguments ----------------------------------------------------------------------------------------------
struct Unset {};
inline constexpr Unset unset;

// An argument without a default. Reading it before it is set is an error that names it (checked when the object is used).
template <class T>
class Required {
 public:
  Required(Unset) {}                              // NOLINT
  template <class U> requires std::is_convertible_v<U, T>
  Required(U&& v) : value_(std::forward<U>(v)) {}  // NOLINT
  // Lists: `.kernel_size = {3, 2}`, `.target_shape = {4, 4}`.
  Required(std::initializer_list<std::int64_t> v) requires std::is_constructible_v<T, std::initializer_list<std::int64_t>> : value_(v) {}
  Required(std::initializer_list<Dim> v) requires std::is_constructible_v<T, std::initializer_list<Dim>> : value_(v) {}
  bool has_value() const { return value_.has_value(); }
  const T& operator*() const { return *value_; }
  const T* operator->() const { return &*value_; }
  operator const T&() const { return *value_; }  // NOLINT

 private:
  std::optional<T> value_;
};

// --- sizes -----------------------------------------------------------------------------------------------------------
// One number per spatial axis; a single number stands for all of them, as in Keras' kernel_size=3.
template <int N>
class Sizes {
 public:
  Sizes() = default;
  Sizes(std::int64_t n) { values_.fill(n); }  // NOLINT
  Sizes(int n) { values_.fill(n); }           // NOLINT
  Sizes(std::initializer_list<std::int64_t> v) {
    if (v.size() != N) throw Error(ErrorKind::spec, "expected " + std::to_string(N) + " numbers, received " + std::to_string(v.size()));
    std::size_t i = 0;
    for (const std::int64_t n : v) values_[i++] = n;
  }
  std::int64_t operator[](int i) const { return values_[static_cast<std::size_t>(i)]; }
  std::vector<std::int64_t> vector() const { return {values_.begin(), values_.end()}; }
  friend bool operator==(const Sizes&, const Sizes&) = default;

 private:
  std::array<std::int64_t, N> values_{};
};

// --- what a schema says about one argument ---------------------------------------------------------------------------
enum class FieldKind { boolean, integer, number, text, choice, integers, numbers, texts, shape, object, objects, layer, layers, any };

struct FieldType {
  FieldKind kind = FieldKind::any;
  bool nullable = false;
  bool required = false;
  bool scalar_or_list = false;   // integers, numbers or a shape that a single one may stand for
  int length = -1;               // of a list; -1: any
  std::string_view component = {};  // kind of the object: "initializer", "loss", ...
};

struct Limits {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool open_low = false, open_high = false;  // the bound itself is outside
  std::vector<std::string_view> choices;
};
inline Limits at_least(double low) { return {.low = low, .choices = {}}; }
inline Limits above(double low) { return {.low = low, .open_low = true, .choices = {}}; }
inline Limits between(double low, double high) { return {.low = low, .high = high, .choices = {}}; }
// low <= x < high
inline Limits from_to_below(double low, double high) { return {.low = low, .high = high, .open_high = true, .choices = {}}; }
inline Limits one_of(std::vector<std::string_view> choices) { return {.choices = std::move(choices)}; }

struct Field {
  std::string_view name;
  std::string_view doc;
  FieldType type;
  Limits limits;
  std::ptrdiff_t offset;  // of the member in its struct
  // Reads and writes the member. `set` throws Error(spec) that says what was expected; limits are checked by the schema.
  Config (*get_member)(const void* member);
  void (*set_member)(void* member, const Config& value);
  bool in_keras = true;  // written to and read from Keras files
};

class Schema {
 public:
  std::string name;                 // "Dense"
  std::string doc;
  std::vector<std::string> aliases; // other names a spec may use
  std::string keras = {};           // the class in Keras' files, where it is not `name` in Keras itself: "Other", "package>Other"
  std::vector<Field> fields;

  // describe<MeanSquaredError>(...).also_named({"mse", "MSE"})
  Schema also_named(std::vector<std::string> names) &&;
  // describe<PositionEmbedding>(...).in_files_of_keras("keras_hub>PositionEmbedding")
  Schema in_files_of_keras(std::string class_name) &&;
  const Field* find(std::string_view argument) const;
  Config get(const void* object, const Field& field) const { return field.get_member(static_cast<const char*>(object) + field.offset); }
  // Checks kind and limits, then assigns. The error names the argument, what was expected, what was received.
  void set(void* object, const Field& field, const Config& value) const;
  // Every argument in order; those at their default are left out when `defaults` is given as a default object.
  ObjectConfig config(const void* object, const void* defaults = nullptr) const;
  // Required arguments that are unset.
  std::vector<std::string_view> missing(const void* object) const;
};

// --- how members of each C++ type are read and written ---------------------------------------------------------------
[[noreturn]] void expected(const std::string& what, const Config& received);

template <class M> struct Member;  // type(), get(const M&), set(M&, const Config&)

template <> struct Member<bool> {
  static FieldType type() { return {.kind = FieldKind::boolean}; }
  static Config get(const bool& m) { return m; }
  static void set(bool& m, const Config& c);
};
template <> struct Member<std::int64_t> {
  static FieldType type() { return {.kind = FieldKind::integer}; }
  static Config get(const std::int64_t& m) { return m; }
  static void set(std::int64_t& m, const Config& c);
};
template <> struct Member<double> {
  static FieldType type() { return {.kind = FieldKind::number}; }
  static Config get(const double& m) { return m; }
  static void set(double& m, const Config& c);
};
template <> struct Member<std::string> {
  static FieldType type() { return {.kind = FieldKind::text}; }
  static Config get(const std::string& m) { return m; }
  static void set(std::string& m, const Config& c);
};
template <> struct Member<std::vector<std::int64_t>> {
  static FieldType type() { return {.kind = FieldKind::integers, .scalar_or_list = true}; }
  static Config get(const std::vector<std::int64_t>& m);
  static void set(std::vector<std::int64_t>& m, const Config& c);
};
template <> struct Member<std::vector<double>> {
  static FieldType type() { return {.kind = FieldKind::numbers, .scalar_or_list = true}; }
  static Config get(const std::vector<double>& m);
  static void set(std::vector<double>& m, const Config& c);
};
template <> struct Member<std::vector<std::string>> {
  static FieldType type() { return {.kind = FieldKind::texts}; }
  static Config get(const std::vector<std::string>& m);
  static void set(std::vector<std::string>& m, const Config& c);
};
// null in a spec is an open axis; -1 is kept as it is, for Reshape.
template <> struct Member<Shape> {
  static FieldType type() { return {.kind = FieldKind::shape}; }
  static Config get(const Shape& m);
  static void set(Shape& m, const Config& c);
};
template <> struct Member<Config> {
  static FieldType type() { return {.kind = FieldKind::any, .nullable = true}; }
  static Config get(const Config& m) { return m; }
  static void set(Config& m, const Config& c) { m = c; }
};
template <int N> struct Member<Sizes<N>> {
  static FieldType type() { return {.kind = FieldKind::integers, .scalar_or_list = true, .length = N}; }
  static Config get(const Sizes<N>& m) { return Member<std::vector<std::int64_t>>::get(m.vector()); }
  static void set(Sizes<N>& m, const Config& c) {
    std::vector<std::int64_t> v;
    Member<std::vector<std::int64_t>>::set(v, c);
    if (v.size() == 1) { m = Sizes<N>(v[0]); return; }
    if (v.size() != N) expected("a list of " + std::to_string(N) + " integers", c);
    m = Sizes<N>(v[0]);
    m = from(v);
  }

 private:
  static Sizes<N> from(const std::vector<std::int64_t>& v) {
    if constexpr (N == 1) return Sizes<N>(v[0]);
    else if constexpr (N == 2) return Sizes<N>({v[0], v[1]});
    else return Sizes<N>({v[0], v[1], v[2]});
  }
};
template <class T> struct Member<std::optional<T>> {
  static FieldType type() {
    FieldType t = Member<T>::type();
    t.nullable = true;
    return t;
  }
  static Config get(const std::optional<T>& m) { return m ? Member<T>::get(*m) : Config(); }
  static void set(std::optional<T>& m, const Config& c) {
    if (c.is_null()) { m.reset(); return; }
    T v{};
    Member<T>::set(v, c);
    m = std::move(v);
  }
};
template <class T> struct Member<Required<T>> {
  static FieldType type() {
    FieldType t = Member<T>::type();
    t.required = true;
    return t;
  }
  static Config get(const Required<T>& m) { return m.has_value() ? Member<T>::get(*m) : Config(); }
  static void set(Required<T>& m, const Config& c) {
    T v{};
    Member<T>::set(v, c);
    m = Required<T>(std::move(v));
  }
};
// Types that describe themselves (Activation, Initializer, ...): field_type(), config(), assign().
template <class M> requires requires(M m, const Config& c) { M::field_type(); m.config(); m.assign(c); }
struct Member<M> {
  static FieldType type() { return M::field_type(); }
  static Config get(const M& m) { return m.config(); }
  static void set(M& m, const Config& c) { m.assign(c); }
};

// --- writing a schema ------------------------------------------------------------------------------------------------
template <class T, class M>
Field field(std::string_view name, M T::*member, std::string_view doc, Limits limits = {}) {
  static const T object{};
  FieldType type = Member<M>::type();
  if (!limits.choices.empty()) type.kind = FieldKind::choice;
  return {name, doc, type, std::move(limits),
          reinterpret_cast<const char*>(&(object.*member)) - reinterpret_cast<const char*>(&object),
          [](const void* m) { return Member<M>::get(*static_cast<const M*>(m)); },
          [](void* m, const Config& c) { Member<M>::set(*static_cast<M*>(m), c); }};
}

using Fields = std::vector<Field>;

namespace detail {
inline void append(Fields& all, Field f) { all.push_back(std::move(f)); }
inline void append(Fields& all, Fields more) { all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end())); }
}  // namespace detail

// The schema of T: fields and groups of fields, in the order of T's members.
template <class T, class... F>
Schema describe(std::string name, std::string doc, F... fields) {
  Schema s{.name = std::move(name), .doc = std::move(doc), .aliases = {}, .fields = {}};
  (detail::append(s.fields, std::move(fields)), ...);
  return s;
}

template <class T>
concept Described = requires { { T::schema() } -> std::convertible_to<Schema>; };

}  // namespace strata
