#include "tabular/soft_policy_iteration.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "tabular/available_policy.hpp"
#include "tabular/bellman.hpp"
#include "tabular/certificate.hpp"
#include "tabular/iterate.hpp"
#include "tabular/policy_system.hpp"
#include "tabular/sweep_in_place.hpp"

namespace softrl::tabular {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// At most how many steps the policy takes to the end, discounted, from any state; infinite where it need not end.
double longest_way(PolicySystem& system, Eigen::Index states) {
  const auto steps = system.solve(Eigen::VectorXd::Ones(states));
  return steps && steps->minCoeff() >= 0.0 ? steps->maxCoeff() : infinity;
}

struct Evaluation {
  Eigen::VectorXd values;  // [S] V_π; infinite where it overflows.
  double noise;            // About the error of the solve: the backup's, amplified by the expected number of steps.
};

}  // namespace

Solution soft_policy_iteration(const Mdp& mdp, const SolverOptions& options) {
  Bellman bellman(mdp, options.temperature, options.base_measure, options.threads);
  const Eigen::VectorXd rewards = bellman.action_values(Eigen::VectorXd::Zero(mdp.states()));
  const bool cold = options.initial_values.size() == 0, undiscounted = mdp.discount() == 1.0;

  // Empty if the system is singular, and where rounding leaves nothing of the values: at discount 1 a policy may take
  // 2^60 steps to the end, as a random walk against the stream does, or never get there.
  const auto evaluate = [&](const Eigen::VectorXd& policy) -> std::optional<Evaluation> {
    PolicySystem system(mdp, policy);
    const Eigen::VectorXd right_side = bellman.policy_values(policy, rewards);
    auto solved = system.solve(right_side);
    if (!solved) {
      const bool overflows = !std::isfinite(right_side.cwiseAbs().maxCoeff() / (1.0 - mdp.discount()));
      if (undiscounted || !overflows) return std::nullopt;
      return Evaluation{.values = Eigen::VectorXd::Constant(mdp.states(), infinity), .noise = infinity};
    }
    Evaluation result{.values = std::move(*solved), .noise = infinity};
    const double largest = result.values.cwiseAbs().maxCoeff();
    result.noise = longest_way(system, mdp.states()) * backup_rounding_error(bellman, largest);
    if (undiscounted && !(result.noise <= largest)) return std::nullopt;
    return result;
  };

  // Sweeps in place of evaluations that are of no use, for longer each time: however far off the values are, these
  // come nearer until their policy ends.
  constexpr int longest_pause = 1 << 20;
  int pause = 1, resting = 0;
  const auto rest = [&] {
    resting = pause;
    pause = std::min(2 * pause, longest_pause);
  };

  return iterate(bellman, Method::PolicyIteration, options, [&](Iterate& at) {
    if (resting > 0) {
      --resting;
      std::swap(at.values, at.next);
      return Move::Certify;
    }
    const bool first = at.iterations == 0;
    if (!first) sweep_to_and_fro(bellman, at.values);
    std::optional<Evaluation> evaluation;
    if (!first || !cold) evaluation = evaluate(bellman.boltzmann(bellman.action_values(at.values)));
    if (first && !evaluation) evaluation = evaluate(available_policy(mdp, options.base_measure));
    if (!evaluation && !undiscounted) return Move::Last;
    if (!evaluation) {
      if (first) at.next = bellman.start_values({});  // values that have such a policy are no better than none
      rest();
      std::swap(at.values, at.next);
      return Move::Certify;
    }
    const double improvement = (evaluation->values - at.values).cwiseAbs().maxCoeff();
    at.values = std::move(evaluation->values);
    if (!at.values.allFinite()) return Move::Last;
    if (first || improvement > evaluation->noise) return Move::Certify;
    if (!undiscounted) return Move::Last;
    // What is noise to a policy of many steps may be much to a better one of few, which sweeps then find.
    rest();
    return Move::Certify;
  });
}

}  // namespace softrl::tabular
