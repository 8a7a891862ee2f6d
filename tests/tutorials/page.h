// A page of Markdown whose fenced blocks are checked.
//
//     ```console                  a session of a shell: lines `$ command`, each followed by what it prints
//     ```console tolerance=0.05   numbers with a point may be off by this share of themselves (below 1: by this much)
//     ```console keras            run where STRATA_KERAS names a Python that has Keras: in scripts/test --deep
//     ```console not-run          shown only
//     ```yaml iris.yaml           lines of this file beside the page, as they stand there
//     ```text                     not checked
//
// In printed lines `...` stands for anything, and a line of `...` alone for any lines. A command that fails is an error
// unless the next one is `echo $?`.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace strata {

struct Command {
  std::string text = {}, prints = {};  // prints: whole lines
  int line = 0;              // on the page, from 1
  double tolerance = 0;
  bool keras = false;
};

struct Excerpt {
  std::string file, text;
  int line = 0;
};

struct Page {
  std::vector<Command> commands;
  std::vector<Excerpt> excerpts;
};

// An Error for a block of another kind.
Page read_page(const std::string& markdown);

// "" or the first line that differs, and from what.
std::string difference(const std::string& expected, const std::string& printed, double tolerance);

struct Result {
  std::string printed = {};  // both streams, in the order written
  int code = 0;
};
// Runs the commands one after another in one shell that starts in `folder`; `environment`: lines NAME=VALUE.
std::vector<Result> run_session(const std::vector<Command>& commands, const std::filesystem::path& folder,
                                const std::vector<std::string>& environment);

}  // namespace strata
