// Hash buckets as Hashing and the lookups use them.
#pragma once

#include <string>

#include <strata/text_hash.h>
#include <strata/layer.h>

namespace strata {

// The argument salt: null, an integer for both halves of the key, or two.
inline HashKey hash_key(const std::string& layer, const Config& salt) {
  if (salt.is_null()) return {};
  if (const auto* n = salt.as<std::int64_t>()) return HashKey({static_cast<std::uint64_t>(*n), static_cast<std::uint64_t>(*n)});
  const auto* list = salt.as<Config::List>();
  if (!list || list->size() != 2 || !(*list)[0].as<std::int64_t>() || !(*list)[1].as<std::int64_t>())
    throw Error(ErrorKind::spec, layer + ": salt must be an integer or two integers, received " + salt.str());
  return HashKey({static_cast<std::uint64_t>(*(*list)[0].as<std::int64_t>()), static_cast<std::uint64_t>(*(*list)[1].as<std::int64_t>())});
}

// Element i as it is hashed: a number in digits, a float without its fraction.
inline std::string hashed_text(const Tensor& t, std::size_t i) {
  if (t.dtype() == DType::string) return t.values<std::string>()[i];
  return std::to_string(t.dtype() == DType::int64 ? t.values<std::int64_t>()[i] : static_cast<std::int64_t>(t.at(static_cast<std::int64_t>(i))));
}

}  // namespace strata
