#include "cli/fit_state.hpp"

#include <stdexcept>
#include <vector>

#include <fmt/format.h>

#include "cli/json_arrays.hpp"

namespace softrl::cli {

std::optional<irl::FitCheckpoint> read_fit_state(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return std::nullopt;
  irl::FitCheckpoint state{};
  try {
    const Json json = read_json(file);
    json.at("names").get_to(state.names);
    state.weights = vector_from(json.at("weights"));
    json.at("objective").get_to(state.objective);
    json.at("iterations").get_to(state.iterations);
    json.at("evaluations").get_to(state.evaluations);
    json.at("infeasible_trials").get_to(state.infeasible_trials);
  } catch (const Json::exception& error) {
    throw std::runtime_error(fmt::format("{}: is not the state of a fit: {}", file.string(), error.what()));
  }
  return state;
}

void write_fit_state(const std::filesystem::path& file, const irl::FitCheckpoint& state) {
  write_json(file, {{"names", state.names},
                    {"weights", numbers(state.weights)},
                    {"objective", number(state.objective)},
                    {"iterations", state.iterations},
                    {"evaluations", state.evaluations},
                    {"infeasible_trials", state.infeasible_trials}});
}

}  // namespace softrl::cli
