// Runs the built program as a person would.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "io/files.h"
#include "src/io/npy.h"

namespace strata {

struct Finished {
  int code;  // exit code; -signal where one ended it
  std::string out, err;
  nlohmann::ordered_json json() const { return nlohmann::ordered_json::parse(out); }
};

// A folder with a small spec and its data, and the program running there.
class Workplace : public TemporaryFolder {
 public:
  Workplace() {
    Tensor x(DType::float32, {200, 6}), y(DType::int64, {200});
    for (std::int64_t i = 0; i < x.elements(); ++i) x.set(i, static_cast<double>((i * 7919) % 211) / 105 - 1);
    for (std::int64_t r = 0; r < 200; ++r) y.set(r, x.at(6 * r) + x.at(6 * r + 1) > 0 ? 2 : x.at(6 * r + 2) > 0 ? 1 : 0);
    write_atomically(*this / "x.npy", write_npy(x));
    write_atomically(*this / "y.npy", write_npy(y));
    text("mlp.yaml", R"(name: mlp
model:
  - Input: {shape: [6]}
  - Dense: {units: 8, activation: relu}
  - BatchNormalization
  - Dropout: {rate: 0.1}
  - Dense: {units: 3, activation: softmax}
compile: {optimizer: {Adam: {learning_rate: 0.01}}, loss: sparse_categorical_crossentropy, metrics: [accuracy]}
data: {train: {x: x.npy, y: y.npy}, test: {x: x.npy, y: y.npy}}
fit: {epochs: 3, batch_size: 16, validation_split: 0.2}
)");
  }

  std::string text(const std::string& name, const std::string& content) const {
    write_atomically(*this / name, as_bytes(content));
    return name;
  }
  std::string read(const std::string& name) const { return text_of(read_file(*this / name, 1 << 24)); }
  bool has(const std::string& name) const { return std::filesystem::exists(*this / name); }

  pid_t start(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), STRATA_PROGRAM);
    const pid_t child = ::fork();
    if (child != 0) return child;
    if (::chdir(path().c_str()) != 0) ::_exit(99);
    const auto send = [&](int fd, const char* name) { ::dup2(::open(name, O_WRONLY | O_CREAT | O_TRUNC, 0666), fd); };
    send(1, ".out");
    send(2, ".err");
    std::vector<char*> argv;
    for (std::string& a : arguments) argv.push_back(a.data());
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(98);
  }
  Finished wait(pid_t child) const {
    int status = 0;
    ::waitpid(child, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), read(".out"), read(".err")};
  }
  Finished run(std::vector<std::string> arguments) const { return wait(start(std::move(arguments))); }
};

inline void sleep_ms(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

}  // namespace strata
