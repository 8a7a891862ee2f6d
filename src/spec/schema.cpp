#include <strata/schema.h>

#include <algorithm>

#include "src/spec/field_text.h"
#include "src/spec/suggest.h"

namespace strata {
namespace {

// A text is quoted, so that '64' is told from 64.
std::string shown(const Config& c) { return c.as<std::string>() ? "'" + c.str() + "'" : c.str(); }

bool inside(const Limits& l, double x) {
  return (l.open_low ? x > l.low : x >= l.low) && (l.open_high ? x < l.high : x <= l.high);
}

constexpr double infinity = std::numeric_limits<double>::infinity();

bool has_range(const Limits& l) { return l.low > -infinity || l.high < infinity; }

void check(const Limits& limits, const std::string& where, const Config& value) {
  if (const auto* list = value.as<Config::List>()) {
    for (const Config& item : *list) check(limits, where, item);
    return;
  }
  if (value.is_number() && has_range(limits) && !inside(limits, value.number()))
    throw Error(ErrorKind::spec, where + " must be " + limits_text(limits) + ", received " + shown(value));
  const auto* text = value.as<std::string>();
  const auto& choices = limits.choices;
  if (!text || choices.empty() || std::find(choices.begin(), choices.end(), *text) != choices.end()) return;
  std::string names;
  for (const std::string_view choice : limits.choices) names += (names.empty() ? "" : ", ") + std::string(choice);
  throw Error(ErrorKind::spec, where + " must be one of " + names + "; received " + shown(value),
              did_you_mean(*text, {limits.choices.begin(), limits.choices.end()}));
}

// The items of a list, each read as a T.
template <class T>
std::vector<T> items(const Config& c, const char* what) {
  const auto* list = c.as<Config::List>();
  if (!list) expected(what, c);
  std::vector<T> values(list->size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    T value{};
    Member<T>::set(value, (*list)[i]);
    values[i] = std::move(value);
  }
  return values;
}

template <class T>
Config list_of(const std::vector<T>& values) {
  return Config(Config::List(values.begin(), values.end()));
}

}  // namespace

void expected(const std::string& what, const Config& received) {
  throw Error(ErrorKind::spec, "expected " + what + ", received " + shown(received));
}

void Member<bool>::set(bool& m, const Config& c) {
  const auto* v = c.as<bool>();
  if (!v) expected("true or false", c);
  m = *v;
}

void Member<std::int64_t>::set(std::int64_t& m, const Config& c) {
  const auto* v = c.as<std::int64_t>();
  if (!v) expected("an integer", c);
  m = *v;
}

void Member<double>::set(double& m, const Config& c) {
  if (!c.is_number()) expected("a number", c);
  m = c.number();
}

void Member<std::string>::set(std::string& m, const Config& c) {
  const auto* v = c.as<std::string>();
  if (!v) expected("a text", c);
  m = *v;
}

Config Member<std::vector<std::int64_t>>::get(const std::vector<std::int64_t>& m) { return list_of(m); }
void Member<std::vector<std::int64_t>>::set(std::vector<std::int64_t>& m, const Config& c) {
  if (const auto* v = c.as<std::int64_t>()) m = {*v};
  else m = items<std::int64_t>(c, "an integer or a list of integers");
}

Config Member<std::vector<double>>::get(const std::vector<double>& m) { return list_of(m); }
void Member<std::vector<double>>::set(std::vector<double>& m, const Config& c) {
  if (c.is_number()) m = {c.number()};
  else m = items<double>(c, "a number or a list of numbers");
}

Config Member<std::vector<std::string>>::get(const std::vector<std::string>& m) { return list_of(m); }
void Member<std::vector<std::string>>::set(std::vector<std::string>& m, const Config& c) {
  m = items<std::string>(c, "a list of texts");
}

Config Member<Shape>::get(const Shape& m) {
  Config::List axes;
  for (const Dim& d : m) axes.push_back(d.is_known() ? Config(d.value()) : Config());
  return axes;
}

// Open axes are told apart by their place; where several shapes meet, the model gives them names of its own.
void Member<Shape>::set(Shape& m, const Config& c) {
  const auto* list = c.as<Config::List>();
  if (!list) expected("a shape (a list of integers, null for an open axis)", c);
  std::vector<Dim> dims;
  for (const Config& axis : *list) {
    const auto* n = axis.as<std::int64_t>();
    if ((!n && !axis.is_null()) || (n && *n < -1)) expected("a shape (a list of integers, null for an open axis)", c);
    dims.push_back(n ? Dim(*n) : Dim::symbol("axis_" + std::to_string(dims.size())));
  }
  m = Shape(std::move(dims));
}

Schema Schema::also_named(std::vector<std::string> names) && {
  aliases = std::move(names);
  return std::move(*this);
}

Schema Schema::in_files_of_keras(std::string class_name) && {
  keras = std::move(class_name);
  return std::move(*this);
}

const Field* Schema::find(std::string_view argument) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.name == argument; });
  return found == fields.end() ? nullptr : &*found;
}

void Schema::set(void* object, const Field& field, const Config& value) const {
  const std::string where = "argument '" + std::string(field.name) + "' of " + name;
  check(field.limits, where, value);
  try {
    field.set_member(static_cast<char*>(object) + field.offset, value);
  } catch (const Error& e) {
    throw Error(e.kind(), where + ": " + e.what(), e.hint());
  }
}

ObjectConfig Schema::config(const void* object, const void* defaults) const {
  ObjectConfig result{name, {}};
  for (const Field& f : fields) {
    Config value = get(object, f);
    if (!defaults || !(value == get(defaults, f))) result.arguments.emplace_back(f.name, std::move(value));
  }
  return result;
}

std::vector<std::string_view> Schema::missing(const void* object) const {
  std::vector<std::string_view> names;
  for (const Field& f : fields)
    if (f.type.required && get(object, f).is_null()) names.push_back(f.name);
  return names;
}

}  // namespace strata
