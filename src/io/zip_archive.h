// libzip's part of zip.h. It is the plug-in libstrata-zip.so, because libzip brings OpenSSL's libcrypto into a process.
#pragma once

#include <memory>

#include "src/io/zip.h"

namespace strata {

// An archive that was checked as ZipReader promises; it borrows its bytes.
struct ZipArchive {
  std::vector<std::string> names;    // in the archive's order
  std::vector<std::uint64_t> sizes;  // as the directory states them
  virtual ~ZipArchive() = default;
  // All bytes of member i, with its CRC checked.
  virtual Bytes read(std::size_t i) const = 0;
};

// What the plug-in exports.
struct ZipArchives {
  std::unique_ptr<ZipArchive> (*open)(ByteView archive, const std::string& name);
  Bytes (*write)(std::span<const NamedBytes> members);
};

extern "C" __attribute__((visibility("default"))) const ZipArchives strata_zip;

}  // namespace strata
