// The logs of a run directory as curves.
#pragma once

#include <string>

#include "src/files/run_directory.h"
#include "src/report/learning_curves.h"

namespace strata {

LoggedRun logged_run(const RunDirectory& run, const std::string& label);

}  // namespace strata
