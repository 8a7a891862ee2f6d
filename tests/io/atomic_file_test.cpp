#include "src/io/atomic_file.h"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <random>
#include <thread>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/io/checksum.h"
#include "src/io/manifest.h"
#include "tests/io/files.h"

namespace strata {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

// Runs `f` in a child of this process; its exit status is what `f` returns.
template <class F>
int in_child(F f) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(f());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void limit_file_size(rlim_t bytes) {
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = bytes;
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

Bytes filled(std::size_t size, int value) { return Bytes(size, static_cast<std::byte>(value)); }

}  // namespace

TEST(AtomicFile, WritesReplacesAndReads) {
  const TemporaryFolder folder;
  write_atomically(folder / "a", as_bytes("one"));
  write_atomically(folder / "a", as_bytes("two"));
  EXPECT_EQ(text_of(read_file(folder / "a", 3)), "two");
  write_atomically(folder / "empty", {});
  EXPECT_TRUE(read_file(folder / "empty", 0).empty());
  EXPECT_EQ(folder.entries(), 2u);
}

TEST(AtomicFile, KeepsModeAndLink) {
  const TemporaryFolder folder;
  write_atomically(folder / "a", as_bytes("one"));
  fs::permissions(folder / "a", fs::perms(0640));
  fs::create_symlink("a", folder / "link");
  write_atomically(folder / "link", as_bytes("two"));
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(text_of(read_file(folder / "a", 9)), "two");
  EXPECT_EQ(fs::status(folder / "a").permissions(), fs::perms(0640));
  const mode_t mask = ::umask(0027);
  write_atomically(folder / "new", {});
  ::umask(mask);
  EXPECT_EQ(fs::status(folder / "new").permissions(), fs::perms(0640)) << "0666 less the umask";
}

TEST(AtomicFile, SaysWhyItCannotWrite) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { write_atomically(folder / "no/such", as_bytes("1234")); }),
              testing::AllOf(HasSubstr("no/such: not written"), HasSubstr("4 bytes are needed"), HasSubstr("create the folder")));
  EXPECT_THAT(error_of([&] { write_atomically(folder.path(), {}); }), HasSubstr("not a regular file"));
  EXPECT_THAT(error_of([&] { write_atomically("/dev/null", {}); }), HasSubstr("not a regular file"));
}

TEST(AtomicFile, SaysWhyItCannotRead) {
  const TemporaryFolder folder;
  write_atomically(folder / "a", as_bytes("1234"));
  ::mkfifo((folder / "fifo").c_str(), 0600);
  EXPECT_THAT(error_of([&] { read_file(folder / "none", 9); }), HasSubstr("there is no such file"));
  EXPECT_THAT(error_of([&] { read_file(folder / "a", 3); }), HasSubstr("has 4 bytes, more than the 3"));
  EXPECT_THAT(error_of([&] { read_file(folder.path(), 9); }), HasSubstr("is a directory"));
  EXPECT_THAT(error_of([&] { read_file(folder / "fifo", 9); }), HasSubstr("is not a regular file"));
  EXPECT_THAT(error_of([&] { read_file("/dev/zero", 9); }), HasSubstr("is not a regular file"));
}

