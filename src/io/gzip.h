// Reads a gzip member that lies in memory, piece by piece, so that no more memory is taken than a reader asks for.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "src/io/bytes.h"

namespace strata {

bool is_gzip(ByteView bytes);

class GzipReader {
 public:
  // `name` stands in front of every message.
  GzipReader(ByteView bytes, std::string name);
  ~GzipReader();
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;

  // The next bytes; fewer than were asked for at the end only. The checksum is compared at the end.
  std::size_t read(std::span<std::byte> out);

 private:
  struct Stream;
  std::string name_;
  std::unique_ptr<Stream> stream_;
};

}  // namespace strata
