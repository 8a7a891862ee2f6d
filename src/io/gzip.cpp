#include "src/io/gzip.h"

#include <zlib.h>

#include <fmt/format.h>
#include <strata/error.h>

namespace strata {

struct GzipReader::Stream {
  z_stream z{};
  ByteView left;
  bool ended = false;
  ~Stream() { inflateEnd(&z); }
};

bool is_gzip(ByteView bytes) { return bytes.size() > 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b}; }

GzipReader::GzipReader(ByteView bytes, std::string name) : name_(std::move(name)), stream_(std::make_unique<Stream>()) {
  stream_->left = bytes;
  constexpr int gzip_only = 16 + MAX_WBITS;
  if (inflateInit2(&stream_->z, gzip_only) != Z_OK) throw Error(ErrorKind::runtime, name_ + ": zlib does not start");
}

GzipReader::~GzipReader() = default;

std::size_t GzipReader::read(std::span<std::byte> out) {
  constexpr std::size_t piece = 1u << 30;  // zlib counts in 32 bits
  z_stream& z = stream_->z;
  std::size_t done = 0;
  while (done < out.size() && !stream_->ended) {
    if (z.avail_in == 0) {
      const ByteView next = stream_->left.first(std::min(stream_->left.size(), piece));
      z.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(next.data()));
      z.avail_in = static_cast<uInt>(next.size());
      stream_->left = stream_->left.subspan(next.size());
    }
    const std::size_t room = std::min(out.size() - done, piece);
    z.next_out = reinterpret_cast<Bytef*>(out.data() + done);
    z.avail_out = static_cast<uInt>(room);
    const int result = inflate(&z, Z_NO_FLUSH);
    done += room - z.avail_out;
    if (result == Z_STREAM_END) {
      if (z.avail_in > 0 || !stream_->left.empty())
        throw Error(ErrorKind::data, name_ + ": there are bytes behind the compressed data");
      stream_->ended = true;
    } else if (result == Z_BUF_ERROR) {
      throw Error(ErrorKind::data, name_ + ": the compressed data ends too early", "use another copy of the file");
    } else if (result != Z_OK) {
      throw Error(ErrorKind::data, fmt::format("{}: the compressed data is damaged ({})", name_, z.msg ? z.msg : "zlib"),
                  "use another copy of the file");
    }
  }
  return done;
}

}  // namespace strata
