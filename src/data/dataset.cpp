#include <strata/dataset.h>

#include <numeric>

#include <fmt/format.h>

#include <strata/error.h>
#include <strata/random.h>

namespace strata {
namespace {

template <class Visit>
void for_each_column(const Dataset& data, Visit visit) {
  for (const auto& [name, t] : data.x.columns()) visit("x", name, t);
  for (const auto& [name, t] : data.y.columns()) visit("y", name, t);
  for (const auto& [name, t] : data.sample_weight.columns()) visit("sample_weight", name, t);
}

std::string described(const char* part, const std::string& name) {
  return name.empty() ? part : fmt::format("{} '{}'", part, name);
}

Arrays slice_of(const Arrays& arrays, std::int64_t first, std::int64_t last) {
  Arrays result;
  for (const auto& [name, t] : arrays.columns()) result.add(name, t.rows(first, last));
  return result;
}

}  // namespace

std::int64_t Dataset::rows() const {
  std::int64_t rows = -1;
  std::string first;
  for_each_column(*this, [&](const char* part, const std::string& name, const Tensor& t) {
    if (t.rank() == 0)
      throw Error(ErrorKind::data, fmt::format("{} is a single number, an axis of rows is needed", described(part, name)));
    if (rows >= 0 && t.dim(0) != rows)
      throw Error(ErrorKind::data, fmt::format("{} has {} rows, {} has {}", first, rows, described(part, name), t.dim(0)),
                  "inputs, targets and weights of the same rows have equal lengths");
    if (rows < 0) first = described(part, name);
    rows = t.dim(0);
  });
  return rows < 0 ? 0 : rows;
}

Dataset Dataset::slice(std::int64_t first, std::int64_t last) const {
  return {slice_of(x, first, last), slice_of(y, first, last), slice_of(sample_weight, first, last)};
}

// Fisher and Yates' shuffle (Durstenfeld, CACM 7, 1964), with a stream of its own for each epoch.
std::vector<std::int64_t> shuffled_order(std::int64_t rows, std::uint64_t seed, std::int64_t epoch) {
  const RandomStream random(seed, fmt::format("shuffle/{}", epoch));
  std::vector<std::int64_t> order(static_cast<std::size_t>(rows));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  for (std::size_t i = order.size(); i-- > 1;) std::swap(order[i], order[random.integer(i, i + 1)]);
  return order;
}

}  // namespace strata
