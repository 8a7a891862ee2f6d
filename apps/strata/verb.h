// One file per verb: it adds its options to the command line and does its work when it was the one that was called.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "src/spec/tree.h"

namespace CLI {
class App;
}

namespace strata {

// What every verb has.
struct CommonOptions {
  std::string backend;  // "": what the spec says
  int threads = -1;     // -1: what the spec says
  std::vector<std::string> set;
  bool json = false, quiet = false;
};

// The verb that was called, once the command line is read. Returns the exit code.
using Work = std::function<int()>;

struct Verbs {
  CLI::App& app;
  CommonOptions& common;
  Work& work;
  // A sub-command with the common options; `run` becomes the work when it is called.
  CLI::App& add(const std::string& name, const std::string& sentence, Work run);
};

void add_train(Verbs& verbs);
void add_evaluate(Verbs& verbs);
void add_predict(Verbs& verbs);
void add_summary(Verbs& verbs);
void add_report(Verbs& verbs);
void add_plot(Verbs& verbs);
void add_validate(Verbs& verbs);
void add_render(Verbs& verbs);
void add_describe(Verbs& verbs);
void add_convert(Verbs& verbs);
void add_schema(Verbs& verbs);
void add_time(Verbs& verbs);
void add_explain(Verbs& verbs);
void add_tune(Verbs& verbs);
void add_devices(Verbs& verbs);
void add_version(Verbs& verbs);

// Of an option: whole numbers from `low`; says what was expected and received.
std::function<std::string(const std::string&)> integer_from(std::int64_t low);

// One JSON object on one line of stdout.
void print_json(const Node& node);
// A line for the person who watches, on stderr; nothing with --quiet.
void say(const CommonOptions& common, const std::string& line);

}  // namespace strata
