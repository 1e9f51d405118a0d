// The argument RUN of commands on trained agents.
#pragma once
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "continuous/trained_run.hpp"

namespace softrl::cli {

inline void warn_of_skipped(const std::vector<std::string>& checkpoints) {
  for (const std::string& damaged : checkpoints) fmt::print(stderr, "warning: {}; an older one was used\n", damaged);
}

inline continuous::TrainedRun load_run(const std::string& folder) {
  continuous::TrainedRun run = continuous::load_trained_run(folder);
  warn_of_skipped(run.skipped_checkpoints);
  return run;
}

}  // namespace softrl::cli
