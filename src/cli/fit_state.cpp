#include "cli/fit_state.hpp"

#include <stdexcept>
#include <vector>

#include <fmt/format.h>

#include "cli/json_arrays.hpp"

namespace softrl::cli {

std::optional<FitState> read_fit_state(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return std::nullopt;
  FitState state{};
  irl::FitCheckpoint& checkpoint = state.checkpoint;
  try {
    const Json json = read_json(file);
    json.at("names").get_to(checkpoint.names);
    checkpoint.weights = vector_from(json.at("weights"));
    json.at("objective").get_to(checkpoint.objective);
    json.at("iterations").get_to(checkpoint.iterations);
    json.at("evaluations").get_to(checkpoint.evaluations);
    json.at("infeasible_trials").get_to(checkpoint.infeasible_trials);
    json.at("of_sample").get_to(checkpoint.of_sample);
    json.at("objectives").get_to(state.objectives);
  } catch (const Json::exception& error) {
    throw std::runtime_error(fmt::format("{}: is not the state of a fit: {}", file.string(), error.what()));
  }
  return state;
}

void write_fit_state(const std::filesystem::path& file, const FitState& state) {
  const irl::FitCheckpoint& checkpoint = state.checkpoint;
  write_json(file, {{"names", checkpoint.names},
                    {"weights", numbers(checkpoint.weights)},
                    {"objective", number(checkpoint.objective)},
                    {"iterations", checkpoint.iterations},
                    {"evaluations", checkpoint.evaluations},
                    {"infeasible_trials", checkpoint.infeasible_trials},
                    {"of_sample", checkpoint.of_sample},
                    {"objectives", state.objectives}});
}

}  // namespace softrl::cli
