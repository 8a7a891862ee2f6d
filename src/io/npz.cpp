#include "src/io/npz.h"

#include <fmt/format.h>
#include <strata/error.h>

#include "src/io/npy.h"
#include "src/io/zip.h"

namespace strata {

namespace {
constexpr std::string_view ending = ".npy";
}

NamedTensors read_npz(ByteView archive, const std::string& name, std::uint64_t limit) {
  const ZipReader zip(archive, name);
  NamedTensors arrays;
  for (const std::string& member : zip.names()) {
    if (!std::string_view(member).ends_with(ending))
      throw Error(ErrorKind::data, fmt::format("{}: the member '{}' is no array (.npy)", name, member));
    const Bytes bytes = zip.read(member, limit);
    limit -= bytes.size();
    arrays.emplace_back(member.substr(0, member.size() - ending.size()), read_npy(bytes, name + ": " + member));
  }
  return arrays;
}

Bytes write_npz(const NamedTensors& arrays) {
  std::vector<NamedBytes> members;
  for (const auto& [name, tensor] : arrays) members.push_back({name + std::string(ending), write_npy(tensor)});
  return write_zip(members);
}

}  // namespace strata
