// Zip archives in memory. Members are read by their exact name and never unpacked to the disk.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "src/io/bytes.h"

namespace strata {

struct ZipArchive;  // zip_archive.h

// The archive borrows its bytes. Opening refuses what no honest writer makes: two members of one name, absolute names, "..",
// backslashes, NUL characters, links, encryption, methods other than stored and deflated, inconsistent directories.
class ZipReader {
 public:
  // `name` stands in front of every message.
  ZipReader(ByteView archive, std::string name);
  ~ZipReader();
  ZipReader(const ZipReader&) = delete;
  ZipReader& operator=(const ZipReader&) = delete;

  // In the archive's order, folders included ("assets/").
  const std::vector<std::string>& names() const;
  bool contains(std::string_view member) const;
  // The size that the directory states.
  std::uint64_t size(std::string_view member) const;
  // All bytes of a member, with its CRC checked; one of more than `limit` bytes is an error before memory is taken.
  Bytes read(std::string_view member, std::uint64_t limit) const;

 private:
  std::size_t index(std::string_view member) const;
  std::string name_;
  std::unique_ptr<ZipArchive> archive_;
};

// An archive of stored members in the given order, all of one fixed time (1980-01-01), so equal members are equal bytes.
Bytes write_zip(std::span<const NamedBytes> members);

}  // namespace strata
