#include "backend/cuda/kernel_cache.h"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace strata::cuda {
namespace {

constexpr char magic[8] = {'s', 't', 'r', 'a', 't', 'a', 'k', '1'};
struct Header {
  char mark[8];
  std::uint64_t key_bytes, code_bytes, checksum;
};

// FNV-1a, 64 bits.
std::uint64_t hash(const std::string& text) {
  std::uint64_t h = 0xcbf29ce484222325u;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return h;
}

std::string path_of(const std::string& folder, const std::string& key) { return fmt::format("{}/{:016x}{:08x}.kernel", folder, hash(key), key.size()); }

// A folder of this user's that nobody else can enter; made where it is not there.
bool is_private_folder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return false;
  struct stat s {};
  return lstat(path.c_str(), &s) == 0 && S_ISDIR(s.st_mode) && s.st_uid == geteuid() && (s.st_mode & 077) == 0;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }
  bool read(void* to, std::size_t bytes) const {
    for (char* at = static_cast<char*>(to); bytes > 0;) {
      const ssize_t n = ::read(fd_, at, bytes);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      at += n;
      bytes -= static_cast<std::size_t>(n);
    }
    return true;
  }
  bool write(const void* from, std::size_t bytes) const {
    for (const char* at = static_cast<const char*>(from); bytes > 0;) {
      const ssize_t n = ::write(fd_, at, bytes);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      at += n;
      bytes -= static_cast<std::size_t>(n);
    }
    return true;
  }

 private:
  int fd_;
};

}  // namespace

std::string kernel_cache_folder() {
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  const char* const home = std::getenv("HOME");
  std::string root;
  if (cache != nullptr && cache[0] == '/') root = cache;
  else if (home != nullptr && home[0] == '/') root = std::string(home) + "/.cache";
  else return "";
  mkdir(root.c_str(), 0700);
  const std::string ours = root + "/strata";
  mkdir(ours.c_str(), 0700);
  const std::string folder = ours + "/cuda";
  return is_private_folder(folder) ? folder : "";
}

std::optional<std::string> cached_kernel(const std::string& folder, const std::string& key) {
  if (folder.empty()) return std::nullopt;
  const Descriptor file(open(path_of(folder, key).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat s {};
  if (!file || fstat(file.get(), &s) != 0 || !S_ISREG(s.st_mode) || s.st_uid != geteuid()) return std::nullopt;
  Header header{};
  if (!file.read(&header, sizeof header) || std::memcmp(header.mark, magic, sizeof magic) != 0 || header.key_bytes != key.size() ||
      header.code_bytes > static_cast<std::uint64_t>(s.st_size) || sizeof header + header.key_bytes + header.code_bytes != static_cast<std::uint64_t>(s.st_size))
    return std::nullopt;
  std::string stored(key.size(), '\0'), code(header.code_bytes, '\0');
  if (!file.read(stored.data(), stored.size()) || stored != key || !file.read(code.data(), code.size()) || hash(code) != header.checksum) return std::nullopt;
  return code;
}

void cache_kernel(const std::string& folder, const std::string& key, const std::string& code) {
  if (folder.empty()) return;
  std::string beside = folder + "/XXXXXX";
  const Descriptor file(mkostemp(beside.data(), O_CLOEXEC));
  if (!file) return;
  Header header{{}, key.size(), code.size(), hash(code)};
  std::memcpy(header.mark, magic, sizeof magic);
  const bool whole = file.write(&header, sizeof header) && file.write(key.data(), key.size()) && file.write(code.data(), code.size());
  if (!whole || rename(beside.c_str(), path_of(folder, key).c_str()) != 0) unlink(beside.c_str());
}

}  // namespace strata::cuda
