#include "irl/likelihood.hpp"

#include <cmath>
#include <stdexcept>

#include <Eigen/Eigenvalues>
#include <gtest/gtest.h>

#include "small_networks.hpp"

namespace softrl::irl {
namespace {

constexpr Ending endings[] = {Ending::ByMove, Ending::OnEntering};

Eigen::VectorXd feasible_weights(std::uint64_t seed) {
  Random random(seed, "weights");
  return Eigen::Vector3d(random.uniform(-2.0, 0.0), random.uniform(-2.0, 0.0), std::log(0.3));
}

// Σ θ·f − log z(o), with z summed path length by path length.
TEST(Likelihood, IsTheProbabilityOfTheTripsAmongAllPaths) {
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const RouteData data = random_routes({}, ending, 20, seed);
      if (data.trips.empty()) continue;
      const Eigen::VectorXd weights = feasible_weights(seed);
      double expected = feature_totals(data).dot(weights);
      for (const Trip& trip : data.trips)
        expected -= std::log(path_sums_by_length(data, trip.destination, weights, 400)(trip.origin));
      const LikelihoodValue value = Likelihood(data).evaluate(weights);
      ASSERT_EQ(value.status, PathSumStatus::Finite);
      EXPECT_NEAR(value.log_likelihood, expected, 1e-12 * (1.0 + std::abs(expected))) << "seed " << seed;
    }
  }
}

// Central differences of step h are right to h² times the third derivative, here some 1e-10 of the trips.
TEST(Likelihood, GradientAndHessianAgreeWithDifferences) {
  const double h = 1e-5;
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const RouteData data = random_routes({}, ending, 20, seed);
      if (data.trips.empty()) continue;
      Likelihood likelihood(data);
      const Eigen::VectorXd weights = feasible_weights(seed);
      const LikelihoodCurvature exact = likelihood.curvature(weights);
      ASSERT_EQ(exact.status, PathSumStatus::Finite);
      for (int j = 0; j < 3; ++j) {
        const Eigen::VectorXd step = h * Eigen::VectorXd::Unit(3, j);
        const LikelihoodValue above = likelihood.evaluate(weights + step), below = likelihood.evaluate(weights - step);
        EXPECT_NEAR(exact.gradient(j), (above.log_likelihood - below.log_likelihood) / (2 * h), 1e-6) << seed;
        const Eigen::VectorXd column = (above.gradient - below.gradient) / (2 * h);
        EXPECT_LT((exact.hessian.col(j) - column).cwiseAbs().maxCoeff(), 1e-6) << "seed " << seed;
      }
    }
  }
}

// Two ways to the same numbers: the flows of the adjoint solve, and the slopes of the path sums trip by trip.
TEST(Likelihood, ScoresSumToTheGradient) {
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const RouteData data = random_routes({}, ending, 20, seed);
      if (data.trips.empty()) continue;
      Likelihood likelihood(data);
      const Eigen::VectorXd weights = feasible_weights(seed);
      const LikelihoodValue value = likelihood.evaluate(weights);
      const LikelihoodCurvature curvature = likelihood.curvature(weights);
      EXPECT_NEAR(curvature.log_likelihood, value.log_likelihood, 1e-12 * std::abs(value.log_likelihood));
      EXPECT_LT((curvature.gradient - value.gradient).cwiseAbs().maxCoeff(), 1e-11) << "seed " << seed;
    }
  }
}

// The log-likelihood is concave: its Hessian has no positive eigenvalue (beyond rounding).
TEST(Likelihood, IsConcave) {
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      const RouteData data = random_routes({}, ending, 10, seed);
      if (data.trips.empty()) continue;
      const Eigen::MatrixXd hessian = Likelihood(data).curvature(feasible_weights(seed)).hessian;
      EXPECT_LE(Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(hessian).eigenvalues().maxCoeff(), 1e-11) << seed;
    }
  }
}

TEST(Likelihood, SaysWhyItHasNoValue) {
  RouteData data;
  data.network = network_of(3, {{0, 1}, {1, 0}, {1, 2}}, {{1}, {1}, {1}});
  data.destinations = {{.name = "d", .links = {2}}};
  data.trips = {make_trip(data, "a", 0, {0, 1, 2})};
  Likelihood likelihood(data);
  EXPECT_EQ(likelihood.evaluate(Eigen::VectorXd::Constant(1, 0.1)).status, PathSumStatus::Divergent);
  EXPECT_EQ(likelihood.curvature(Eigen::VectorXd::Constant(1, 0.1)).status, PathSumStatus::Divergent);
  // Two moves of weight exp(−600): the sum is exp(−1200), which is 0 in double precision.
  EXPECT_EQ(likelihood.evaluate(Eigen::VectorXd::Constant(1, -600.0)).status, PathSumStatus::OutOfRange);
  EXPECT_EQ(likelihood.evaluate(Eigen::VectorXd::Constant(1, -1.0)).status, PathSumStatus::Finite);
  data.trips.clear();
  EXPECT_THROW(Likelihood{data}, std::invalid_argument);
}

}  // namespace
}  // namespace softrl::irl