// A full disk, at every size: a clean error, the old file whole, no temporary left.
TEST(AtomicFile, AFileSizeLimitLeavesTheOldFile) {
  const TemporaryFolder folder;
  const Bytes old = filled(100, 'o');
  write_atomically(folder / "a", old);
  const int status = in_child([&] {
    int failures = 0;
    for (rlim_t bytes = 0; bytes < 200'000; bytes += 5'000) {
      limit_file_size(bytes);
      const std::string error = error_of([&] { write_atomically(folder / "a", filled(200'000, 'n')); });
      if (error.find("200000 bytes are needed") == std::string::npos || error.find("ulimit -f") == std::string::npos) return 100;
      if (read_file(folder / "a", 1'000'000) != old || folder.entries() != 1) return 101;
      ++failures;
    }
    limit_file_size(300'000);
    write_atomically(folder / "a", filled(200'000, 'n'));
    return failures;
  });
  EXPECT_EQ(status, 40);
  EXPECT_EQ(read_file(folder / "a", 1'000'000), filled(200'000, 'n'));
}

TEST(AtomicFile, ADirectoryIsWholeOrNotThere) {
  const TemporaryFolder folder;
  const auto step = [&](const char* name) { return folder / name; };
  write_directory_atomically(step("step-1"), std::vector<NamedBytes>{{"a", filled(3, 'a')}, {"b", filled(4, 'b')}});
  EXPECT_EQ(read_file(step("step-1") / "b", 9), filled(4, 'b'));
  write_directory_atomically(folder.path().string() + "/step-1/", std::vector<NamedBytes>{{"c", filled(5, 'c')}});
  EXPECT_FALSE(fs::exists(step("step-1") / "a")) << "the old directory is replaced, not merged";
  EXPECT_EQ(folder.entries(), 1u);
  for (const char* name : {"", "..", "a/b"})
    EXPECT_THAT(error_of([&] { write_directory_atomically(step("x"), std::vector<NamedBytes>{{name, {}}}); }),
                HasSubstr("no name"));
  EXPECT_EQ(in_child([&] {
    limit_file_size(1000);
    return error_of([&] { write_directory_atomically(step("step-2"), std::vector<NamedBytes>{{"a", filled(5000, 'a')}}); })
               .find("5000 bytes are needed") == std::string::npos;
  }), 0);
  EXPECT_EQ(folder.entries(), 1u) << "what failed left nothing";
}

// kill -9 at random moments: each reader finds one whole state, and the temporaries that remain are found and removed.
TEST(AtomicFile, SurvivesKill) {
  const TemporaryFolder folder;
  const auto generation = [](int i) { return filled(300'000, i); };
  write_atomically(folder / "weights", generation(0));
  write_with_manifest(folder / "checkpoint", {{"a", generation(0)}, {"b", generation(0)}});
  std::mt19937 random(3);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  int kills = 0, stale = 0;
  while (std::chrono::steady_clock::now() < until) {
    const pid_t writer = ::fork();
    if (writer == 0) {
      for (int i = 1;; ++i) {
        write_atomically(folder / "weights", generation(i));
        write_with_manifest(folder / "checkpoint", {{"a", generation(i)}, {"b", generation(i)}});
      }
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 15'000));
    ::kill(writer, SIGKILL);
    ::waitpid(writer, nullptr, 0);
    ++kills;
    const Bytes weights = read_file(folder / "weights", 1'000'000);
    ASSERT_EQ(weights, filled(300'000, std::to_integer<int>(weights.at(0))));
    const auto files = read_with_manifest(folder / "checkpoint", 1'000'000);
    ASSERT_EQ(files.size(), 2u);
    ASSERT_EQ(files[0].bytes, files[1].bytes) << "two files of different generations";
    stale += static_cast<int>(remove_stale_temporaries(folder.path()).size());
    ASSERT_EQ(folder.entries(), 2u);
  }
  RecordProperty("kills", kills);
  EXPECT_GT(kills, 20);
  EXPECT_GT(stale, 0) << "no kill fell into a write, so the test tested nothing";
}

TEST(AtomicFile, StaleTemporariesOfOthersStay) {
  const TemporaryFolder folder;
  const std::string mine = "a.tmp-" + std::to_string(::getpid()) + "-0123abcd";
  for (const std::string& name : {mine, std::string("a.tmp-99999999"), std::string("b.tmp-x-0123abcd"), std::string(".tmp-1")})
    write_atomically(folder / name, {});
  EXPECT_TRUE(remove_stale_temporaries(folder.path()).empty());
  write_atomically(folder / "a.tmp-99999999-0123abcd", {});  // above the largest process id of Linux, 2^22
  EXPECT_EQ(remove_stale_temporaries(folder.path()).size(), 1u);
  EXPECT_EQ(folder.entries(), 4u);
}

TEST(Checksum, IsXxh3) {
  // XXH3_64bits of no bytes, from the xxHash specification's reference.
  EXPECT_EQ(xxh3_hex({}), "2d06800538d394c2");
  EXPECT_NE(xxh3(as_bytes("a")), xxh3(as_bytes("b")));
}

TEST(Checksum, AManifestFindsDamage) {
  const TemporaryFolder folder;
  const fs::path d = folder / "step-1";
  write_with_manifest(d, {{"model.weights.h5", filled(1000, 'w')}, {"state one.bin", filled(10, 's')}});
  const auto files = read_with_manifest(d, 1'000'000);
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[1].name, "state one.bin");
  EXPECT_EQ(files[0].bytes, filled(1000, 'w'));
  EXPECT_THAT(error_of([&] { read_with_manifest(d, 1005); }), HasSubstr("state one.bin: has 10 bytes, more than the 5"));

  const auto damage = [&](const char* name, const Bytes& bytes) {
    const Bytes whole = read_file(d / name, 1'000'000);
    write_atomically(d / name, bytes);
    const std::string error = error_of([&] { read_with_manifest(d, 1'000'000); });
    write_atomically(d / name, whole);
    return error;
  };
  EXPECT_THAT(damage("state one.bin", filled(10, 'x')), HasSubstr("state one.bin: its checksum is"));
  EXPECT_THAT(damage("state one.bin", filled(9, 's')), HasSubstr("has 9 bytes, the manifest says 10"));
  const Bytes manifest = read_file(d / manifest_name, 10'000);
  for (std::size_t i = 0; i < manifest.size(); ++i) {
    EXPECT_NE(damage(manifest_name, Bytes(manifest.begin(), manifest.begin() + static_cast<std::ptrdiff_t>(i))), "") << i;
    Bytes flipped = manifest;
    flipped[i] ^= std::byte{1};
    EXPECT_NE(damage(manifest_name, flipped), "") << i;
  }
  fs::remove(d / "state one.bin");
  EXPECT_THAT(error_of([&] { read_with_manifest(d, 1'000'000); }), HasSubstr("state one.bin: there is no such file"));
  fs::remove(d / manifest_name);
  EXPECT_THAT(error_of([&] { read_with_manifest(d, 1'000'000); }), HasSubstr("MANIFEST: there is no such file"));
}

TEST(Checksum, AManifestIsDataToo) {  // a right checksum over a wrong name opens nothing outside
  const TemporaryFolder folder;
  write_atomically(folder / "secret", as_bytes("s"));
  fs::create_directory(folder / "d");
  std::string text = "strata manifest 1\n" + xxh3_hex(as_bytes("s")) + " 1 ../secret\n";
  text += xxh3_hex(as_bytes(text)) + " end\n";
  write_atomically(folder / "d/MANIFEST", as_bytes(text));
  EXPECT_THAT(error_of([&] { read_with_manifest(folder / "d", 100); }), HasSubstr("is not '<xxh3> <bytes> <name>'"));
}

}  // namespace strata
