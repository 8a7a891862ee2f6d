#include "src/spec/scalar.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace strata {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool one_of(std::string_view token, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words)
    if (token == word) return true;
  return false;
}

std::size_t digits(std::string_view text, std::size_t from) {
  std::size_t n = 0;
  while (from + n < text.size() && is_digit(text[from + n])) ++n;
  return n;
}

enum class Form { other, integer, number };

// [-+]? [0-9]+  or  [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
Form decimal_form(std::string_view t) {
  std::size_t i = !t.empty() && (t[0] == '-' || t[0] == '+') ? 1 : 0;
  const std::size_t whole = digits(t, i);
  i += whole;
  if (whole > 0 && i == t.size()) return Form::integer;
  std::size_t fraction = 0;
  if (i < t.size() && t[i] == '.') {
    fraction = digits(t, i + 1);
    i += 1 + fraction;
  }
  if (whole + fraction == 0) return Form::other;
  if (i < t.size() && (t[i] == 'e' || t[i] == 'E')) {
    ++i;
    if (i < t.size() && (t[i] == '-' || t[i] == '+')) ++i;
    const std::size_t exponent = digits(t, i);
    if (exponent == 0) return Form::other;
    i += exponent;
  }
  return i == t.size() ? Form::number : Form::other;
}

// 0o[0-7]+ and 0x[0-9a-fA-F]+; 0: neither.
int base_of(std::string_view t) {
  if (t.size() < 3 || t[0] != '0') return 0;
  const int base = t[1] == 'o' ? 8 : t[1] == 'x' ? 16 : 0;
  const std::string_view allowed = base == 8 ? "01234567" : "0123456789abcdefABCDEF";
  return base != 0 && t.find_first_not_of(allowed, 2) == std::string_view::npos ? base : 0;
}

}  // namespace

std::string number_text(double value) {
  if (std::isnan(value)) return ".nan";
  if (std::isinf(value)) return value > 0 ? ".inf" : "-.inf";
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  std::string text(buffer, end);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

Node quoted_node(std::string value) {
  Node n = Node::string(std::move(value));
  n.quoted_ = true;
  return n;
}

Node scalar_node(std::string_view token, std::string* problem, std::string* hint) {
  const auto with_text = [&](Node n) {
    n.text_ = std::string(token);
    return n;
  };
  if (one_of(token, {"", "~", "null", "Null", "NULL"})) return with_text(Node::null());
  if (one_of(token, {"true", "True", "TRUE"})) return with_text(Node::boolean(true));
  if (one_of(token, {"false", "False", "FALSE"})) return with_text(Node::boolean(false));
  if (one_of(token, {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"})) return with_text(Node::number(INFINITY));
  if (one_of(token, {"-.inf", "-.Inf", "-.INF"})) return with_text(Node::number(-INFINITY));
  if (one_of(token, {".nan", ".NaN", ".NAN"})) return with_text(Node::number(NAN));

  const std::string_view positive = token[0] == '+' ? token.substr(1) : token;  // from_chars knows no plus sign
  const Form form = decimal_form(token);
  const int base = form == Form::other ? base_of(token) : 10;
  if (form == Form::integer || (form == Form::other && base != 0)) {
    const std::string_view figures = base == 10 ? positive : token.substr(2);
    const std::string_view unsigned_figures = figures[0] == '-' ? figures.substr(1) : figures;
    std::int64_t value = 0;
    if (base == 10 && unsigned_figures.size() > 1 && unsigned_figures[0] == '0') {
      const std::size_t first = std::min(unsigned_figures.find_first_not_of('0'), unsigned_figures.size() - 1);
      *problem = fmt::format("the integer '{}' has a leading zero", token);
      *hint = fmt::format("write {}{}, or '{}' in quotes if it is a string", figures[0] == '-' ? "-" : "",
                          unsigned_figures.substr(first), token);
    } else if (std::from_chars(figures.data(), figures.data() + figures.size(), value, base).ec != std::errc()) {
      value = 0;
      *problem = fmt::format("the integer {} is out of range: a 64-bit integer is wanted", token);
      *hint = "between -9223372036854775808 and 9223372036854775807";
    }
    return with_text(Node::integer(value));
  }
  if (form == Form::number) {
    double value = 0;
    if (std::from_chars(positive.data(), positive.data() + positive.size(), value).ec != std::errc()) {
      value = 0;
      *problem = fmt::format("the number {} is not finite as a 64-bit float, or too small for one", token);
      *hint = "between 4.9e-324 and 1.7976931348623157e+308 in size";
    }
    return with_text(Node::number(value));
  }
  return with_text(Node::string({}));
}

}  // namespace strata
