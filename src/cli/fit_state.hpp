// The file from which an interrupted fit continues.
#pragma once
#include <filesystem>
#include <optional>

#include "irl/fit.hpp"

namespace softrl::cli {

// Nothing if there is no such file. Throws std::runtime_error if it is not what write_fit_state wrote.
std::optional<irl::FitCheckpoint> read_fit_state(const std::filesystem::path& file);

// Replaces the file when whole.
void write_fit_state(const std::filesystem::path& file, const irl::FitCheckpoint& state);

}  // namespace softrl::cli
