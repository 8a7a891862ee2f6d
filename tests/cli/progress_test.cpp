// What progress looks like, to the byte, and what a terminal of 40 columns, a dumb one and a file get of it.
#include "cli/program.h"

#include <pty.h>

#include <sstream>

#include "apps/strata/progress_text.h"

namespace strata {
namespace {

using testing::HasSubstr;
using testing::Not;

const BarProgress half{"Epoch 3/12", 200, 400, 4.25, {{"loss", 0.41234567}, {"accuracy", 0.875}}};

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, by);) parts.push_back(part);
  return parts;
}

// What the program writes to a terminal with so many columns.
std::string on_terminal(const Workplace& w, unsigned short columns, const char* term, std::vector<std::string> arguments) {
  winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) {
    ::setenv("TERM", term, 1);
    if (::chdir(w.path().c_str()) != 0) ::_exit(99);
    arguments.insert(arguments.begin(), STRATA_PROGRAM);
    std::vector<char*> argv;
    for (std::string& a : arguments) argv.push_back(a.data());
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(98);
  }
  std::string seen;
  char buffer[4096];
  for (ssize_t n; (n = ::read(terminal, buffer, sizeof buffer)) > 0;) seen.append(buffer, static_cast<std::size_t>(n));
  ::close(terminal);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << seen;
  return seen;
}

}  // namespace

TEST(Progress, OfAStepIsOneLine) {
  EXPECT_EQ(bar_line(half, 200), "Epoch 3/12 [============............] 200/400, 4.2 s left - loss: 0.4123 - accuracy: 0.875");
  EXPECT_EQ(bar_line(half, 72), "Epoch 3/12 [============............] 200/400, 4.2 s left - loss: 0.4123");
  EXPECT_EQ(bar_line(half, 39), "Epoch 3/12 [=========.........] 200/400");
  EXPECT_EQ(bar_line(half, 20), "Epoch 3/12 200/400");
  EXPECT_EQ(bar_line(half, 10), "200/400");
  EXPECT_EQ(bar_line(half, 3), "");
}

TEST(Progress, NeverLeavesItsWidth) {
  for (std::size_t width = 1; width < 120; ++width) EXPECT_LE(bar_line(half, width).size(), width);
}

TEST(Progress, OfAnEpochLosesNothing) {
  const Logs logs{{"loss", 0.5}, {"accuracy", 0.25}, {"val_loss", 1e-7}};
  EXPECT_EQ(log_lines("Epoch 1/2 - 0.4 s", logs, 0), "Epoch 1/2 - 0.4 s - loss: 0.5 - accuracy: 0.25 - val_loss: 1e-07");
  EXPECT_EQ(log_lines("Epoch 1/2 - 0.4 s", logs, 39), "Epoch 1/2 - 0.4 s - loss: 0.5\n  accuracy: 0.25 - val_loss: 1e-07");
}

TEST(Progress, SaysHowLong) {
  EXPECT_EQ(duration_text(0.04), "0.0 s");
  EXPECT_EQ(duration_text(9.94), "9.9 s");
  EXPECT_EQ(duration_text(9.96), "10 s");
  EXPECT_EQ(duration_text(59.7), "1 min 0 s");
  EXPECT_EQ(duration_text(7800), "2 h 10 min");
}

TEST(Progress, FitsATerminalOfFortyColumns) {
  const Workplace w;
  write_atomically(w / "x.npy", write_npy(Tensor(DType::float32, {60000, 6})));  // a second of steps
  write_atomically(w / "y.npy", write_npy(Tensor(DType::int64, {60000})));
  const std::string seen = on_terminal(w, 40, "xterm", {"train", "mlp.yaml", "--run-dir", "r", "--epochs", "1", "--batch-size", "1"});
  std::size_t bars = 0;
  for (std::string line : split(seen, '\n')) {
    if (line.find("/r\r") != std::string::npos) continue;  // the run directory, the result
    for (std::string drawn : split(line, '\r')) {
      if (drawn.rfind("\033[K", 0) == 0) drawn.erase(0, 3);
      bars += drawn.find('[') != std::string::npos;
      EXPECT_LT(drawn.size(), 40u) << drawn;
    }
  }
  EXPECT_THAT(seen, HasSubstr("val_accuracy"));
  EXPECT_GT(bars, 0u) << seen;
}

TEST(Progress, OfRowsIsDrawnWhileTheyRunAndGoesAway) {
  const Workplace w;
  write_atomically(w / "x.npy", write_npy(Tensor(DType::float32, {800000, 6})));
  write_atomically(w / "y.npy", write_npy(Tensor(DType::int64, {800000})));
  ASSERT_EQ(w.run({"train", "mlp.yaml", "--run-dir", "r", "--epochs", "1", "--batch-size", "10000"}).code, 0);
  for (const std::vector<std::string>& verb : {std::vector<std::string>{"evaluate", "r", "--x", "x.npy", "--y", "y.npy", "--batch-size", "1"},
                                               {"predict", "r", "--x", "x.npy", "--out", "p.npy", "--batch-size", "1"}}) {
    const std::string seen = on_terminal(w, 80, "xterm", verb);
    EXPECT_THAT(seen, HasSubstr("\r\033[K" + verb[0] + " [")) << seen;
    EXPECT_THAT(seen, HasSubstr("/800000, ")) << seen;
    for (std::string drawn : split(seen, '\r')) EXPECT_LT(drawn.size(), 84u) << drawn;
    const Finished elsewhere = w.run(verb);
    EXPECT_EQ(elsewhere.code, 0);
    EXPECT_THAT(elsewhere.err, Not(HasSubstr("/800000")));
  }
}

TEST(Progress, HasNoControlCharactersElsewhere) {
  const Workplace w;
  const std::string dumb = on_terminal(w, 40, "dumb", {"train", "mlp.yaml", "--run-dir", "r", "--epochs", "2"});
  EXPECT_THAT(dumb, Not(HasSubstr("\033")));
  const Finished file = w.run({"train", "mlp.yaml", "--run-dir", "s", "--epochs", "2"});
  EXPECT_EQ(file.code, 0);
  EXPECT_THAT(file.err, Not(HasSubstr("\033")));
  EXPECT_THAT(file.err, Not(HasSubstr("\r")));
  EXPECT_EQ(std::count(file.err.begin(), file.err.end(), '\n'), 2) << file.err;
}

}  // namespace strata
