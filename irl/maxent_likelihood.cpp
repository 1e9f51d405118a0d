#include "irl/maxent_likelihood.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "softrl/check.hpp"

namespace softrl::irl {
namespace {

RowMatrix features_of_choices(const Mdp& mdp, const MdpFeatures& features, const MaxEntProcess& process) {
  check_features(mdp, features);
  return process.pairs().empty() ? on_state_actions(mdp, features) : on_transitions(mdp, features);
}

// The transition of a pair that ends in `next`: one of positive probability, which there is.
Index transition_to(const Mdp& mdp, Index pair, Index next) {
  const auto successors = mdp.successors(pair);
  const auto probabilities = mdp.probabilities(pair);
  std::size_t i = 0;
  while (successors[i] != next || (!probabilities.empty() && probabilities[i] == 0.0)) ++i;
  return mdp.first_transition(pair) + static_cast<Index>(i);
}

// Σ_c π(c|s) (Q(c) − V)(Q(c) − V)ᵀ of a state's rows of slopes.
Eigen::MatrixXd choice_variance(const Mdp& choices, const Eigen::VectorXd& policy, const MaxEntProcess::Slopes& slopes,
                                Index state) {
  const Index first = choices.first_pair(state), count = choices.action_count(state);
  const RowMatrix deviations = slopes.choices.middleRows(first, count).rowwise() - slopes.states.row(state);
  return deviations.transpose() * policy.segment(first, count).asDiagonal() * deviations;
}

// Adds γ^(t+1) (V(s') − E[V]) of a move's luck to the values of a demonstration.
void take_luck_off(std::vector<Source>& sources, const Mdp& mdp, Index pair, int step, Index next, double weight) {
  if (!mdp.is_terminal(next)) sources.push_back({.step = step, .state = next, .weight = weight});
  const auto successors = mdp.successors(pair);
  const auto probabilities = mdp.probabilities(pair);
  for (std::size_t i = 0; i < successors.size(); ++i)
    if (!mdp.is_terminal(successors[i]) && probabilities[i] > 0.0)
      sources.push_back({.step = step, .state = successors[i], .weight = -weight * probabilities[i]});
}

}  // namespace

DemonstrationCounts count(const Mdp& mdp, const MdpFeatures& features, const MaxEntProcess& process,
                          const std::vector<Demonstration>& demonstrations) {
  check_features(mdp, features);
  check_demonstrations(mdp, demonstrations);
  const Horizon& horizon = process.horizon();
  DemonstrationCounts counts{
      .features = RowMatrix::Zero(static_cast<Eigen::Index>(demonstrations.size()), features.count()),
      .sources = {},
      .steps = {}};
  const auto is_cut = [&](const Demonstration& demonstration) {
    const bool whole =
        horizon.kind == Horizon::Kind::Fixed && !horizon.at_goal && demonstration.steps() == horizon.steps;
    return !whole && !mdp.is_terminal(demonstration.states.back());
  };
  counts.by_action =
      !process.choices().deterministic() && std::any_of(demonstrations.begin(), demonstrations.end(), is_cut);
  const RowMatrix mean_features = counts.by_action ? on_state_actions(mdp, features) : RowMatrix();  // [K × k]
  for (std::size_t d = 0; d < demonstrations.size(); ++d) {
    const Demonstration& demonstration = demonstrations[d];
    const int steps = demonstration.steps();
    if (horizon.kind == Horizon::Kind::Fixed && steps > horizon.steps)
      throw std::invalid_argument(fmt::format("demonstration {} has {} steps, more than the horizon's {}",
                                              demonstration.name, steps, horizon.steps));
    std::vector<Source> sources = {{.step = 0, .state = demonstration.states.front(), .weight = 1.0}};
    double weight = 1.0;
    for (int t = 0; t < steps; ++t) {
      const auto step = static_cast<std::size_t>(t);
      const Index state = demonstration.states[step], next = demonstration.states[step + 1];
      const Index pair = mdp.find_pair(state, demonstration.actions[step]);
      const Index transition = transition_to(mdp, pair, next);
      const Index row = counts.by_action                               ? pair
                        : features.on == MdpFeatures::On::States       ? state
                        : features.on == MdpFeatures::On::StateActions ? pair
                                                                       : transition;
      counts.features.row(static_cast<Eigen::Index>(d)) +=
          weight * std::as_const(counts.by_action ? mean_features : features.values).row(row);
      counts.steps.push_back({.t = t, .state = state, .choice = process.choice(pair, transition)});
      weight *= horizon.discount;
      if (counts.by_action) take_luck_off(sources, mdp, pair, t + 1, next, weight);
    }
    if (is_cut(demonstration))
      sources.push_back({.step = steps, .state = demonstration.states.back(), .weight = -weight});
    counts.sources.push_back(std::move(sources));
  }
  return counts;
}

MaxEntLikelihood::MaxEntLikelihood(const Mdp& mdp, MdpFeatures features,
                                   const std::vector<Demonstration>& demonstrations, PathModel model,
                                   const Horizon& horizon)
    : MaxEntLikelihood(mdp, features, count(mdp, features, MaxEntProcess(mdp, model, horizon), demonstrations), model,
                       horizon) {}

MaxEntLikelihood::MaxEntLikelihood(const Mdp& mdp, MdpFeatures features, DemonstrationCounts counts, PathModel model,
                                   const Horizon& horizon)
    : features_(std::move(features)),
      process_(mdp, model, horizon),
      choice_features_(features_of_choices(mdp, features_, process_)),
      counts_(std::move(counts)),
      feature_totals_(counts_.features.colwise().sum()) {
  const auto n = static_cast<Eigen::Index>(counts_.sources.size());
  check_count("number of demonstrations", n, 1);
  check_size("rows of feature counts", counts_.features.rows(), n);
  check_size("columns of feature counts", counts_.features.cols(), features_.count());
  if (process_.pairs().empty() && features_.on == MdpFeatures::On::Transitions && !mdp.deterministic())
    transition_features_ = features_.values;
  if (horizon.at_goal) {
    const SoftPolicy any = process_.solve(Eigen::VectorXd::Zero(process_.choices().pairs()));
    for (Eigen::Index d = 0; d < n; ++d)
      for (const Source& source : counts_.sources[static_cast<std::size_t>(d)])
        if (!std::isfinite(any.values(source.step, source.state)))
          throw std::invalid_argument(
              fmt::format("demonstration {} (counted from 0) is in state {} after {} steps, "
                          "from where no goal can be reached within the horizon's {}",
                          d, source.state, source.step, horizon.steps));
  }
  score_terms_.resize(static_cast<std::size_t>(horizon.layers()));
  for (Eigen::Index d = 0; d < n; ++d)
    for (const Source& source : counts_.sources[static_cast<std::size_t>(d)]) {
      sources_.push_back(source);
      const int layer = process_.horizon().layer(source.step);
      if (layer < horizon.layers())
        score_terms_[static_cast<std::size_t>(layer)].push_back(
            {.demonstration = d, .state = source.state, .weight = source.weight});
    }
}

bool MaxEntLikelihood::is_log_likelihood() const {
  return process_.choices().deterministic() && process_.horizon().discount == 1.0;
}

double MaxEntLikelihood::value(const SoftPolicy& policy, const Eigen::VectorXd& weights) const {
  double value = weights.dot(feature_totals_);
  for (const auto& [step, state, weight] : sources_)
    value -= weight * policy.values(process_.horizon().layer(step), state);
  return value;
}

Eigen::VectorXd MaxEntLikelihood::gradient(const std::vector<Eigen::VectorXd>& visits, const SoftPolicy& policy) const {
  const Mdp& choices = process_.choices();
  Eigen::VectorXd uses = Eigen::VectorXd::Zero(choices.pairs());  // expected, of each choice
  for (std::size_t layer = 0; layer < visits.size(); ++layer)
    for (Index s = 0; s < choices.states(); ++s) {
      if (visits[layer](s) == 0.0) continue;
      for (Index c = choices.first_pair(s); c < choices.first_pair(s + 1); ++c)
        uses(c) += visits[layer](s) * policy.policies(static_cast<Eigen::Index>(layer), c);
    }
  return feature_totals_ - choice_features_.transpose() * uses;
}

std::optional<ValueAndGradient> MaxEntLikelihood::evaluate(const Eigen::VectorXd& weights) {
  const SoftPolicy policy = solve(weights);
  if (!policy.feasible) return std::nullopt;
  ValueAndGradient result{.value = value(policy, weights),
                          .gradient = gradient(process_.visits(policy, sources_), policy)};
  if (!std::isfinite(result.value) || !result.gradient.allFinite()) return std::nullopt;
  return result;
}

// Of f(s,a,s') + γ ∂V(s') over s'.
Eigen::MatrixXd MaxEntLikelihood::successor_variance(Index choice, const RowMatrix& next) const {
  const Mdp& choices = process_.choices();
  const auto successors = choices.successors(choice);
  const auto probabilities = choices.probabilities(choice);
  const auto count = static_cast<Eigen::Index>(successors.size());
  RowMatrix outcomes(count, next.cols());
  for (Eigen::Index i = 0; i < count; ++i) {
    outcomes.row(i) = process_.horizon().discount * next.row(successors[static_cast<std::size_t>(i)]);
    if (transition_features_.size() > 0)
      outcomes.row(i) += transition_features_.row(choices.first_transition(choice) + static_cast<Index>(i));
  }
  const auto p = Eigen::VectorXd::Map(probabilities.data(), count);
  const RowMatrix deviations = outcomes.rowwise() - (p.transpose() * outcomes).eval().row(0);
  return deviations.transpose() * p.asDiagonal() * deviations;
}

// The second derivative of V(s_0) is the sum over expected visits of the variance of ∂Q over choices. The score of a
// demonstration is a sum of differences of a martingale, f + γ ∂V(s') − ∂V(s), so that its variance is the sum of
// theirs; that of actions has the differences ∂Q(s, a) − ∂V(s).
std::optional<MaxEntCurvature> MaxEntLikelihood::curvature(const Eigen::VectorXd& weights) {
  const SoftPolicy policy = solve(weights);
  if (!policy.feasible) return std::nullopt;
  const Horizon& horizon = process_.horizon();
  const Mdp& choices = process_.choices();
  const std::vector<Eigen::VectorXd> visits = process_.visits(policy, sources_);
  const Eigen::Index k = features_.count();
  MaxEntCurvature result{.value = value(policy, weights),
                         .gradient = gradient(visits, policy),
                         .hessian = Eigen::MatrixXd::Zero(k, k),
                         .scores = counts_.features,
                         .score_variance = {}};
  const bool dual = !is_log_likelihood() && !counts_.steps.empty();
  std::vector<Eigen::VectorXd> seen;  // [layers] of [S] visits of the demonstrations, discounted by γ² per step
  if (dual) {
    result.score_variance = Eigen::MatrixXd::Zero(k, k);
    seen.assign(visits.size(), Eigen::VectorXd::Zero(choices.states()));
    for (const auto& step : counts_.steps)
      seen[static_cast<std::size_t>(horizon.layer(step.t))](step.state) += std::pow(horizon.discount, 2 * step.t);
  }
  process_.for_each_slope(policy, choice_features_, [&](const MaxEntProcess::Slopes& slopes) {
    const auto layer = static_cast<std::size_t>(slopes.layer);
    const Eigen::VectorXd probabilities = policy.policy(slopes.layer);
    for (Index s = 0; s < choices.states(); ++s) {
      const double expected = visits[layer](s), observed = dual ? seen[layer](s) : 0.0;
      if (choices.is_terminal(s) || (expected == 0.0 && observed == 0.0)) continue;
      const Eigen::MatrixXd variance = choice_variance(choices, probabilities, slopes, s);
      result.hessian -= expected * variance;
      if (observed == 0.0) continue;
      result.score_variance += observed * variance;
      if (choices.deterministic() || counts_.by_action) continue;
      for (Index c = choices.first_pair(s); c < choices.first_pair(s + 1); ++c)
        result.score_variance += observed * probabilities(c) * successor_variance(c, slopes.next);
    }
    for (const ScoreTerm& term : score_terms_[layer])
      result.scores.row(term.demonstration) -= term.weight * slopes.states.row(term.state);
  });
  if (!dual) result.score_variance = -result.hessian;
  return result;
}

double MaxEntLikelihood::action_log_likelihood(const SoftPolicy& policy) const {
  std::vector<Eigen::VectorXd> actions;
  for (int layer = 0; layer < process_.horizon().layers(); ++layer)
    actions.push_back(process_.action_policy(policy.policy(layer)));
  const std::vector<Index>& pairs = process_.pairs();
  double sum = 0.0;
  for (const auto& step : counts_.steps)
    sum += std::log(actions[process_.horizon().layer(step.t)](
        pairs.empty() ? step.choice : pairs[static_cast<std::size_t>(step.choice)]));
  return sum;
}

double MaxEntLikelihood::uniform_log_likelihood() const {
  const Mdp& choices = process_.choices();
  const std::vector<Index>& pairs = process_.pairs();
  double sum = 0.0;
  for (const auto& step : counts_.steps) {
    Index actions = choices.action_count(step.state);
    if (!pairs.empty()) {
      const auto first = static_cast<std::size_t>(choices.first_pair(step.state));
      actions = pairs[first + static_cast<std::size_t>(actions) - 1] - pairs[first] + 1;
    }
    sum -= std::log(static_cast<double>(actions));
  }
  return sum;
}

Eigen::VectorXd MaxEntLikelihood::expected_visits(const SoftPolicy& policy) const {
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(process_.choices().states());
  for (const Eigen::VectorXd& visits : process_.visits(policy, sources_)) sum += visits;
  for (const auto& [state, value] : process_.choices().terminal()) sum(state) = 0.0;
  return sum;
}

Eigen::VectorXd MaxEntLikelihood::counted_visits() const {
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(process_.choices().states());
  for (const auto& step : counts_.steps) sum(step.state) += std::pow(process_.horizon().discount, step.t);
  return sum;
}

}  // namespace softrl::irl
