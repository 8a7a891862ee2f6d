#include <strata/shape.h>

#include <algorithm>
#include <optional>

#include <strata/error.h>

namespace strata {
namespace {

[[noreturn]] void overflow() {
  throw Error(ErrorKind::spec, "a shape is too large: the product of its axes is above 2^62",
              "make an axis smaller");
}

std::int64_t checked_add(std::int64_t a, std::int64_t b) {
  std::int64_t r;
  if (__builtin_add_overflow(a, b, &r)) overflow();
  return r;
}

std::int64_t checked_multiply(std::int64_t a, std::int64_t b) {
  std::int64_t r;
  if (__builtin_mul_overflow(a, b, &r)) overflow();
  return r;
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  if (b == 0) throw Error(ErrorKind::spec, "an axis is divided by 0");
  const std::int64_t q = a / b;
  return q * b != a && (a < 0) != (b < 0) ? q - 1 : q;
}

struct Quotient { Dim numerator, denominator; };

// A factor that is not a sum or product: a symbol, or a quotient that does not divide out.
struct Atom {
  std::string text;
  std::shared_ptr<const Quotient> quotient;  // null: a symbol
  friend bool operator<(const Atom& a, const Atom& b) { return a.text < b.text; }
  friend bool operator==(const Atom& a, const Atom& b) { return a.text == b.text; }
};

using Monomial = std::vector<Atom>;  // sorted; empty: the constant term

}  // namespace

struct Dim::Terms : std::map<Monomial, std::int64_t> {};

const Dim::Terms& Dim::terms(Terms& storage) const {
  if (terms_) return *terms_;
  if (number_ != 0) storage[{}] = number_;
  return storage;
}

Dim Dim::from(Terms terms) {
  std::erase_if(terms, [](const auto& term) { return term.second == 0; });
  if (terms.empty()) return Dim(0);
  if (terms.size() == 1 && terms.begin()->first.empty()) return Dim(terms.begin()->second);
  Dim d;
  d.terms_ = std::make_shared<const Terms>(std::move(terms));
  return d;
}

Dim Dim::symbol(const std::string& name) {
  Terms t;
  t[{Atom{name, nullptr}}] = 1;
  return from(std::move(t));
}

std::int64_t Dim::value() const {
  if (!is_known()) throw Error(ErrorKind::spec, "the axis '" + str() + "' is open, where a number is needed");
  return number_;
}

std::int64_t Dim::bind(const Bindings& bindings) const {
  if (is_known()) return number_;
  std::int64_t sum = 0;
  for (const auto& [monomial, coefficient] : *terms_) {
    std::int64_t product = coefficient;
    for (const Atom& atom : monomial) {
      std::int64_t factor;
      if (atom.quotient) {
        factor = floor_divide(atom.quotient->numerator.bind(bindings), atom.quotient->denominator.bind(bindings));
      } else {
        const auto found = bindings.find(atom.text);
        if (found == bindings.end()) throw Error(ErrorKind::spec, "the open axis '" + atom.text + "' has no number yet");
        factor = found->second;
      }
      product = checked_multiply(product, factor);
    }
    sum = checked_add(sum, product);
  }
  return sum;
}

std::string Dim::str() const {
  if (is_known()) return std::to_string(number_);
  std::string text;
  for (auto it = terms_->rbegin(); it != terms_->rend(); ++it) {
    const auto& [monomial, coefficient] = *it;
    if (!text.empty()) text += coefficient < 0 ? " - " : " + ";
    const std::int64_t shown = text.empty() ? coefficient : std::abs(coefficient);
    if (monomial.empty() || shown != 1) text += std::to_string(shown) + (monomial.empty() ? "" : "*");
    for (std::size_t i = 0; i < monomial.size(); ++i) text += (i ? "*" : "") + monomial[i].text;
  }
  return text;
}

Dim operator+(const Dim& a, const Dim& b) {
  if (a.is_known() && b.is_known()) return Dim(checked_add(a.number_, b.number_));
  Dim::Terms sa, sb;
  Dim::Terms sum = a.terms(sa);
  for (const auto& [monomial, coefficient] : b.terms(sb)) sum[monomial] = checked_add(sum[monomial], coefficient);
  return Dim::from(std::move(sum));
}

Dim operator-(const Dim& a, const Dim& b) { return a + Dim(-1) * b; }

Dim operator*(const Dim& a, const Dim& b) {
  if (a.is_known() && b.is_known()) return Dim(checked_multiply(a.number_, b.number_));
  Dim::Terms sa, sb, product;
  for (const auto& [ma, ca] : a.terms(sa))
    for (const auto& [mb, cb] : b.terms(sb)) {
      Monomial monomial = ma;
      monomial.insert(monomial.end(), mb.begin(), mb.end());
      std::sort(monomial.begin(), monomial.end());
      auto& coefficient = product[monomial];
      coefficient = checked_add(coefficient, checked_multiply(ca, cb));
    }
  return Dim::from(std::move(product));
}

Dim floor_div(const Dim& a, const Dim& b) {
  if (a.is_known() && b.is_known()) return Dim(floor_divide(a.number_, b.number_));
  Dim::Terms sa, sb;
  const Dim::Terms& divisor = b.terms(sb);
  if (b.is_known() && b.number_ > 0) {  // (6*t - 1) / 3 is 2*t - 1: what divides comes out, the number is rounded
    Dim::Terms quotient;
    bool divides = true;
    for (const auto& [monomial, coefficient] : a.terms(sa)) {
      divides = divides && (monomial.empty() || coefficient % b.number_ == 0);
      quotient[monomial] = floor_divide(coefficient, b.number_);
    }
    if (divides) return Dim::from(std::move(quotient));
  }
  if (divisor.size() == 1) {  // a single term may divide every term of the numerator
    const auto& [divisor_atoms, divisor_coefficient] = *divisor.begin();
    Dim::Terms quotient;
    bool exact = true;
    for (const auto& [monomial, coefficient] : a.terms(sa)) {
      Monomial rest = monomial;
      for (const Atom& atom : divisor_atoms) {
        const auto found = std::find(rest.begin(), rest.end(), atom);
        if (found == rest.end()) { exact = false; break; }
        rest.erase(found);
      }
      if (coefficient % divisor_coefficient != 0) exact = false;
      if (!exact) break;
      quotient[rest] = coefficient / divisor_coefficient;
    }
    if (exact) return Dim::from(std::move(quotient));
  }
  Dim::Terms t;
  t[{Atom{"((" + a.str() + ")//(" + b.str() + "))", std::make_shared<const Quotient>(Quotient{a, b})}}] = 1;
  return Dim::from(std::move(t));
}

Dim ceil_div(const Dim& a, const Dim& b) { return floor_div(a + b - Dim(1), b); }

bool operator==(const Dim& a, const Dim& b) {
  if (a.is_known() != b.is_known()) return false;
  return a.is_known() ? a.number_ == b.number_ : a.terms_ == b.terms_ || *a.terms_ == *b.terms_;
}

bool Shape::is_known() const {
  return std::all_of(dims_.begin(), dims_.end(), [](const Dim& d) { return d.is_known(); });
}

Dim Shape::elements() const {
  if (is_known()) return checked_elements(values());
  Dim product = 1;
  for (const Dim& d : dims_) product = product * d;
  return product;
}

std::vector<std::int64_t> Shape::values() const {
  std::vector<std::int64_t> v;
  for (const Dim& d : dims_) v.push_back(d.value());
  return v;
}

std::vector<std::int64_t> Shape::bind(const Bindings& bindings) const {
  std::vector<std::int64_t> v;
  for (const Dim& d : dims_) v.push_back(d.bind(bindings));
  return v;
}

Shape Shape::slice(int first, int last) const {
  return Shape(std::vector<Dim>(dims_.begin() + first, dims_.begin() + last));
}

std::string Shape::str() const {
  std::string text = "(";
  for (std::size_t i = 0; i < dims_.size(); ++i)
    text += (i ? ", " : "") + (dims_[i].is_known() ? dims_[i].str() : std::string("None"));
  return text + (dims_.size() == 1 ? ",)" : ")");
}

Shape operator+(const Shape& a, const Shape& b) {
  Shape sum = a;
  sum.dims_.insert(sum.dims_.end(), b.dims_.begin(), b.dims_.end());
  return sum;
}

std::int64_t checked_elements(const std::vector<std::int64_t>& dims) {
  std::int64_t product = 1;
  for (const std::int64_t d : dims) {
    if (d < 0 || __builtin_mul_overflow(product, d, &product) || product > (std::int64_t{1} << 62)) overflow();
  }
  return product;
}

}  // namespace strata
