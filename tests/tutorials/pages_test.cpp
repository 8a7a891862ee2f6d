// What the tutorials, the first hour and the README show is what a reader gets.
#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/files.h"
#include "tests/tutorials/page.h"

#include <strata/error.h>

namespace strata {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const fs::path source = STRATA_SOURCE_DIR;

std::string text_in(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

std::vector<std::string> pages() {
  std::vector<std::string> found{"README.md", "docs/first-hour/README.md"};
  for (const auto& entry : fs::directory_iterator(source / "tutorials"))
    if (entry.is_directory()) found.push_back("tutorials/" + entry.path().filename().string() + "/README.md");
  std::sort(found.begin(), found.end());
  return found;
}

// Threads that meet several times in a step are slow where another test has a core of theirs; the bits are the same.
void stay_on_one_core() {
  cpu_set_t allowed, one;
  CPU_ZERO(&one);
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  int chosen = ::getpid() % CPU_COUNT(&allowed);
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(core, &allowed) && chosen-- == 0) CPU_SET(core, &one);
  ::sched_setaffinity(0, sizeof one, &one);
}

class Pages : public testing::TestWithParam<std::string> {};

TEST_P(Pages, ShowFilesAsTheyAre) {
  for (const Excerpt& shown : read_page(text_in(source / GetParam())).excerpts) {
    const std::string file = "\n" + text_in((source / GetParam()).parent_path() / shown.file);
    EXPECT_NE(file.find("\n" + shown.text), std::string::npos)
        << GetParam() << ":" << shown.line << ": " << shown.file << " does not have these lines";
  }
}

// In a copy of the tutorials and the configs, with Strata installed in ~/.local; a page of docs begins at the top.
TEST_P(Pages, PrintWhatTheyShow) {
  const char* python = std::getenv("STRATA_KERAS");
  std::vector<Command> commands = read_page(text_in(source / GetParam())).commands;
  std::erase_if(commands, [&](const Command& c) { return c.keras && !python; });
  if (commands.empty()) return;
  const fs::path installed = STRATA_INSTALLED;
  ASSERT_TRUE(fs::exists(installed / "bin/strata")) << "to be run as ctest -R Pages, which installs Strata first";
  const TemporaryFolder top;
  const fs::path checkout = fs::path(top / "strata");
  fs::create_directories(checkout / "build");
  fs::create_directories(fs::path(top / "home"));
  fs::copy(source / "configs", checkout / "configs", fs::copy_options::recursive);
  fs::copy(source / "tutorials", checkout / "tutorials", fs::copy_options::recursive);
  fs::copy(source / "docs", checkout / "docs", fs::copy_options::recursive);
  fs::create_directory_symlink(installed, fs::path(top / "home/.local"));
  fs::create_directory_symlink(installed / "bin", checkout / "build/bin");

  if (python) {  // a link to it would be no part of its virtual environment
    std::ofstream(checkout / "build/python3") << "#!/bin/sh\nexec '" << fs::absolute(python).string() << "' \"$@\"\n";
    fs::permissions(checkout / "build/python3", fs::perms::owner_all);
  }

  const fs::path folder = GetParam().rfind("docs/", 0) == 0 ? checkout : checkout / fs::path(GetParam()).parent_path();
  stay_on_one_core();
  const std::string path = (installed / "bin").string() + ":" + (checkout / "build").string() + ":$PATH";
  const std::vector<Result> results = run_session(
      commands, folder,
      {"HOME=" + std::string(top / "home"), "PATH=" + path, "LC_ALL=C",
       "CMAKE_GENERATOR=Ninja", "CXX=" STRATA_COMPILER, "CXXFLAGS=" STRATA_FLAGS});
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const std::string where = GetParam() + ":" + std::to_string(commands[i].line) + ": " + commands[i].text;
    const std::string why = difference(commands[i].prints, results[i].printed, commands[i].tolerance);
    EXPECT_EQ(why, "") << where << "\n" << results[i].printed;
    const bool asked = i + 1 < commands.size() && commands[i + 1].text == "echo $?";
    EXPECT_TRUE(asked || results[i].code == 0) << where << "\nended with " << results[i].code << "\n" << results[i].printed;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Pages, testing::ValuesIn(pages()), [](const auto& page) {
  std::string name;
  for (const char c : page.param) name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
});

TEST(ReadingAPage, FindsCommandsAndExcerpts) {
  const Page page = read_page("Text\n```console tolerance=0.1\n$ a\n1.5\n$ b\n```\n```yaml x.yaml\nk: v\n```\n```text\nfree\n```\n");
  ASSERT_EQ(page.commands.size(), 2u);
  EXPECT_EQ(page.commands[0].text, "a");
  EXPECT_EQ(page.commands[0].prints, "1.5\n");
  EXPECT_EQ(page.commands[0].tolerance, 0.1);
  EXPECT_EQ(page.commands[1].line, 5);
  ASSERT_EQ(page.excerpts.size(), 1u);
  EXPECT_EQ(page.excerpts[0].file, "x.yaml");
  EXPECT_EQ(page.excerpts[0].text, "k: v\n");
  for (const char* wrong : {"```cpp\nint x;\n```\n", "```\nls\n```\n", "```console\nno command\n```\n", "```text\nno end\n"})
    EXPECT_THROW(read_page(wrong), Error) << wrong;
}

TEST(ReadingAPage, ComparesWhatIsPrinted) {
  EXPECT_EQ(difference("a (b)\n", "a (b)\n", 0), "");
  EXPECT_THAT(difference("a\n", "b\n", 0), HasSubstr("printed:  b"));
  EXPECT_THAT(difference("a\n", "", 0), HasSubstr("nothing more"));
  EXPECT_THAT(difference("", "a\n", 0), HasSubstr("beyond"));
  EXPECT_EQ(difference("Epoch 1 - ... s - loss: 0.5\n", "Epoch 1 - 0.3 s - loss: 0.5\n", 0), "");
  EXPECT_NE(difference("Epoch 1 - ... s - loss: 0.5\n", "Epoch 1 - 0.3 s - loss: 0.6\n", 0), "");
  EXPECT_EQ(difference("a\n...\nz\n", "a\nb\nc\nz\n", 0), "");
  EXPECT_NE(difference("a\n...\nz\n", "a\nb\nc\n", 0), "");
  EXPECT_EQ(difference("a\n...\n", "a\n", 0), "");
  EXPECT_EQ(difference("loss: 0.50 of 10\n", "loss: 0.54 of 10\n", 0.05), "");
  EXPECT_NE(difference("loss: 0.50 of 10\n", "loss: 0.56 of 10\n", 0.05), "");
  EXPECT_NE(difference("loss: 0.50 of 10\n", "loss: 0.50 of 11\n", 0.05), "");
  EXPECT_EQ(difference("accuracy: 0.95\n", "accuracy: 1\n", 0.1), "");
}

TEST(ReadingAPage, RunsCommandsInOneShell) {
  const TemporaryFolder top;
  const fs::path folder = fs::path(top / "here");
  fs::create_directories(folder / "sub");
  const std::vector<Result> results = run_session(
      {{.text = "cd sub; word=said"}, {.text = "echo $word $NAME >&2; basename $PWD"}, {.text = "false"}, {.text = "echo $?"}},
      folder, {"NAME=here"});
  EXPECT_EQ(results[1].printed, "said here\nsub\n");
  EXPECT_EQ(results[2].code, 1);
  EXPECT_EQ(results[3].printed, "1\n");
}

}  // namespace
}  // namespace strata
