#include "tabular/stationary_distribution.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tabular/base_measure.hpp"
#include "tabular/examples.hpp"
#include "tabular/high_precision.hpp"
#include "tabular/hitting.hpp"
#include "tabular/visitation.hpp"

namespace softrl::tabular {
namespace {

// Birth and death: up with probability p, down with 1 − p, staying at the ends. Detailed balance gives x(i) in
// proportion to (p/(1 − p))^i, over 16 orders of magnitude here.
TEST(StationaryDistribution, IsInDetailedBalanceForBirthAndDeath) {
  const int n = 40;
  const double p = 0.28, ratio = p / (1.0 - p);
  MdpBuilder builder(0.9);
  for (int i = 0; i < n; ++i) {
    builder.add_state();
    builder.add_action(0.0, {{std::min(i + 1, n - 1), p}, {std::max(i - 1, 0), 1.0 - p}});
  }
  const Mdp mdp = std::move(builder).build();
  const auto result = stationary_distribution(mdp, Eigen::VectorXd::Ones(n));
  EXPECT_EQ(result.status, Status::Converged);
  EXPECT_EQ(result.recurrent_classes, 1);
  EXPECT_LT(result.error_bound, 1e-12);
  EXPECT_LT(result.flow_residual, 1e-14);
  const double total = (1.0 - std::pow(ratio, n)) / (1.0 - ratio);
  double error = 0.0;
  for (int i = 0; i < n; ++i) error += std::abs(result.states(i) - std::pow(ratio, i) / total);
  EXPECT_LE(error, result.error_bound + 1e-15);
}

// A ring is periodic; the share of time is 1/n all the same.
TEST(StationaryDistribution, DoesNotMindPeriods) {
  MdpBuilder builder(1.0);
  for (int i = 0; i < 5; ++i) {
    builder.add_state();
    builder.add_action(0.0, (i + 1) % 5);
  }
  const Mdp mdp = std::move(builder).build();
  const auto result = stationary_distribution(mdp, Eigen::VectorXd::Ones(5));
  for (int i = 0; i < 5; ++i) EXPECT_NEAR(result.states(i), 0.2, result.error_bound);
  EXPECT_EQ(result.pairs, result.states);
}

// x with x = Pᵀ x, Σ x = 1 by Gaussian elimination in 50 digits, rows of P scaled to sum to 1; for a chain with one
// recurrent class.
PreciseVector precise_stationary(const Mdp& mdp, const Eigen::VectorXd& policy) {
  const auto n = static_cast<std::size_t>(mdp.states());
  std::vector<PreciseVector> rows(n, PreciseVector(n + 1, Precise(0)));
  for (Index s = 0; s < mdp.states(); ++s) {
    Precise row_sum = 0;
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      for (std::size_t t = 0; t < mdp.successors(k).size(); ++t)
        row_sum += Precise(policy(k)) * Precise(mdp.deterministic() ? 1.0 : mdp.probabilities(k)[t]);
    }
    rows[static_cast<std::size_t>(s)][static_cast<std::size_t>(s)] -= 1;
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      for (std::size_t t = 0; t < mdp.successors(k).size(); ++t)
        rows[static_cast<std::size_t>(mdp.successors(k)[t])][static_cast<std::size_t>(s)] +=
            Precise(policy(k)) * Precise(mdp.deterministic() ? 1.0 : mdp.probabilities(k)[t]) / row_sum;
    }
  }
  for (auto& entry : rows[0]) entry = 1;
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t pivot = i;
    for (std::size_t j = i; j < n; ++j) {
      if (abs(rows[j][i]) > abs(rows[pivot][i])) pivot = j;
    }
    std::swap(rows[i], rows[pivot]);
    for (std::size_t j = 0; j < n; ++j) {
      if (j == i) continue;
      const Precise factor = rows[j][i] / rows[i][i];
      for (std::size_t c = i; c <= n; ++c) rows[j][c] -= factor * rows[i][c];
    }
  }
  PreciseVector x;
  for (std::size_t i = 0; i < n; ++i) x.push_back(rows[i][n] / rows[i][i]);
  return x;
}

