#include "irl/link_size.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>

#include <Eigen/Eigenvalues>
#include <gtest/gtest.h>

#include "irl/likelihood.hpp"
#include "small_networks.hpp"

namespace softrl::irl {
namespace {

constexpr Ending endings[] = {Ending::ByMove, Ending::OnEntering};
const Eigen::Vector3d size_weights(-0.5, -1.0, std::log(0.3));

Eigen::VectorXd feasible_weights(std::uint64_t seed) {
  Random random(seed, "weights");
  return Eigen::Vector4d(random.uniform(-2.0, 0.0), random.uniform(-2.0, 0.0), std::log(0.25),
                         random.uniform(-1.0, 0.2));
}

// Calls visit(links) for every path of an acyclic network between the two ends.
void enumerate(const RouteData& data, const TripEnds& ends,
               const std::function<void(const std::vector<int>& moves)>& visit) {
  const std::vector<int>& last = data.destinations[ends.destination].links;
  std::vector<int> moves;
  const std::function<void(int)> from = [&](int link) {
    const bool may_end = std::find(last.begin(), last.end(), link) != last.end();
    if (may_end) visit(moves);
    if (may_end && data.ending == Ending::OnEntering) return;
    for (int m = data.network.first_move[link]; m < data.network.first_move[link + 1]; ++m) {
      moves.push_back(m);
      from(data.network.to[m]);
      moves.pop_back();
    }
  };
  from(ends.origin);
}

// By the definition: path by path, with its probability, its links counted.
TEST(LinkSize, IsTheExpectedNumberOfVisits) {
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const RouteData data = random_routes({.acyclic = true}, ending, 10, seed);
      for (const Trip& trip : data.trips) {
        const TripEnds ends{.origin = trip.origin, .destination = trip.destination};
        Eigen::VectorXd visits = Eigen::VectorXd::Zero(data.network.link_count());
        double total = 0.0;
        enumerate(data, ends, [&](const std::vector<int>& moves) {
          double utility = 0.0;
          for (const int m : moves) utility += data.network.attributes.row(m).dot(size_weights);
          total += std::exp(utility);
          visits(ends.origin) += std::exp(utility);
          for (const int m : moves) visits(data.network.to[m]) += std::exp(utility);
        });
        const Eigen::VectorXd sizes = link_sizes(data, size_weights, {ends}).col(0);
        EXPECT_LT((sizes - visits / total).cwiseAbs().maxCoeff(), 1e-12) << "seed " << seed;
      }
    }
  }
}

TEST(LinkSizeModel, IsTheProbabilityOfTheTripsAmongAllPaths) {
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const RouteData data = random_routes({.acyclic = true}, ending, 20, seed);
      if (data.trips.empty()) continue;
      const Eigen::VectorXd weights = feasible_weights(seed);
      double expected = 0.0;
      std::vector<TripEnds> all_ends;
      for (const Trip& trip : data.trips) {
        const TripEnds ends{.origin = trip.origin, .destination = trip.destination};
        all_ends.push_back(ends);
        const Eigen::VectorXd sizes = link_sizes(data, size_weights, {ends}).col(0);
        const auto utility = [&](const std::vector<int>& moves) {
          double sum = 0.0;
          for (const int m : moves)
            sum += data.network.attributes.row(m).dot(weights.head(3)) + weights(3) * sizes(data.network.to[m]);
          return sum;
        };
        double total = 0.0;
        enumerate(data, ends, [&](const std::vector<int>& moves) { total += std::exp(utility(moves)); });
        expected += utility(trip.moves) - std::log(total);
      }
      LinkSizeModel model(data, size_weights);
      const LikelihoodValue value = model.evaluate(weights);
      ASSERT_EQ(value.status, PathSumStatus::Finite);
      EXPECT_NEAR(value.log_likelihood, expected, 1e-11) << "seed " << seed;
      EXPECT_NEAR(model.curvature(weights).log_likelihood, expected, 1e-11) << "seed " << seed;
      const std::vector<RoutePolicy> policies = model.policies(weights, all_ends);
      double by_policies = 0.0;
      for (std::size_t t = 0; t < data.trips.size(); ++t) by_policies += policies[t].log_prob(data.trips[t]);
      EXPECT_NEAR(by_policies, expected, 1e-11) << "seed " << seed;
    }
  }
}

// Central differences of step h are right to h² times the third derivative, here some 1e-10 of the trips.
TEST(LinkSizeModel, GradientAndHessianAgreeWithDifferences) {
  const double h = 1e-5;
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      const RouteData data = random_routes({}, ending, 20, seed);
      if (data.trips.empty()) continue;
      LinkSizeModel model(data, size_weights);
      const Eigen::VectorXd weights = feasible_weights(seed);
      const LikelihoodCurvature exact = model.curvature(weights);
      ASSERT_EQ(exact.status, PathSumStatus::Finite);
      const LikelihoodValue value = model.evaluate(weights);
      EXPECT_LT((exact.gradient - value.gradient).cwiseAbs().maxCoeff(), 1e-10) << "seed " << seed;
      EXPECT_NEAR(exact.log_likelihood, value.log_likelihood, 1e-10) << "seed " << seed;
      EXPECT_LT(model.radius().upper, 1.0);
      EXPECT_LE(Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(exact.hessian).eigenvalues().maxCoeff(), 1e-11) << seed;
      for (int j = 0; j < 4; ++j) {
        const Eigen::VectorXd step = h * Eigen::VectorXd::Unit(4, j);
        const LikelihoodValue above = model.evaluate(weights + step), below = model.evaluate(weights - step);
        EXPECT_NEAR(exact.gradient(j), (above.log_likelihood - below.log_likelihood) / (2 * h), 1e-6) << seed;
        const Eigen::VectorXd column = (above.gradient - below.gradient) / (2 * h);
        EXPECT_LT((exact.hessian.col(j) - column).cwiseAbs().maxCoeff(), 1e-6) << "seed " << seed;
      }
    }
  }
}

