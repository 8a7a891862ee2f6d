#include "tests/tutorials/page.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>

#include <fmt/format.h>
#include <strata/error.h>

namespace strata {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string contents(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

bool same_numbers(const std::vector<std::string>& expected, const std::vector<std::string>& found, double tolerance) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (expected[i] == found[i]) continue;
    const double a = std::stod(expected[i]), b = std::stod(found[i]);
    if (!(std::abs(a - b) <= tolerance * std::max(1.0, std::abs(a)))) return false;
  }
  return true;
}

// `...` is anything; with a tolerance a number with a point, or in scientific notation, is any such number near it.
bool same_line(const std::string& expected, const std::string& printed, double tolerance) {
  static const std::regex number(R"(-?\d+\.\d+(?:[eE][-+]?\d+)?|-?\d+[eE][-+]?\d+)");
  static const std::string any_number = R"((-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?))";
  std::vector<std::string> numbers;
  std::string pattern;
  for (std::size_t at = 0; at < expected.size();) {
    std::smatch match;
    if (expected.compare(at, 3, "...") == 0) {
      pattern += ".*";
      at += 3;
    } else if (tolerance > 0 && std::regex_search(expected.begin() + at, expected.end(), match, number,
                                                  std::regex_constants::match_continuous)) {
      pattern += any_number;
      numbers.push_back(match.str());
      at += match.length();
    } else {
      if (std::string("\\^$.|?*+()[]{}").find(expected[at]) != std::string::npos) pattern += '\\';
      pattern += expected[at++];
    }
  }
  std::smatch match;
  if (!std::regex_match(printed, match, std::regex(pattern))) return false;
  return same_numbers(numbers, {match.begin() + 1, match.end()}, tolerance);
}

}  // namespace

Page read_page(const std::string& markdown) {
  Page page;
  const std::vector<std::string> lines = lines_of(markdown);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].rfind("```", 0) != 0) continue;
    const std::string head = lines[i].substr(3);
    const int first = static_cast<int>(i) + 2;
    std::vector<std::string> block;
    for (++i; i < lines.size() && lines[i] != "```"; ++i) block.push_back(lines[i]);
    if (i == lines.size()) throw Error(ErrorKind::spec, fmt::format("line {}: the block has no end", first - 1));

    static const std::regex session("console(?: tolerance=([0-9.]+)| keras)?"), excerpt("[a-z]+ ([^ ]+\\.[a-z]+|CMakeLists\\.txt)");
    std::smatch match;
    if (head == "text" || head == "console not-run") continue;
    if (std::regex_match(head, match, session)) {
      const double tolerance = match[1].matched ? std::stod(match[1]) : 0;
      int number = first;
      for (const std::string& line : block) {
        if (line.rfind("$ ", 0) == 0) page.commands.push_back({line.substr(2), "", number, tolerance, head == "console keras"});
        else if (number == first) throw Error(ErrorKind::spec, fmt::format("line {}: a session begins with a command", first));
        else page.commands.back().prints += line + "\n";
        ++number;
      }
    } else if (std::regex_match(head, match, excerpt)) {
      std::string text;
      for (const std::string& line : block) text += line + "\n";
      page.excerpts.push_back({match[1], text, first});
    } else {
      throw Error(ErrorKind::spec, fmt::format("line {}: no test checks a block '{}'", first - 1, head));
    }
  }
  return page;
}

std::string difference(const std::string& expected, const std::string& printed, double tolerance) {
  const std::vector<std::string> e = lines_of(expected), p = lines_of(printed);
  std::size_t i = 0, j = 0;
  for (; i < e.size(); ++i) {
    if (e[i] == "...") {
      if (i + 1 == e.size()) return "";
      while (j < p.size() && !same_line(e[i + 1], p[j], tolerance)) ++j;
    } else if (j == p.size() || !same_line(e[i], p[j], tolerance)) {
      return fmt::format("expected: {}\nprinted:  {}", e[i], j < p.size() ? p[j] : "(nothing more)");
    } else {
      ++j;
    }
  }
  return j < p.size() ? "printed beyond what is expected: " + p[j] : "";
}

std::vector<Result> run_session(const std::vector<Command>& commands, const fs::path& folder,
                                const std::vector<std::string>& environment) {
  const fs::path logs = folder.parent_path() / (folder.filename().string() + ".session");
  fs::create_directories(logs);
  {
    std::ofstream script(logs / "script");
    for (const std::string& line : environment) script << "export \"" << line << "\"\n";
    script << "cd '" << folder.string() << "'\ncode=0\n";
    for (std::size_t i = 0; i < commands.size(); ++i)  // { } and not ( ): cd and export stay
      script << fmt::format("(exit $code)\n{{ {}\n}} >'{}/{}' 2>&1 </dev/null\ncode=$?; echo $code >'{}/{}.code'\n",
                            commands[i].text, logs.string(), i, logs.string(), i);
  }
  const int ended = std::system(("bash '" + (logs / "script").string() + "'").c_str());
  std::vector<Result> results;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const std::string code = contents(logs / fmt::format("{}.code", i));
    if (code.empty()) throw Error(ErrorKind::runtime, fmt::format("the shell ended with {} in: {}", ended, commands[i].text));
    results.push_back({contents(logs / std::to_string(i)), std::stoi(code)});
  }
  return results;
}

}  // namespace strata