TEST(StationaryDistribution, BoundHoldsAgainstHighPrecision) {
  int cases = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Mdp mdp = random_mdp({.states = 12}, seed);
    const Eigen::VectorXd policy = base_policy(mdp, {});
    const auto result = stationary_distribution(mdp, policy);
    ASSERT_EQ(result.status, Status::Converged);
    if (result.recurrent_classes != 1) continue;
    ++cases;
    const PreciseVector exact = precise_stationary(mdp, policy);
    Precise error = 0;
    for (std::size_t s = 0; s < exact.size(); ++s) error += abs(exact[s] - result.states(static_cast<Index>(s)));
    EXPECT_LE(static_cast<double>(error), result.error_bound) << "seed " << seed;
    EXPECT_LT(result.error_bound, 1e-11);
  }
  EXPECT_GT(cases, 20);
}

// Two classes and a terminal state: each has the probability that it is come to.
TEST(StationaryDistribution, SharesTimeAmongTheClasses) {
  MdpBuilder builder(0.9);
  builder.add_state();  // 0, transient: to 1, 3 or 4
  builder.add_action(0.0, {{0, 0.2}, {1, 0.3}, {3, 0.1}, {4, 0.4}});
  builder.add_state();  // 1 and 2, a class with x in proportion to 1 : 3
  builder.add_action(0.0, {{1, 0.4}, {2, 0.6}});
  builder.add_state();
  builder.add_action(0.0, {{2, 0.8}, {1, 0.2}});
  builder.add_state();  // 3, a trap
  builder.add_action(0.0, 3);
  builder.add_terminal_state(7.0);
  const Mdp mdp = std::move(builder).build();
  const Eigen::VectorXd policy = Eigen::VectorXd::Ones(4);
  const Eigen::VectorXd start = Eigen::VectorXd::Unit(5, 0);
  const auto result = stationary_distribution(mdp, policy, start);
  EXPECT_EQ(result.recurrent_classes, 3);
  EXPECT_EQ(result.states(0), 0.0);
  const auto weight = [&](const std::vector<Index>& set) { return hitting_probabilities(mdp, policy, set).states(0); };
  EXPECT_NEAR(result.states(1), 0.25 * weight({1, 2}), 1e-14);
  EXPECT_NEAR(result.states(2), 0.75 * weight({1, 2}), 1e-14);
  EXPECT_NEAR(result.states(3), weight({3}), 1e-14);
  EXPECT_NEAR(result.states(4), 0.4 / 0.8, 1e-14);
  EXPECT_LT(result.error_bound, 1e-13);
}

// (1 − γ) times the discounted visitation tends to it, with a distance in proportion to 1 − γ, and flow in is flow out.
TEST(StationaryDistribution, IsTheLimitOfDiscountedVisitation) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Mdp mdp = random_mdp({.states = 15}, seed);
    const Eigen::VectorXd policy = base_policy(mdp, {});
    const auto result = stationary_distribution(mdp, policy);
    EXPECT_LT(result.flow_residual, 1e-13);
    EXPECT_NEAR(result.states.sum(), 1.0, 1e-13);
    const auto distance = [&](double rest) {
      const auto visits = visitation(mdp.with_discount(1.0 - rest), policy);
      return (rest * visits.states - result.states).cwiseAbs().sum();
    };
    const double far = distance(1e-6), near = distance(1e-8);
    EXPECT_LT(far, 0.01) << "seed " << seed;
    EXPECT_LT(near, 0.02 * far + 1e-8 + result.error_bound) << "seed " << seed;
  }
}

TEST(StationaryDistribution, NamesWhatItRefuses) {
  using ::testing::HasSubstr;
  using ::testing::ThrowsMessage;
  const Mdp mdp = corridor(1, 1.0, 0.9);
  EXPECT_THAT([&] { stationary_distribution(mdp, Eigen::Vector2d(0.5, 0.4)); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("state 0")));
}

}  // namespace
}  // namespace softrl::tabular
