// Hashes of texts that are the same on every machine and in every release: buckets by them stand in files.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace strata {

// FarmHash's Fingerprint64 (Pike, https://github.com/google/farmhash), which TensorFlow's string_to_hash_bucket_fast takes.
std::uint64_t fingerprint64(std::string_view text);
// SipHash-2-4 (Aumasson & Bernstein 2012), TensorFlow's string_to_hash_bucket_strong.
std::uint64_t keyed_hash(std::string_view text, const std::array<std::uint64_t, 2>& key);

// One of `buckets` numbers, by the key where there is one.
using HashKey = std::optional<std::array<std::uint64_t, 2>>;
inline std::int64_t hash_bucket(std::string_view text, std::int64_t buckets, const HashKey& key) {
  return static_cast<std::int64_t>((key ? keyed_hash(text, *key) : fingerprint64(text)) % static_cast<std::uint64_t>(buckets));
}

}  // namespace strata
