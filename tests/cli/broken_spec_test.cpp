// Every .txt under tests/spec/broken is a command and all that it must answer: "$ strata ARGUMENTS  # EXIT CODE", then the text.
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include <gmock/gmock.h>

namespace strata {
namespace {

namespace fs = std::filesystem;

const fs::path folder = fs::path(STRATA_SOURCE_DIR) / "tests/spec/broken";

std::vector<std::string> cases() {
  std::vector<std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".txt")
      all.push_back(fs::relative(entry.path(), folder).replace_extension().string());
  std::sort(all.begin(), all.end());
  return all;
}

std::string text_in(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Answer {
  std::string text;
  int code = -1;
};

Answer answer_to(const std::string& arguments, const fs::path& where) {
  const std::string command = "cd '" + where.string() + "' && exec '" STRATA_PROGRAM "' " + arguments + " 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  Answer answer;
  char part[4096];
  for (std::size_t n; (n = std::fread(part, 1, sizeof part, pipe)) > 0;) answer.text.append(part, n);
  const int status = ::pclose(pipe);
  answer.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return answer;
}

class BrokenSpec : public testing::TestWithParam<std::string> {};

TEST_P(BrokenSpec, IsAnsweredInFull) {
  const fs::path file = folder / (GetParam() + ".txt");
  const std::string session = text_in(file);
  const std::size_t first_line = session.find('\n');
  std::smatch match;
  const std::string line = session.substr(0, first_line);
  ASSERT_TRUE(std::regex_match(line, match, std::regex("\\$ strata (.*)  # ([0-9]+)"))) << line;
  const Answer answer = answer_to(match[1], file.parent_path());
  EXPECT_EQ(answer.text, session.substr(first_line + 1));
  EXPECT_EQ(answer.code, std::stoi(match[2]));
}

INSTANTIATE_TEST_SUITE_P(Every, BrokenSpec, testing::ValuesIn(cases()), [](const testing::TestParamInfo<std::string>& info) {
  return std::regex_replace(info.param, std::regex("[^A-Za-z0-9]"), "_");
});

TEST(BrokenSpecs, EverySpecHasItsAnswer) {
  std::set<std::string> asked;
  for (const std::string& one : cases()) {
    std::istringstream words(text_in(folder / (one + ".txt")));
    std::string line;
    std::getline(words, line);
    std::istringstream parts(line);
    for (std::string word; parts >> word;) asked.insert((fs::path(one).parent_path() / word).string());
  }
  EXPECT_GE(cases().size(), 60u);
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".yaml" || entry.path().extension() == ".json") {
      EXPECT_TRUE(asked.count(fs::relative(entry.path(), folder).string())) << entry.path() << " has no .txt that asks about it";
    }
}

// No answer shows an exception's class, a function of ours, or an address.
TEST(BrokenSpecs, NoAnswerShowsTheInside) {
  for (const std::string& one : cases())
    EXPECT_THAT(text_in(folder / (one + ".txt")), testing::Not(testing::ContainsRegex("std::|strata::|exception|0x[0-9a-f]{4}|what\\(\\)"))) << one;
}

}  // namespace
}  // namespace strata
