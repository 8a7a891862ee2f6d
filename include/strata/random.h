// Counter-based random numbers on the host: draw i of a stream is a function of (seed, stream, i), nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace strata {

class RandomStream {
 public:
  RandomStream(std::uint64_t seed, std::uint64_t stream) : seed_(seed), stream_(stream) {}
  // The stream of a name, e.g. a weight's path: adding a layer changes no other weight.
  RandomStream(std::uint64_t seed, std::string_view name);
  // The same stream under another seed, where one is given.
  RandomStream with_seed(std::optional<std::int64_t> seed) const {
    return {seed ? static_cast<std::uint64_t>(*seed) : seed_, stream_};
  }

  double uniform(std::uint64_t i) const;          // [0, 1), 53 bits
  double normal(std::uint64_t i) const;           // mean 0, standard deviation 1
  double truncated_normal(std::uint64_t i) const; // a normal within two standard deviations, by inversion of its distribution
  std::uint64_t integer(std::uint64_t i, std::uint64_t below) const;

 private:
  std::uint64_t seed_, stream_;
};

// 64-bit hash of a text, the same on every machine: names become streams with it.
std::uint64_t hash_of(std::string_view text);

}  // namespace strata
