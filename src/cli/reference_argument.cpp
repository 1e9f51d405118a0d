#include "cli/reference_argument.hpp"

#include <stdexcept>

#include <fmt/format.h>

#include "cli/array_files.hpp"

namespace softrl::cli {

using tabular::BaseMeasure;

BaseMeasure ReferenceArgument::base_measure(const tabular::Mdp& mdp) const {
  if (reference.empty()) return BaseMeasure::counting();
  if (reference == "uniform") return BaseMeasure::kl_to(mdp, tabular::base_policy(mdp, BaseMeasure::counting()));
  const Eigen::VectorXd policy = read_pair_array(mdp, reference);
  try {
    return BaseMeasure::kl_to(mdp, policy);
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(fmt::format("{}: {}", reference, error.what()));
  }
}

std::vector<std::filesystem::path> ReferenceArgument::files() const {
  if (reference.empty() || reference == "uniform") return {};
  return {reference};
}

Json ReferenceArgument::json() const { return reference.empty() ? Json(nullptr) : Json(reference); }

std::string ReferenceArgument::text() const {
  return reference.empty() ? std::string() : fmt::format(", KL to {}", reference);
}

void add_reference_argument(CLI::App& command, ReferenceArgument& argument) {
  command.add_option("--reference", argument.reference,
                     "Penalise KL to this policy in place of the entropy bonus: uniform, or a .npy file [S, A] or [K]");
}

}  // namespace softrl::cli
