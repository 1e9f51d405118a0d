#include "tabular/tabular_policy.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "softrl/operators.hpp"
#include "tabular/base_measure.hpp"

namespace softrl::tabular {

TabularPolicy::TabularPolicy(const Mdp& mdp, Eigen::VectorXd probabilities)
    : mdp_(mdp), probabilities_(std::move(probabilities)) {
  check_policy(mdp, probabilities_);
}

std::span<const double> TabularPolicy::row(Index state) const {
  if (state < 0 || state >= mdp_.states() || mdp_.is_terminal(state))
    throw std::invalid_argument(fmt::format("state {} is terminal or not in [0, {})", state, mdp_.states()));
  return as_span(probabilities_)
      .subspan(static_cast<std::size_t>(mdp_.first_pair(state)), static_cast<std::size_t>(mdp_.action_count(state)));
}

int TabularPolicy::sample(const int& state, Random& random) const {
  return mdp_.action(mdp_.first_pair(state) + random.categorical(row(state)), state);
}

double TabularPolicy::log_prob(const int& state, const int& action) const {
  const auto probabilities = row(state);
  const Index pair = mdp_.find_pair(state, action);
  if (pair < 0) return -std::numeric_limits<double>::infinity();
  return std::log(probabilities[static_cast<std::size_t>(pair - mdp_.first_pair(state))]);
}

}  // namespace softrl::tabular
