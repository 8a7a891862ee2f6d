// Checkpoints: everything that a run needs to go on with the same bits.
//
//   step-0000000120/
//     model.weights.h5   weights, states, optimizer, in Keras' layout
//     state.h5           what that layout has no place for: random streams, metric accumulators, arrays of callbacks
//     position.json      epoch, batch, step, phase, logs, history, callbacks; which batches these are
//     choices.json       the kernels: see choices_json.h
//     MANIFEST           sizes and checksums of these
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "src/model/fit.h"

namespace strata {

// Writes the state of `fit` as one directory under `folder`, at once or not at all; then removes all but the newest `keep`.
std::filesystem::path write_checkpoint(const std::filesystem::path& folder, Fit& fit, int keep = 3);

// Brings `fit`, which has not run yet, to where the newest good checkpoint stands, and returns its directory; nothing where
// there is none. The plans take the kernels that were recorded there. One that is damaged, or that belongs to other rows or
// batches, is told to `say`, and the next older one is taken; when none is left that is an Error.
std::optional<std::filesystem::path> restore_checkpoint(const std::filesystem::path& folder, Fit& fit,
                                                        const std::function<void(const std::string&)>& say);

// What layers have learned from data, as the newest good checkpoint holds it: shapes and columns depend on it, so the model takes
// it before a Fit is made.
void restore_learned(const std::filesystem::path& folder, Model& model);

// The position that the newest good checkpoint holds, if there is one.
std::optional<FitPosition> newest_position(const std::filesystem::path& folder);

// From the newest to the oldest.
std::vector<std::filesystem::path> checkpoints_in(const std::filesystem::path& folder);

}  // namespace strata
