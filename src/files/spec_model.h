// From a checked spec to a model that runs.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include <strata/model.h>

#include "src/spec/spec.h"

namespace strata {

RunOptions run_options(const RunSpec& run);

// A model that a Keras file brings (`model: FILE`): architecture, and weights where the file has them.
using ModelFileReader = std::function<Model(const std::string& path, const RunOptions& run)>;

// Layers in order, shared layers, models inside, frozen layers; Keras' to_json; another spec's model; a Keras file, through
// read_model where no reader is given. A layer that cannot be called on what it is fed is an error at its line; then nothing
// is returned.
std::optional<Model> build_model(const Spec& spec, Diagnostics& diagnostics, const ModelFileReader& read_file = {});
// The same for a model section alone.
Model build_model(const ModelSpec& model, const RunOptions& run);

CompileArguments compile_arguments(const CompileSpec& compile);
// Without validation data: rows are the data section's.
FitArguments fit_arguments(const FitSpec& fit, const std::vector<ObjectConfig>& callbacks);
// Freezes and unfreezes by path or pattern; takes effect with the next compile().
void set_trainable(Model& model, const std::vector<std::pair<std::string, bool>>& rules);

// Where an error of tracing a step stands: at the optimizer, loss or metric that it begins with, else at the section.
const Mark& place_of(const CompileSpec& compile, const std::string& message);
// Callbacks that watch what is not among `reported`, the logs of a step.
void check_monitors(const Spec& spec, const std::vector<std::string>& reported, Diagnostics& diagnostics);

// All that can be known without data: the spec's errors and warnings, and those of building its model.
void validate_spec(const std::string& path, const std::vector<std::string>& overrides, Diagnostics& diagnostics,
                   const ModelFileReader& read_file = {});

}  // namespace strata
