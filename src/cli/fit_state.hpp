// The file from which an interrupted fit continues.
#pragma once
#include <filesystem>
#include <optional>
#include <vector>

#include "irl/fit.hpp"

namespace softrl::cli {

struct FitState {
  irl::FitCheckpoint checkpoint;
  std::vector<double> objectives;  // After every iteration so far.
};

// Nothing if there is no such file. Throws std::runtime_error if it is not what write_fit_state wrote.
std::optional<FitState> read_fit_state(const std::filesystem::path& file);

// Replaces the file when whole.
void write_fit_state(const std::filesystem::path& file, const FitState& state);

}  // namespace softrl::cli
