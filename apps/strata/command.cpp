#include <strata/command.h>

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <new>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <strata/error.h>
#include "apps/strata/signals.h"
#include "apps/strata/verb.h"
#include "src/spec/diagnostics.h"
#include "src/spec/suggest.h"
#include "src/spec/write.h"

namespace strata {

CLI::App& Verbs::add(const std::string& name, const std::string& sentence, Work run) {
  CLI::App& verb = *app.add_subcommand(name, sentence);
  verb.add_option("--backend", common.backend, "cpu, cuda, reference or auto.")->check(CLI::IsMember({"cpu", "cuda", "reference", "auto"}));
  verb.add_option("--threads", common.threads, "Threads on the CPU; 0: one per core.")->check(integer_from(0));
  verb.add_option("--set", common.set, "Sets a value of the spec: PATH=VALUE, e.g. compile.optimizer.learning_rate=0.01.")->expected(1)->take_all();
  verb.add_flag("--json", common.json, "One JSON object on stdout.");
  verb.add_flag("--quiet", common.quiet, "Nothing but results and errors.");
  verb.callback([this, run = std::move(run)] { work = run; });
  return verb;
}

std::function<std::string(const std::string&)> integer_from(std::int64_t low) {
  return [low](const std::string& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc() && end == text.data() + text.size() && value >= low;
    return whole ? std::string() : fmt::format("expected an integer of at least {}, received '{}'", low, text);
  };
}

void print_json(const Node& node) { std::printf("%s\n", write_json(node, -1).c_str()); }

void say(const CommonOptions& common, const std::string& line) {
  if (!common.quiet) std::fprintf(stderr, "%s\n", line.c_str());
}

namespace {

Node json_errors(const std::string& message, const std::string& hint) {
  Node error = Node::mapping();
  error.set("file", Node::null());
  error.set("line", Node::null());
  error.set("column", Node::null());
  error.set("message", Node::string(message));
  error.set("hint", hint.empty() ? Node::null() : Node::string(hint));
  Node out = Node::mapping();
  out.set("errors", Node::sequence({error}));
  return out;
}

int report(bool json, ErrorKind kind, const std::string& message, const std::string& hint) {
  if (json) print_json(json_errors(message, hint));
  else std::fprintf(stderr, "error: %s\n%s", shown(message).c_str(), hint.empty() ? "" : fmt::format("  {}\n", shown(hint)).c_str());
  return static_cast<int>(kind);
}

int report(bool json, const SpecError& e) {
  if (json) std::printf("%s\n", json_of(e.diagnostics()).c_str());
  else std::fprintf(stderr, "%s\n", e.what());
  return static_cast<int>(e.kind());
}

// What CLI11 found wrong, with the name that was probably meant.
std::string hint_for(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  if (!dynamic_cast<const CLI::ExtrasError*>(&error)) return {};
  const auto used = app.get_subcommands();
  if (used.empty()) return {};
  std::vector<std::string> known;
  for (const CLI::Option* option : used[0]->get_options())
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  for (int i = 2; i < argc; ++i) {
    const std::string word = std::string(argv[i]).substr(0, std::string(argv[i]).find('='));
    if (word.rfind("--", 0) == 0 && std::find(known.begin(), known.end(), word) == known.end())
      return did_you_mean(word, known);
  }
  return {};
}

bool has_flag(int argc, char** argv, std::string_view flag) {
  for (int i = 1; i < argc; ++i)
    if (argv[i] == flag) return true;
  return false;
}

int parse_and_run(int argc, char** argv) {
  CLI::App app("Trains and uses neural networks that are written as specs.", "strata");
  CommonOptions common;
  Work work;
  Verbs verbs{app, common, work};
  add_train(verbs);
  add_evaluate(verbs);
  add_predict(verbs);
  add_summary(verbs);
  add_report(verbs);
  add_plot(verbs);
  add_validate(verbs);
  add_render(verbs);
  add_describe(verbs);
  add_convert(verbs);
  add_schema(verbs);
  add_time(verbs);
  add_explain(verbs);
  add_tune(verbs);
  add_devices(verbs);
  add_version(verbs);
  app.require_subcommand(1);

  if (argc > 1 && argv[1][0] != '-') {
    std::vector<std::string> names;
    for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) names.push_back(verb->get_name());
    if (std::find(names.begin(), names.end(), argv[1]) == names.end()) {
      const std::string meant = did_you_mean(argv[1], names);
      return report(has_flag(argc, argv, "--json"), ErrorKind::spec, fmt::format("unknown verb '{}'", argv[1]),
                    meant.empty() ? fmt::format("the verbs are {}", fmt::join(names, ", ")) : meant);
    }
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    const auto used = app.get_subcommands();
    std::printf("%s", (used.empty() ? app.help() : used[0]->help()).c_str());
    return 0;
  } catch (const CLI::ParseError& e) {
    return report(common.json || has_flag(argc, argv, "--json"), ErrorKind::spec, e.what(), hint_for(app, e, argc, argv));
  }
  try {
    const int code = work();
    if (std::fflush(stdout) != 0) return report(false, ErrorKind::runtime, "the output could not be written", "");
    return code;
  } catch (const SpecError& e) {
    return report(common.json, e);
  } catch (const Error& e) {
    return report(common.json, e.kind(), e.what(), e.hint());
  } catch (const std::bad_alloc&) {
    return report(common.json, ErrorKind::runtime, "out of memory", "a smaller batch_size needs less");
  } catch (const std::filesystem::filesystem_error& e) {
    return report(common.json, ErrorKind::runtime, fmt::format("{}: {}", e.path1().string(), e.code().message()), "");
  } catch (const std::exception& e) {
    return report(common.json, ErrorKind::runtime, fmt::format("this is a mistake of strata's own: {}", e.what()), "please report it with the spec and the command");
  }
}

}  // namespace

int command(int argc, char** argv) {
  watch_signals();
  const int code = parse_and_run(argc, argv);
  std::fflush(stdout);
  return code;
}

}  // namespace strata
