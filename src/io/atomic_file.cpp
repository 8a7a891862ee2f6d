#include "src/io/atomic_file.h"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <utility>

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>
#include <strata/error.h>

namespace strata {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view temporary_mark = ".tmp-";

std::string reason(int code) { return std::generic_category().message(code); }

[[noreturn]] void fail(const fs::path& path, const char* what, int code, std::string hint = {}) {
  throw Error(ErrorKind::runtime, fmt::format("{}: {}: {}", path.string(), what, reason(code)), std::move(hint));
}

[[noreturn]] void fail_to_write(const fs::path& path, int code, std::uint64_t need) {
  struct statvfs disk {};
  std::string space = fmt::format("{} bytes are needed", need);
  if (::statvfs(path.parent_path().empty() ? "." : path.parent_path().c_str(), &disk) == 0)
    space += fmt::format(", {} are free", static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize);
  std::string hint;
  if (code == ENOSPC || code == EDQUOT) hint = "free some space, or write to another disk";
  if (code == EFBIG) hint = "the limit on the size of a file (ulimit -f) is smaller than the file";
  if (code == EACCES || code == EROFS || code == EPERM) hint = "write to a folder that you may change";
  if (code == ENOENT || code == ENOTDIR) hint = "create the folder first";
  throw Error(ErrorKind::runtime, fmt::format("{}: not written: {} ({})", path.string(), reason(code), space), hint);
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  // 0, or errno. NFS and quotas report a failed write here.
  int close() {
    const int result = ::close(std::exchange(fd_, -1));
    return result == 0 || errno == EINTR ? 0 : errno;
  }

 private:
  int fd_;
};

// A write beyond the file-size limit sends SIGXFSZ, which ends a process by default. While one of these lives, the calling
// thread gets EFBIG instead.
class SizeSignalBlocked {
 public:
  SizeSignalBlocked() {
    sigemptyset(&signal_);
    sigaddset(&signal_, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &signal_, &before_);
  }
  ~SizeSignalBlocked() {
    const timespec at_once{};
    if (!sigismember(&before_, SIGXFSZ)) while (sigtimedwait(&signal_, nullptr, &at_once) > 0) {}
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t signal_{}, before_{};
};

fs::path folder_of(const fs::path& path) { return path.parent_path().empty() ? fs::path(".") : path.parent_path(); }

fs::path temporary_beside(const fs::path& path) {
  std::random_device random;
  return folder_of(path) / fmt::format("{}{}{}-{:08x}", path.filename().string(), temporary_mark, ::getpid(), random());
}

// 0, or errno.
int write_all(int fd, ByteView bytes) {
  const SizeSignalBlocked blocked;
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), std::min<std::size_t>(bytes.size(), 1u << 30));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    if (n == 0) return EIO;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return 0;
}

// Creates `path` with all of `bytes` on the disk. 0, or errno.
int write_new_file(const fs::path& path, ByteView bytes, const struct stat* like = nullptr) {
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
  if (file.get() < 0) return errno;
  if (const int code = write_all(file.get(), bytes)) return code;
  if (like && ::fchmod(file.get(), like->st_mode & 07777) != 0) return errno;
  if (::fsync(file.get()) != 0) return errno;
  return file.close();
}

int sync_folder(const fs::path& folder) {
  const FileDescriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() < 0) return errno;
  // Some network file systems cannot sync a folder; they order a rename themselves.
  return ::fsync(descriptor.get()) == 0 || errno == EINVAL ? 0 : errno;
}

}  // namespace

void write_atomically(const fs::path& given, ByteView bytes) {
  std::error_code ignored;
  const fs::path path = fs::is_symlink(given, ignored) ? fs::weakly_canonical(given, ignored) : given;
  struct stat old {};
  const bool exists = ::stat(path.c_str(), &old) == 0;
  if (exists && !S_ISREG(old.st_mode))
    throw Error(ErrorKind::runtime, path.string() + ": not written: it is not a regular file", "name a file");
  const fs::path temporary = temporary_beside(path);
  int code = write_new_file(temporary, bytes, exists ? &old : nullptr);
  if (code == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) code = errno;
  if (code != 0) {
    if (code != EEXIST) ::unlink(temporary.c_str());
    fail_to_write(path, code, bytes.size());
  }
  if ((code = sync_folder(folder_of(path)))) fail(folder_of(path), "the folder was not synced", code);
}

