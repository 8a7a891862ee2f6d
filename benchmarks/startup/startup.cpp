// How long a fresh process takes: `strata --help`, `strata validate` of 50 layers, and the first training step of `mlp`.
// They take turns, beside a program that does nothing, which is what the system itself costs.
//
//     build/bin/startup [ROUNDS]
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Contestant {
  std::string name;
  std::vector<std::string> command;
  bool tells_its_end = false;  // prints the clock at the end of what counts, rather than being measured to its exit
  std::vector<double> ms = {};
};

double milliseconds(Clock::duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

// From before the fork to the end of the process, or to the time that it prints.
double run(const Contestant& contestant) {
  std::vector<char*> argv;
  for (const std::string& word : contestant.command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  int ends[2];
  if (::pipe(ends) != 0) std::perror("pipe"), std::exit(1);
  const auto begin = Clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], 1);
    ::close(ends[0]), ::close(ends[1]);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  std::string printed;
  char buffer[4096];
  for (ssize_t n; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;) printed.append(buffer, static_cast<std::size_t>(n));
  int status = 0;
  ::waitpid(child, &status, 0);
  const auto end = Clock::now();
  ::close(ends[0]);
  if (status != 0) std::fprintf(stderr, "%s failed\n", contestant.name.c_str()), std::exit(1);
  if (!contestant.tells_its_end) return milliseconds(end - begin);
  return milliseconds(Clock::time_point(std::chrono::nanoseconds(std::stoll(printed))) - begin);
}

// Sixteen times dense, normalised, dropped out; between an input and an output.
void write_spec(const std::filesystem::path& path) {
  std::ofstream spec(path);
  spec << "model:\n  - Input: {shape: [64]}\n";
  for (int i = 0; i < 16; ++i)
    spec << "  - Dense: {units: 64, activation: relu}\n  - BatchNormalization\n  - Dropout: {rate: 0.1}\n";
  spec << "  - Dense: {units: 10, activation: softmax}\n"
          "compile: {optimizer: {Adam: {learning_rate: 0.001}}, loss: sparse_categorical_crossentropy, metrics: [accuracy]}\n"
          "data: {train: {x: x.npy, y: y.npy}}\n"
          "fit: {epochs: 3, batch_size: 128}\n";
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 40;
  const std::filesystem::path programs = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const std::filesystem::path spec = std::filesystem::temp_directory_path() / ("startup-" + std::to_string(::getpid()) + ".yaml");
  write_spec(spec);
  std::vector<Contestant> contestants = {
      {"a program that does nothing", {"/bin/true"}},
      {"strata --help", {programs / "strata", "--help"}},
      {"strata validate, 50 layers", {programs / "strata", "validate", spec}},
      {"first step of mlp", {programs / "first_step"}, true},
  };
  for (Contestant& each : contestants) run(each);  // the files are in memory now
  for (int round = 0; round < rounds; ++round)
    for (Contestant& each : contestants) each.ms.push_back(run(each));
  std::filesystem::remove(spec);

  std::printf("%-30s %8s %8s %8s   (ms, %d times)\n", "", "least", "median", "most", rounds);
  for (Contestant& each : contestants) {
    std::sort(each.ms.begin(), each.ms.end());
    std::printf("%-30s %8.2f %8.2f %8.2f\n", each.name.c_str(), each.ms.front(), each.ms[each.ms.size() / 2], each.ms.back());
  }
}
