#include "tabular/krylov_policy_iteration.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "softrl/operators.hpp"
#include "softrl/parallel.hpp"
#include "tabular/available_policy.hpp"
#include "tabular/bellman.hpp"
#include "tabular/iterate.hpp"
#include "tabular/krylov_solver.hpp"
#include "tabular/policy_matrix.hpp"
#include "tabular/sweep_in_place.hpp"

namespace softrl::tabular {
namespace {

// The constant c for which half of (a sample of) the states change up and half down in a sweep: where nothing is near,
// V is about that. Then a few sweeps, to and fro, of the process in which every move ends where it most probably does:
// without the others, one sweep carries a value along a whole path, and the policy heads the right way from the start.
void guess_values(Bellman& bellman, Eigen::VectorXd& values) {
  const Mdp& mdp = bellman.mdp();
  const auto fill = [&](double constant) {
    for (Index s = 0; s < mdp.states(); ++s) {
      if (!mdp.is_terminal(s)) values(s) = constant;
    }
  };
  double constant = 0.0;
  const Index stride = std::max<Index>(1, mdp.states() / 30'000);
  std::vector<double> changes;
  for (int i = 0; i < 5; ++i) {
    fill(constant);
    changes.clear();
    for (Index s = 0; s < mdp.states(); s += stride) {
      if (!mdp.is_terminal(s)) changes.push_back(bellman.backup(s, values) - constant);
    }
    if (changes.empty()) return;
    const auto middle = changes.begin() + static_cast<std::ptrdiff_t>(changes.size() / 2);
    std::nth_element(changes.begin(), middle, changes.end());
    const double step = *middle / (1.0 - mdp.discount());
    if (!std::isfinite(constant + step)) break;
    constant += step;
    if (std::abs(step) <= 1e-3 * std::abs(constant)) break;
  }
  fill(constant);

  std::vector<double> q(static_cast<std::size_t>(mdp.largest_action_set()));
  const auto likely_backup = [&](Index s) {
    const auto count = static_cast<std::size_t>(mdp.action_count(s));
    for (std::size_t i = 0; i < count; ++i) {
      const Index pair = mdp.first_pair(s) + static_cast<Index>(i);
      const auto probabilities = mdp.probabilities(pair);
      const auto likeliest = std::max_element(probabilities.begin(), probabilities.end()) - probabilities.begin();
      q[i] = mdp.reward(pair) + mdp.discount() * values(mdp.successors(pair)[static_cast<std::size_t>(likeliest)]);
    }
    return soft_value(std::span<const double>(q.data(), count), bellman.temperature(), bellman.log_weights(s));
  };
  constexpr int most_sweeps = 20;
  double largest_change = std::numeric_limits<double>::infinity(), largest_value = 0.0;
  for (int sweep = 0; sweep < most_sweeps && largest_change > 1e-3 * (1.0 - mdp.discount()) * largest_value; ++sweep) {
    largest_change = largest_value = 0.0;
    for (Index i = 0; i < mdp.states(); ++i) {
      const Index s = sweep % 2 == 0 ? i : mdp.states() - 1 - i;
      if (mdp.is_terminal(s)) continue;
      const double value = likely_backup(s);
      if (!std::isfinite(value)) continue;
      largest_change = std::max(largest_change, std::abs(value - values(s)));
      largest_value = std::max(largest_value, std::abs(value));
      values(s) = value;
    }
  }
}

// Solves (I − γ P_π) δ = next − values for δ.
class Correction {
 public:
  Correction(const Mdp& mdp, int threads)
      : solver_(policy_matrix_for(mdp), threads),
        right_side_(static_cast<std::size_t>(mdp.states())),
        solution_(right_side_) {}

  PolicyMatrix& matrix() { return solver_.new_matrix(); }  // I − γ P_π, for linearise() to fill.

  // Adds δ to `values`, with max |(I − γ P_π) δ − (next − values)| ≤ tolerance · max |next − values|. False, with
  // `values` as they were, if that was not reached.
  bool add_to(Eigen::VectorXd& values, const Eigen::VectorXd& next, double tolerance) {
    double scale = (next - values).cwiseAbs().maxCoeff();
    if (!std::isfinite(scale)) return false;
    if (scale == 0.0) return true;
    for (Eigen::Index s = 0; s < values.size(); ++s)
      right_side_[static_cast<std::size_t>(s)] = static_cast<float>((next(s) - values(s)) / scale);
    if (!solver_.solve(right_side_, tolerance, solution_)) return false;
    for (Eigen::Index s = 0; s < values.size(); ++s)
      values(s) += scale * static_cast<double>(solution_[static_cast<std::size_t>(s)]);
    return true;
  }

 private:
  KrylovSolver solver_;
  FloatVector right_side_, solution_;
};

}  // namespace

Solution krylov_policy_iteration(const Mdp& mdp, const SolverOptions& options) {
  Bellman bellman(mdp, options.temperature, options.base_measure);
  const int threads = thread_count(options.threads);
  const bool undiscounted = mdp.discount() == 1.0;
  const bool cold = options.initial_values.size() == 0;

  constexpr double loosest = 0.1, tightest = 1e-6;
  double accuracy = loosest;
  double last_residual = std::numeric_limits<double>::infinity();
  Step step = [&, correction = std::make_shared<Correction>(mdp, threads)](Iterate& at) {
    const bool first = at.iterations == 0;
    if (first && cold && !undiscounted) {
      guess_values(bellman, at.values);
      return Move::Certify;
    }
    // At discount 1 the first policy must be sure to end, as this one is wherever one can.
    const bool from_base = first && cold && undiscounted;
    if (!first) {
      const double residual = at.sweep.residual();
      if (residual > last_residual) accuracy /= 4.0;
      last_residual = residual;
    }
    if (accuracy < tightest) {
      std::swap(at.values, at.next);
      return Move::Certify;
    }
    if (!first && options.temperature == 0.0) sweep_to_and_fro(bellman, at.values);
    // At temperature 0, rounding alone decides between equal actions and mixes them at random from state to state; no
    // system of aggregates is near such a policy. So equal means almost equal, by far less than what is left to do.
    const double ties = 1e-8 * (first ? 0.0 : at.sweep.residual());
    linearise(bellman, at.values, from_base ? available_policy(mdp, options.base_measure) : Eigen::VectorXd(), ties,
              threads, at.next, correction->matrix());
    const double residual = (at.next - at.values).cwiseAbs().maxCoeff();
    const double enough = 0.3 * options.tolerance * (1.0 - mdp.discount());
    const double tolerance = std::clamp(enough / residual, accuracy, loosest);
    if (!correction->add_to(at.values, at.next, tolerance)) {
      std::swap(at.values, at.next);
      accuracy /= 4.0;
    }
    return Move::Certify;
  };
  return iterate(bellman, Method::KrylovPolicyIteration, options, std::move(step));
}

}  // namespace softrl::tabular
