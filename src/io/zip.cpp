#include "src/io/zip.h"

#include <algorithm>

#include <fmt/format.h>

#include <strata/error.h>

#include "src/io/zip_archive.h"
#include "src/plugin/plugin.h"

namespace strata {
namespace {

const ZipArchives& zip_archives() {
  static const void* archives = plugin_symbol(
      "zip", "strata_zip", "zip archives (.keras, .npz) need it; it needs libzip (Debian and Ubuntu: apt-get install libzip-dev)");
  return *static_cast<const ZipArchives*>(archives);
}

}  // namespace

ZipReader::ZipReader(ByteView archive, std::string name)
    : name_(std::move(name)), archive_(zip_archives().open(archive, name_)) {}

ZipReader::~ZipReader() = default;

const std::vector<std::string>& ZipReader::names() const { return archive_->names; }

bool ZipReader::contains(std::string_view member) const {
  return std::find(names().begin(), names().end(), member) != names().end();
}

std::size_t ZipReader::index(std::string_view member) const {
  const auto found = std::find(names().begin(), names().end(), member);
  if (found == names().end()) throw Error(ErrorKind::data, fmt::format("{}: has no member '{}'", name_, member));
  return static_cast<std::size_t>(found - names().begin());
}

std::uint64_t ZipReader::size(std::string_view member) const { return archive_->sizes[index(member)]; }

Bytes ZipReader::read(std::string_view member, std::uint64_t limit) const {
  const std::size_t i = index(member);
  if (archive_->sizes[i] > limit)
    throw Error(ErrorKind::data, fmt::format("{}: member '{}' has {} bytes, more than the {} allowed", name_, member,
                                             archive_->sizes[i], limit));
  return archive_->read(i);
}

Bytes write_zip(std::span<const NamedBytes> members) { return zip_archives().write(members); }

}  // namespace strata
