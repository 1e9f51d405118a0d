// A policy as a TorchScript module, float32: forward(observation), or forward(observation, noise).
#pragma once
#include <filesystem>

#include "continuous/policy_function.hpp"

namespace softrl::continuous {

// Throws std::runtime_error with the path if it cannot be written.
void write_torch_script(const PolicyFunction& function, const std::filesystem::path& file);

// Runs the module in `file` on 32 observations and draws of noise, and throws std::runtime_error with the path unless
// it does what `policy` does, to within 1e-5 relative to 1 + |action|.
void check_torch_script(const std::filesystem::path& file, const TrainedPolicy& policy, bool best);

}  // namespace softrl::continuous
