#include "src/io/sandbox.h"

#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/io/files.h"

namespace strata {
namespace {

using testing::HasSubstr;

std::string error_in_child(const std::function<void(SandboxWriter&)>& work, int seconds = 10) {
  return error_of([&] {
    run_sandboxed("x.h5", {.memory = 256u << 20, .budget = 1u << 20, .seconds = seconds}, work,
                  [](SandboxReader& in) { in.text(); });
  });
}

}  // namespace

TEST(Sandbox, BringsBackWhatTheChildSends) {
  std::string got;
  run_sandboxed("x.h5", {.memory = 64u << 20, .budget = 1u << 20, .seconds = 10},
                [](SandboxWriter& out) { out.text(std::string(1'000'000, 'a')); }, [&](SandboxReader& in) { got = in.text(); });
  EXPECT_EQ(got, std::string(1'000'000, 'a'));
}

TEST(Sandbox, ACrashIsAnError) {
  EXPECT_THAT(error_in_child([](SandboxWriter&) { std::raise(SIGSEGV); }), HasSubstr("x.h5: the process that reads it crashed"));
  EXPECT_THAT(error_in_child([](SandboxWriter&) { std::abort(); }), HasSubstr("crashed"));
  EXPECT_THAT(error_in_child([](SandboxWriter&) { throw Error(ErrorKind::data, "bad", "mend"); }), testing::StrEq("bad | mend"));
}

TEST(Sandbox, HoldsTimeMemoryAndBudget) {
  const auto forever = [](SandboxWriter& out) { for (;;) out.flush(); };
  EXPECT_THAT(error_in_child(forever, 1), HasSubstr("took more than 1 s"));
  EXPECT_THAT(error_in_child([](SandboxWriter& out) { out.text(std::string(2u << 20, 'a')); }), HasSubstr("more than the limit"));
#if !defined(__SANITIZE_ADDRESS__)
  EXPECT_THAT(error_in_child([](SandboxWriter& out) { out.text(std::string(std::size_t{1} << 30, 'a')); }),
              HasSubstr("ran out of the memory"));
#endif
}

TEST(Sandbox, TheChildOpensNothing) {
  const auto report = [](bool opened) { throw Error(ErrorKind::data, opened ? "opened" : "refused"); };
  EXPECT_THAT(error_in_child([&](SandboxWriter&) { report(::open("/etc/passwd", O_RDONLY) >= 0); }), HasSubstr("refused"));
  EXPECT_THAT(error_in_child([&](SandboxWriter&) { report(::socket(AF_INET, SOCK_STREAM, 0) >= 0); }), HasSubstr("refused"));
  EXPECT_THAT(error_in_child([&](SandboxWriter&) { report(::fork() >= 0); }), HasSubstr("refused"));
}

}  // namespace strata
