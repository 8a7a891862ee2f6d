#include "src/io/sandbox.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <new>

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>
#include <strata/error.h>

namespace strata {
namespace {

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

struct EndOfStream {};
struct TimeIsUp {};

enum class Ending : std::uint64_t { done = 0x600d600d600d600d, error = 0xbad0bad0bad0bad0 };

void limit(int resource, rlim_t value) {
  rlimit both{value, value};
  ::setrlimit(static_cast<__rlimit_resource>(resource), &both);
}

// Address space in use now, from which the child's limit is measured: a program may hold terabytes of reserved addresses.
std::uint64_t address_space() {
  unsigned long long pages = 0;
  if (std::FILE* f = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(f, "%llu", &pages) != 1) pages = 0;
    std::fclose(f);
  }
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

// The calls that computing and sending need; any other returns EPERM. Where the kernel has no seccomp the limits remain.
void allow_computing_only() {
#if defined(__x86_64__) || defined(__aarch64__)
#if defined(__x86_64__)
  constexpr unsigned architecture = AUDIT_ARCH_X86_64;
#else
  constexpr unsigned architecture = AUDIT_ARCH_AARCH64;
#endif
  constexpr int allowed[] = {SYS_read, SYS_write, SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_brk, SYS_madvise, SYS_futex,
                             SYS_exit, SYS_exit_group, SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_rt_sigaction, SYS_sigaltstack,
                             SYS_clock_gettime, SYS_gettimeofday, SYS_getpid, SYS_gettid, SYS_tgkill, SYS_sched_yield,
                             SYS_sched_getaffinity, SYS_close, SYS_getrandom};
  std::vector<sock_filter> program = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
  };
  for (const int call : allowed) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
#endif
}

[[noreturn]] void be_child(int fd, const SandboxLimits& limits, std::uint64_t held, pid_t parent,
                           const std::function<void(SandboxWriter&)>& work) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  for (const int s : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGPIPE, SIGXCPU, SIGTERM}) std::signal(s, SIG_DFL);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_NOFILE, 0);
  limit(RLIMIT_CPU, static_cast<rlim_t>(limits.seconds) + 1);  // behind the parent's clock, whose message is the better
  if (held) limit(RLIMIT_AS, held + limits.memory);
  allow_computing_only();
  SandboxWriter writer(fd);
  try {
    work(writer);
    writer.number(static_cast<std::uint64_t>(Ending::done));
    writer.flush();
    ::_exit(0);
  } catch (const Error& e) {
    writer.number(static_cast<std::uint64_t>(Ending::error));
    writer.number(static_cast<std::uint64_t>(e.kind()));
    writer.text(e.what());
    writer.text(e.hint());
    writer.flush();
    ::_exit(0);
  } catch (const std::bad_alloc&) {
    ::_exit(3);
  } catch (...) {
    ::_exit(4);
  }
}

}  // namespace

void SandboxWriter::bytes(ByteView data) {
  constexpr std::size_t enough = 1u << 18;
  buffer_.insert(buffer_.end(), data.begin(), data.end());
  if (buffer_.size() >= enough) flush();
}

void SandboxWriter::flush() {
  for (std::size_t done = 0; done < buffer_.size();) {
    const ssize_t n = ::write(fd_, buffer_.data() + done, buffer_.size() - done);
    if (n < 0 && errno != EINTR) ::_exit(5);
    if (n > 0) done += static_cast<std::size_t>(n);
  }
  buffer_.clear();
}

SandboxReader::SandboxReader(int fd, std::uint64_t budget, int seconds)
    : fd_(fd), budget_(budget), deadline_(now_ms() + std::int64_t{seconds} * 1000) {}

void SandboxReader::take(std::uint64_t count) {
  if (count > budget_) throw EndOfStream{};
  budget_ -= count;
}

void SandboxReader::bytes(std::span<std::byte> out) {
  while (!out.empty()) {
    const std::int64_t left = deadline_ - now_ms();
    pollfd waiting{fd_, POLLIN, 0};
    const int ready = left <= 0 ? 0 : ::poll(&waiting, 1, static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) throw TimeIsUp{};
    const ssize_t n = ::read(fd_, out.data(), std::min<std::size_t>(out.size(), 1u << 30));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) throw EndOfStream{};
    out = out.subspan(static_cast<std::size_t>(n));
  }
}

std::uint64_t SandboxReader::number() {
  std::uint64_t value = 0;
  bytes(std::as_writable_bytes(std::span(&value, 1)));
  if (value != static_cast<std::uint64_t>(Ending::error)) return value;
  std::uint64_t kind = 0;
  bytes(std::as_writable_bytes(std::span(&kind, 1)));
  const std::string message = text();
  throw Error(kind >= 1 && kind <= 4 ? static_cast<ErrorKind>(kind) : ErrorKind::runtime, message, text());
}

std::string SandboxReader::text() {
  std::string value;
  const std::uint64_t size = number();
  take(size);
  value.resize(size);
  bytes(std::as_writable_bytes(std::span(value)));
  return value;
}

void run_sandboxed(const std::string& name, const SandboxLimits& limits, const std::function<void(SandboxWriter&)>& work,
                   const std::function<void(SandboxReader&)>& receive) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw Error(ErrorKind::runtime, fmt::format("{}: not read: no pipe to a child process: {}", name, std::strerror(errno)));
  const std::uint64_t held = address_space();
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    be_child(ends[1], limits, held, parent, work);
  }
  const int fork_error = errno;
  ::close(ends[1]);
  if (child < 0) {
    ::close(ends[0]);
    throw Error(ErrorKind::runtime,
                fmt::format("{}: not read: no child process: {}", name, std::strerror(fork_error)));
  }
  int status = 0;
  const auto end_child = [&] {
    ::close(ends[0]);
    ::kill(child, SIGKILL);
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  };
  constexpr const char* hint = "the file is damaged or hostile; use another copy";
  try {
    // Error texts come on top of the budget.
    SandboxReader reader(ends[0], limits.budget + (1u << 16), limits.seconds);
    receive(reader);
    if (reader.number() != static_cast<std::uint64_t>(Ending::done)) throw EndOfStream{};
  } catch (const EndOfStream&) {
    // The stream ended, so the child ends by itself, unless it was the one that sent too much: then SIGPIPE ends it.
    ::close(ends[0]);
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    std::string what = "sent more than the limit allows";
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGPIPE) what = fmt::format("crashed on it ({})", ::strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) == 3) what = "ran out of the memory it was allowed";
    throw Error(ErrorKind::data, fmt::format("{}: the process that reads it {}", name, what), hint);
  } catch (const TimeIsUp&) {
    end_child();
    throw Error(ErrorKind::data, fmt::format("{}: reading it took more than {} s", name, limits.seconds), hint);
  } catch (...) {
    end_child();
    throw;
  }
  end_child();
}

}  // namespace strata
