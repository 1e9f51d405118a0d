#include "irl/mdp_features.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

#include "irl/features.hpp"
#include "softrl/check.hpp"

namespace softrl::irl {
namespace {

std::string_view describe(MdpFeatures::On on) {
  switch (on) {
    case MdpFeatures::On::States:
      return "state";
    case MdpFeatures::On::StateActions:
      return "state-action";
    case MdpFeatures::On::Transitions:
      return "transition";
  }
  return "";
}

// The row of `features` that belongs to a transition of a pair of a state.
Eigen::Index row_of(const MdpFeatures& features, Index state, Index pair, Index transition) {
  switch (features.on) {
    case MdpFeatures::On::States:
      return state;
    case MdpFeatures::On::StateActions:
      return pair;
    case MdpFeatures::On::Transitions:
      return transition;
  }
  return 0;
}

}  // namespace

void check_features(const Mdp& mdp, const MdpFeatures& features) {
  const std::int64_t rows = row_of(features, mdp.states(), mdp.pairs(), mdp.transitions());
  check_count("number of features", features.count(), 1);
  check_size("columns of features", features.values.cols(), features.count());
  check_size(fmt::format("rows of features on {}s", describe(features.on)), features.values.rows(), rows);
  if (std::find(features.names.begin(), features.names.end(), "") != features.names.end())
    throw std::invalid_argument("names of features must not be empty");
  for (auto name = features.names.begin(); name != features.names.end(); ++name)
    if (std::find(features.names.begin(), name, *name) != name)
      throw std::invalid_argument(fmt::format("feature \"{}\" appears twice", *name));
  for (Eigen::Index i = 0; i < features.values.rows(); ++i)
    for (Eigen::Index j = 0; j < features.values.cols(); ++j)
      if (!(std::abs(features.values(i, j)) <= largest_feature))
        throw std::invalid_argument(fmt::format("feature {} must be at most {:g} in size, got {} at {} {}",
                                                features.names[static_cast<std::size_t>(j)], largest_feature,
                                                features.values(i, j), describe(features.on), i));
  for (Eigen::Index j = 0; j < features.values.cols(); ++j)
    if (const double size = features.values.col(j).lpNorm<Eigen::Infinity>();
        size > 0.0 && size < 1.0 / largest_feature)
      throw std::invalid_argument(
          fmt::format("feature {} must be 0 everywhere or reach {:g} in size, but is at most {}",
                      features.names[static_cast<std::size_t>(j)], 1.0 / largest_feature, size));
}

MdpFeatures join(const Mdp& mdp, const std::vector<MdpFeatures>& parts) {
  MdpFeatures result{.names = {}, .on = MdpFeatures::On::States, .values = {}};
  for (const MdpFeatures& part : parts) {
    check_features(mdp, part);
    result.on = std::max(result.on, part.on);
    result.names.insert(result.names.end(), part.names.begin(), part.names.end());
  }
  result.values.resize(row_of(result, mdp.states(), mdp.pairs(), mdp.transitions()), result.count());
  Eigen::Index column = 0;
  for (const MdpFeatures& part : parts) {
    result.values.middleCols(column, part.count()) = part.on == result.on ? part.values
                                                     : result.on == MdpFeatures::On::StateActions
                                                         ? on_state_actions(mdp, part)
                                                         : on_transitions(mdp, part);
    column += part.count();
  }
  check_features(mdp, result);
  return result;
}

RowMatrix on_state_actions(const Mdp& mdp, const MdpFeatures& features) {
  if (features.on == MdpFeatures::On::StateActions) return features.values;
  RowMatrix result = RowMatrix::Zero(mdp.pairs(), features.count());
  for (Index s = 0; s < mdp.states(); ++s) {
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      const auto probabilities = mdp.probabilities(k);
      const Index first = mdp.first_transition(k);
      if (features.on == MdpFeatures::On::States)
        result.row(k) = features.values.row(s);
      else if (probabilities.empty())
        result.row(k) = features.values.row(first);
      else
        for (std::size_t i = 0; i < probabilities.size(); ++i)
          result.row(k) += probabilities[i] * features.values.row(first + static_cast<Index>(i));
    }
  }
  return result;
}

RowMatrix on_transitions(const Mdp& mdp, const MdpFeatures& features) {
  if (features.on == MdpFeatures::On::Transitions) return features.values;
  RowMatrix result(mdp.transitions(), features.count());
  for (Index s = 0; s < mdp.states(); ++s)
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k)
      for (std::size_t i = 0; i < mdp.successors(k).size(); ++i) {
        const Index transition = mdp.first_transition(k) + static_cast<Index>(i);
        result.row(transition) = features.values.row(row_of(features, s, k, transition));
      }
  return result;
}

}  // namespace softrl::irl
