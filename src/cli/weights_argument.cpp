#include "cli/weights_argument.hpp"

#include <stdexcept>

#include <fmt/format.h>

#include "cli/saved_fit.hpp"
#include "cli/weight_options.hpp"
#include "irl/named_weights.hpp"

namespace softrl::cli {

void WeightsArgument::add_to(CLI::App& command) {
  CLI::Option* weights = add_weights(command, "--weights", words, "A value for every weight");
  command.add_option("--fit", fit, "The weights that softrl routes fit --json wrote to this file")->excludes(weights);
}

Eigen::VectorXd WeightsArgument::read(const irl::Study& study, const std::vector<std::string>& names) const {
  if (fit.empty() && words.empty()) throw std::invalid_argument("--weights or --fit is needed");
  if (fit.empty()) return irl::all_named_weights(names, "--weights", parse_weights("--weights", words));
  std::vector<irl::NamedWeight> named;
  const SavedFit saved = read_fit(fit);
  check_same_model(saved, study);
  for (const irl::FittedWeight& weight : saved.weights) named.push_back({.name = weight.name, .value = weight.value});
  return irl::all_named_weights(names, fmt::format("--fit {}", fit.string()), named);
}

std::vector<std::filesystem::path> WeightsArgument::files() const {
  return fit.empty() ? std::vector<std::filesystem::path>{} : std::vector{fit};
}

}  // namespace softrl::cli
