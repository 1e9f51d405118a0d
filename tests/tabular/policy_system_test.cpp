#include "tabular/policy_system.hpp"

#include <cmath>

#include <Eigen/LU>
#include <gtest/gtest.h>

#include "tabular/examples.hpp"
#include "tabular/generators.hpp"
#include "tabular/policy_evaluation.hpp"
#include "tabular/visitation.hpp"

namespace softrl::tabular {
namespace {

Eigen::VectorXd random_policy(const Mdp& mdp, std::uint64_t seed) {
  Random random(seed, "random policy");
  Eigen::VectorXd policy(mdp.pairs());
  for (Index s = 0; s < mdp.states(); ++s) {
    auto row = policy.segment(mdp.first_pair(s), mdp.action_count(s));
    for (double& p : row) p = std::exp(random.normal());
    row /= row.sum();
  }
  return policy;
}

Eigen::MatrixXd dense(const Mdp& mdp, const Eigen::VectorXd& policy) {
  Eigen::MatrixXd a = Eigen::MatrixXd::Identity(mdp.states(), mdp.states());
  for (Index s = 0; s < mdp.states(); ++s) {
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      for (std::size_t t = 0; t < mdp.successors(k).size(); ++t) {
        const auto p = mdp.probabilities(k);
        a(s, mdp.successors(k)[t]) -= mdp.discount() * policy(k) * (p.empty() ? 1.0 : p[t]);
      }
    }
  }
  return a;
}

void expect_near(const Eigen::VectorXd& x, const Eigen::VectorXd& exact, double relative) {
  EXPECT_LE((x - exact).cwiseAbs().maxCoeff(), relative * exact.cwiseAbs().maxCoeff());
}

// Below and above the size from which on systems are not factorised at once, against a dense factorisation with
// pivoting of rows. Condition numbers are up to 2/(1 − γ).
TEST(PolicySystem, SolvesAsDenseFactorsDo) {
  for (const int states : {50, 1200}) {
    for (const double discount : {0.9, 0.9999}) {
      const Mdp mdp = random_mdp({.states = states, .discount = discount, .terminal_probability = 0.01}, 7);
      const Eigen::VectorXd policy = random_policy(mdp, 7);
      const Eigen::PartialPivLU<Eigen::MatrixXd> exact(dense(mdp, policy));
      Random random(1, "right side");
      Eigen::VectorXd b(mdp.states());
      for (double& x : b) x = random.normal();
      PolicySystem system(mdp, policy);
      const auto x = system.solve(b), y = system.solve_transposed(b);
      ASSERT_TRUE(x && y) << states;
      expect_near(*x, exact.solve(b), 1e-13 / (1.0 - discount));
      expect_near(*y, exact.transpose().solve(b), 1e-13 / (1.0 - discount));
      for (const auto& [state, value] : mdp.terminal()) EXPECT_EQ((*x)(state), b(state));
    }
  }
}

// A ring of n states that is walked to the right with probability p, to the left with 1 − p, has V = c/(1 − γ) for
// equal rewards c, and of one start visits that depend on the distance alone: x(d) = A λ₊^d + B λ₋^(n−d), with λ± the
// roots of γ p = λ − γ (1 − p) λ² that decay in either direction.
TEST(PolicySystem, RingOfManyStatesHasAClosedForm) {
  constexpr Index n = 100'000;
  constexpr double discount = 0.999, p = 0.7;
  MdpBuilder builder(discount);
  for (Index s = 0; s < n; ++s) {
    builder.add_state();
    builder.add_action(1.0, (s + 1) % n);
    builder.add_action(1.0, (s + n - 1) % n);
  }
  const Mdp mdp = std::move(builder).build();
  Eigen::VectorXd policy(mdp.pairs());
  for (Index s = 0; s < n; ++s) policy.segment(2 * s, 2) << p, 1.0 - p;
  PolicySystem system(mdp, policy);
  const auto values = system.solve(Eigen::VectorXd::Ones(n));
  ASSERT_TRUE(values);
  expect_near(*values, Eigen::VectorXd::Constant(n, 1.0 / (1.0 - discount)), 1e-11);

  Eigen::VectorXd start = Eigen::VectorXd::Zero(n);
  start(0) = 1.0;
  const auto visits = system.solve_transposed(start);
  ASSERT_TRUE(visits);
  const double root = std::sqrt(1.0 - 4.0 * discount * discount * p * (1.0 - p));
  const double right = (1.0 - root) / (2.0 * discount * (1.0 - p)), left = (1.0 - root) / (2.0 * discount * p);
  Eigen::VectorXd exact(n);  // λ^n is 0 but for the slower side, whose wrap-around counts: Σ_j λ^(d + jn)
  for (Index s = 0; s < n; ++s)
    exact(s) =
        (std::pow(right, s) / (1.0 - std::pow(right, n)) + std::pow(left, n - s) / (1.0 - std::pow(left, n))) / root;
  expect_near(*visits, exact, 1e-10);
}

// An open floor, whose evaluation and visits have bounds of their own.
TEST(PolicySystem, CertifiesALargeFloor) {
  const Mdp mdp = gridworld_mdp(open_gridworld({.rows = 120, .columns = 120}));
  const Eigen::VectorXd policy = random_policy(mdp, 3);
  const PolicyEvaluation value = policy_evaluation(mdp, policy, {.temperature = 0.0});
  const Visitation visits = visitation(mdp, policy);
  ASSERT_EQ(value.status, Status::Converged);
  ASSERT_EQ(visits.status, Status::Converged);
  EXPECT_LT(value.error_bound, 1e-9);
  EXPECT_LT(visits.error_bound, 1e-8);
  double counted = 0.0;  // the return is what the visits earn
  for (Index k = 0; k < mdp.pairs(); ++k) counted += visits.pairs(k) * mdp.reward(k);
  EXPECT_NEAR(counted, mdp.initial_distribution().dot(value.values),
              value.error_bound + mdp.largest_reward() * visits.error_bound + 1e-11);
}

// Half to either side between two ends: n² steps in the middle, where single precision cannot tell the way. (n + 1 − s)
// s steps from s.
TEST(PolicySystem, FactorisesWhereCorrectionsStagnate) {
  constexpr Index n = 20'000;
  MdpBuilder builder(1.0);
  builder.add_terminal_state();
  for (Index s = 1; s <= n; ++s) {
    builder.add_state();
    builder.add_action(0.0, {{s - 1, 0.5}, {s + 1, 0.5}});
  }
  builder.add_terminal_state();
  const Mdp mdp = std::move(builder).build();
  Eigen::VectorXd b = Eigen::VectorXd::Ones(mdp.states());
  b(0) = b(n + 1) = 0.0;
  const auto steps = PolicySystem(mdp, Eigen::VectorXd::Ones(n)).solve(b);
  ASSERT_TRUE(steps);
  Eigen::VectorXd exact(mdp.states());
  for (Index s = 0; s <= n + 1; ++s) exact(s) = static_cast<double>(s) * (n + 1 - s);
  expect_near(*steps, exact, 1e-7);
}

TEST(PolicySystem, IsEmptyWhereThereIsNoSolution) {
  for (const Index states : {3, 3000}) {
    MdpBuilder builder(1.0);
    for (Index s = 0; s < states; ++s) {
      builder.add_state();
      builder.add_action(1.0, (s + 1) % states);
    }
    const Mdp mdp = std::move(builder).build();
    PolicySystem system(mdp, Eigen::VectorXd::Ones(mdp.pairs()));
    EXPECT_FALSE(system.solve(Eigen::VectorXd::Ones(states)));
    EXPECT_FALSE(system.solve_transposed(Eigen::VectorXd::Ones(states)));
    EXPECT_FALSE(system.solve(Eigen::VectorXd::Constant(states, std::nan(""))));
  }
}

}  // namespace
}  // namespace softrl::tabular