TEST(LinkSizeModel, WithoutWeightOnLinkSizeIsTheModelWithoutIt) {
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const RouteData data = random_routes({.links = 30}, ending, 40, seed);
      if (data.trips.empty()) continue;
      Eigen::VectorXd weights = feasible_weights(seed);
      weights(3) = 0.0;
      const LikelihoodCurvature with = LinkSizeModel(data, size_weights).curvature(weights);
      const LikelihoodCurvature without = Likelihood(data).curvature(weights.head(3));
      EXPECT_LT((with.trip_log_likelihoods - without.trip_log_likelihoods).cwiseAbs().maxCoeff(), 1e-11) << seed;
      EXPECT_LT((with.scores.leftCols(3) - without.scores).cwiseAbs().maxCoeff(), 1e-10) << seed;
      EXPECT_LT((with.hessian.topLeftCorner(3, 3) - without.hessian).cwiseAbs().maxCoeff(), 1e-9) << seed;
    }
  }
}

// All paths of the layered network have three moves, so that a constant on every move changes nothing; path sums leave
// the range of doubles, and are solved one by one.
TEST(LinkSizeModel, DoesNotDependOnHowFarPathSumsAreFromOne) {
  for (const Ending ending : endings) {
    const RouteData data = layered_routes(ending);
    LinkSizeModel model(data, Eigen::Vector2d(-0.5, -1.0));
    const LikelihoodCurvature near = model.curvature(Eigen::Vector3d(-1.0, -1.0, -0.5));
    ASSERT_EQ(near.status, PathSumStatus::Finite);
    for (const double constant : {-5000.0, -230.0, 230.0, 5000.0}) {
      const Eigen::Vector3d weights(-1.0, constant, -0.5);
      const LikelihoodCurvature far = model.curvature(weights);
      ASSERT_EQ(far.status, PathSumStatus::Finite) << constant;
      EXPECT_NEAR(far.log_likelihood, near.log_likelihood, 1e-9) << constant;
      EXPECT_LT((far.gradient - near.gradient).cwiseAbs().maxCoeff(), 1e-9) << constant;
      EXPECT_LT((far.hessian - near.hessian).cwiseAbs().maxCoeff(), 1e-9) << constant;
      EXPECT_LT((model.evaluate(weights).gradient - near.gradient).cwiseAbs().maxCoeff(), 1e-9) << constant;
      const TripEnds ends{.origin = data.trips[0].origin, .destination = data.trips[0].destination};
      EXPECT_NEAR(model.policies(weights, {ends})[0].log_prob(data.trips[0]), near.trip_log_likelihoods(0), 1e-9);
    }
  }
}

TEST(LinkSizeModel, IsTheSameToTheLastBitOnAnyNumberOfThreads) {
  const RouteData data = random_routes({.links = 60}, Ending::ByMove, 300, 3);
  const Eigen::VectorXd weights = feasible_weights(1);
  const LikelihoodCurvature alone = LinkSizeModel(data, size_weights, 1).curvature(weights);
  const Eigen::VectorXd gradient = LinkSizeModel(data, size_weights, 1).evaluate(weights).gradient;
  ASSERT_EQ(alone.status, PathSumStatus::Finite);
  std::vector<TripEnds> ends;
  for (const Trip& trip : data.trips) ends.push_back({.origin = trip.origin, .destination = trip.destination});
  const std::vector<RoutePolicy> policies = LinkSizeModel(data, size_weights, 1).policies(weights, ends);
  for (const int threads : {2, 3, 7}) {
    LinkSizeModel model(data, size_weights, threads);
    const std::vector<RoutePolicy> others = model.policies(weights, ends);
    for (std::size_t t = 0; t < ends.size(); ++t)
      EXPECT_EQ(others[t].move_log_probs(), policies[t].move_log_probs()) << "trip " << t;
    EXPECT_EQ(model.curvature(weights).hessian, alone.hessian);
    EXPECT_EQ(model.evaluate(weights).gradient, gradient);
  }
}

TEST(LinkSizeModel, SaysWhyItHasNoValue) {
  RouteData data;
  data.network = network_of(3, {{0, 1}, {1, 0}, {1, 2}}, {{1}, {1}, {1}});
  data.destinations = {{.name = "d", .links = {2}}};
  data.trips = {make_trip(data, "a", 0, {0, 1, 2})};
  LinkSizeModel model(data, Eigen::VectorXd::Constant(1, -1.0));
  EXPECT_EQ(model.evaluate(Eigen::Vector2d(0.5, 0.0)).status, PathSumStatus::Divergent);
  EXPECT_GT(model.radius().lower, 1.0);
  EXPECT_EQ(model.evaluate(Eigen::Vector2d(0.0, 0.5)).status, PathSumStatus::Divergent)
      << "link size makes detours cheap";
  EXPECT_EQ(model.evaluate(Eigen::Vector2d(-1e300, 0.0)).status, PathSumStatus::OutOfRange);
  EXPECT_EQ(model.evaluate(Eigen::Vector2d(0.1, -0.5)).status, PathSumStatus::Finite) << "and dear";
  EXPECT_THROW(LinkSizeModel(data, Eigen::VectorXd::Constant(1, 0.5)), std::invalid_argument);
  data.trips.clear();
  EXPECT_THROW(LinkSizeModel(data, Eigen::VectorXd::Constant(1, -1.0)), std::invalid_argument);
}

}  // namespace
}  // namespace softrl::irl