void write_directory_atomically(const fs::path& given, std::span<const NamedBytes> files) {
  const fs::path directory = given.filename().empty() ? given.parent_path() : given;  // "a/b/" means "a/b"
  const fs::path temporary = temporary_beside(directory);
  std::uint64_t need = 0;
  for (const NamedBytes& file : files) {
    if (file.name.empty() || file.name == "." || file.name == ".." || file.name.find('/') != std::string::npos ||
        file.name.find('\0') != std::string::npos)
      throw Error(ErrorKind::runtime, fmt::format("{}: '{}' is no name of a file", directory.string(), file.name));
    need += file.bytes.size();
  }
  std::error_code ignored;
  int code = ::mkdir(temporary.c_str(), 0777) == 0 ? 0 : errno;
  if (code != 0) fail_to_write(directory, code, need);
  for (const NamedBytes& file : files)
    if (code == 0) code = write_new_file(temporary / file.name, file.bytes);
  if (code == 0) code = sync_folder(temporary);
  bool exchanged = false;
  if (code == 0 && ::rename(temporary.c_str(), directory.c_str()) != 0) {
    code = errno;
    if (code == ENOTEMPTY || code == EEXIST) {
      constexpr unsigned exchange = 2;  // RENAME_EXCHANGE
      exchanged = ::syscall(SYS_renameat2, AT_FDCWD, temporary.c_str(), AT_FDCWD, directory.c_str(), exchange) == 0;
      code = exchanged ? 0 : errno;
    }
  }
  if (code != 0) {
    fs::remove_all(temporary, ignored);
    fail_to_write(directory, code, need);
  }
  if ((code = sync_folder(folder_of(directory)))) fail(folder_of(directory), "the folder was not synced", code);
  if (exchanged) fs::remove_all(temporary, ignored);
}

std::vector<fs::path> remove_stale_temporaries(const fs::path& folder) {
  std::vector<fs::path> removed;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    const std::size_t mark = name.rfind(temporary_mark);
    if (mark == std::string::npos || mark == 0) continue;
    const char* first = name.data() + mark + temporary_mark.size();
    const char* last = name.data() + name.size();
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(first, last, pid);
    // The tail is "<pid>-<eight hexadecimal digits>"; anything else is somebody else's file.
    if (error != std::errc() || pid <= 0 || last - end != 9 || *end != '-' ||
        std::string_view(end + 1, 8).find_first_not_of("0123456789abcdef") != std::string_view::npos)
      continue;
    if (::kill(pid, 0) == 0 || errno != ESRCH) continue;
    if (fs::remove_all(entry.path(), ignored) > 0 && !ignored) removed.push_back(entry.path());
  }
  return removed;
}

Bytes read_file(const fs::path& path, std::uint64_t limit) {
  // O_NONBLOCK: opening a FIFO would wait for a writer.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0 && (errno == ENOENT || errno == ENOTDIR))
    throw Error(ErrorKind::data, path.string() + ": there is no such file", "check the path");
  if (file.get() < 0) fail(path, "not opened", errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail(path, "not read", errno);
  if (!S_ISREG(status.st_mode))
    throw Error(ErrorKind::data,
                path.string() + (S_ISDIR(status.st_mode) ? ": is a directory, where a file was expected"
                                                         : ": is not a regular file"));
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > limit)
    throw Error(ErrorKind::data, fmt::format("{}: has {} bytes, more than the {} that are read of such a file",
                                                path.string(), size, limit));
  Bytes bytes(size);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t n = ::read(file.get(), bytes.data() + done, std::min<std::size_t>(size - done, 1u << 30));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(path, "not read", errno);
    if (n == 0)
      throw Error(ErrorKind::runtime, fmt::format("{}: became shorter while it was read: {} of {} bytes", path.string(),
                                                  done, size), "read it when nobody writes it");
    done += static_cast<std::size_t>(n);
  }
  return bytes;
}

}  // namespace strata
