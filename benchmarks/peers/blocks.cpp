// Strata as a contestant of benchmarks/gpu: trains one workload by Model::fit on the named backend, block by block. One JSON object
// when ready; then one JSON line for every line `run EPOCHS STEPS`, any other line ends it.
//
//     blocks WORKLOAD [--backend auto] [--precision float32] [--threads 0] [--learn 4x4] [--export FOLDER]
//
// The first object holds `losses`, the mean loss of each of 4 epochs over the first 4 batches in their order: what another framework
// has to come to from the same weights. --export writes the data and those weights: arrays.bin, by the names of arrays.json.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <strata/callbacks/lambda_callback.h>
#include <strata/error.h>

#include "benchmarks/peers/machine_state.h"
#include "benchmarks/peers/work.h"
#include "benchmarks/peers/workloads.h"

using namespace strata;
using namespace strata::peers;

namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string workload, folder;
  std::string backend = "auto", precision = "float32";
  int threads = 0;
  int learn_epochs = 4;
  std::int64_t learn_steps = 4;
};

Options options_of(int argc, char** argv) {
  Options o{.workload = argv[1], .folder = {}};
  for (int i = 2; i < argc; i += 2) {
    const std::string name = argv[i];
    if (i + 1 == argc) throw Error(ErrorKind::spec, name + " needs a value");
    const std::string value = argv[i + 1];
    char by = 0;
    if (name == "--backend") o.backend = value;
    else if (name == "--precision") o.precision = value;
    else if (name == "--threads") o.threads = std::atoi(value.c_str());
    else if (name == "--export") o.folder = value;
    else if (name != "--learn") throw Error(ErrorKind::spec, "no option " + name + "; there are --backend, --precision, --threads, --learn, --export");
    else if (!(std::istringstream(value) >> o.learn_epochs >> by >> o.learn_steps) || by != 'x' || o.learn_epochs < 1 || o.learn_steps < 1)
      throw Error(ErrorKind::spec, "--learn takes EPOCHSxSTEPS, 4x4, not '" + value + "'");
  }
  return o;
}

RunOptions run_options(const Options& o) {
  // Other frameworks give other bits each time by default, and take faster kernels for it.
  RunOptions run{.backend = o.backend, .threads = o.threads, .reproducible = false};
  if (o.precision == "tf32") run.tensor_float32 = true;
  else if (o.precision == "bf16") run.dtype = "mixed_bfloat16";
  else if (o.precision != "float32") throw Error(ErrorKind::spec, "no precision '" + o.precision + "'; there are float32, tf32, bf16");
  return run;
}

class Contestant {
 public:
  explicit Contestant(const Options& o) : precision_(o.precision), workload_(make_workload(o.workload, run_options(o))) {
    if (!workload_.trains()) throw Error(ErrorKind::spec, o.workload + " has no training step");
    if (!o.folder.empty()) write_arrays(o.folder);
    const Tensor x = rows(workload_.x, o.learn_steps), y = rows(workload_.y, o.learn_steps);
    LambdaCallback first;
    first.on_epoch_end = [this](int epoch, Logs&, Training&) { if (epoch == 0) first_epoch_ = seconds_since_exec(); };
    losses_ = workload_.model.fit(x, y, {.batch_size = workload_.batch, .epochs = o.learn_epochs, .verbose = 0, .callbacks = {first}, .shuffle = false})["loss"];
  }

  void introduce() {
    Json tasks = Json::array();
    for (const Task& t : work_of(workload_.model.state(), workload_.batch).tasks) tasks.push_back({t.flop, t.bytes});
    say({{"framework", "strata"}, {"precision", precision_}, {"parameters", workload_.model.summary().trainable_params},
         {"backend", workload_.model.state().backend()->description()}, {"batch", workload_.batch}, {"rows", workload_.x.dim(0)},
         {"ready_s", std::round(first_epoch_ * 1e3) * 1e-3}, {"losses", losses_}, {"work", tasks}});
  }

  // The first epoch brings the rows to the device, and is not timed.
  void run(int epochs, std::int64_t steps) {
    const Tensor x = rows(workload_.x, steps), y = rows(workload_.y, steps);
    Clock::time_point begin, end;
    LambdaCallback timing;
    timing.on_epoch_end = [&](int epoch, Logs&, Training&) { (epoch == 0 ? begin : end) = Clock::now(); };
    const History h = workload_.model.fit(x, y, {.batch_size = workload_.batch, .epochs = epochs + 1, .verbose = 0, .callbacks = {timing}});
    say({{"ns", std::chrono::duration<double, std::nano>(end - begin).count() / static_cast<double>(epochs * steps)}, {"loss", h["loss"].back()}});
  }

 private:
  Tensor rows(const Tensor& t, std::int64_t steps) const {
    if (const std::int64_t most = t.dim(0) / workload_.batch; steps > most)
      throw Error(ErrorKind::spec, "the data set has " + std::to_string(most) + " batches, not " + std::to_string(steps));
    return t.rows(0, steps * workload_.batch);
  }

  void write_arrays(const std::string& folder) const {
    std::map<std::string, Tensor> arrays = workload_.model.weights();
    arrays.insert({{"x", workload_.x}, {"y", workload_.y}});
    std::ofstream file(folder + "/arrays.bin", std::ios::binary);
    Json index;
    std::int64_t offset = 0;
    for (const auto& [name, t] : arrays) {
      index[name] = {{"dtype", std::string(name_of(t.dtype()))}, {"shape", t.shape()}, {"offset", offset}};
      file.write(static_cast<const char*>(t.data()), static_cast<std::streamsize>(t.bytes()));
      for (offset += static_cast<std::int64_t>(t.bytes()); offset % 64 != 0; ++offset) file.put(0);
    }
    std::ofstream(folder + "/arrays.json") << index.dump(1) << '\n';
    if (!file.flush()) throw Error(ErrorKind::runtime, "cannot write the arrays into " + folder);
  }

  static void say(const Json& line) { std::cout << line.dump() << std::endl; }

  std::string precision_;
  Workload workload_;
  std::vector<double> losses_;
  double first_epoch_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: blocks WORKLOAD [--backend NAME] [--precision float32|tf32|bf16] [--threads N] [--learn EPOCHSxSTEPS] [--export FOLDER]\n");
    return 2;
  }
  try {
    Contestant contestant(options_of(argc, argv));
    contestant.introduce();
    for (std::string line; std::getline(std::cin, line);) {
      std::istringstream words(line);
      std::string verb;
      int epochs = 0;
      std::int64_t steps = 0;
      if (!(words >> verb >> epochs >> steps) || verb != "run" || epochs < 1 || steps < 1) break;
      contestant.run(epochs, steps);
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
