#include "irl/likelihood.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <stdexcept>

#include <Eigen/Eigenvalues>
#include <gtest/gtest.h>

#include "irl/generated_city.hpp"
#include "irl/maxent_policy.hpp"
#include "irl/route_files.hpp"
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
      Eigen::VectorXd expected(static_cast<Eigen::Index>(data.trips.size()));
      for (Eigen::Index t = 0; t < expected.size(); ++t) {
        const Trip& trip = data.trips[static_cast<std::size_t>(t)];
        expected(t) = -std::log(path_sums_by_length(data, trip.destination, weights, 400)(trip.origin));
        for (const int move : trip.moves) expected(t) += data.network.attributes.row(move).dot(weights);
      }
      const double tolerance = 1e-12 * (1.0 + expected.cwiseAbs().sum());
      Likelihood likelihood(data);
      const LikelihoodValue value = likelihood.evaluate(weights);
      ASSERT_EQ(value.status, PathSumStatus::Finite);
      EXPECT_NEAR(value.log_likelihood, expected.sum(), tolerance) << "seed " << seed;
      const Eigen::VectorXd trips = likelihood.curvature(weights).trip_log_likelihoods;
      EXPECT_LT((trips - expected).cwiseAbs().maxCoeff(), tolerance) << "seed " << seed;
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

// A feature that is the difference of a height at the ends of a move cancels along every path: with d at the same
// height as o the expected sum is exactly 0, which rounding must not turn into a refusal. Its total is known from o and
// d alone, so that the trips leave it no variance: score and Hessian are 0.
TEST(Likelihood, HeightsCancel) {
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      RouteData data = random_routes({}, ending, 20, seed);
      if (data.trips.empty()) continue;
      for (Destination& destination : data.destinations) destination.links.resize(1);
      std::erase_if(data.trips, [&](const Trip& trip) {
        return trip_links(data.network, trip).back() != data.destinations[trip.destination].links.front();
      });
      if (data.trips.empty()) continue;
      Random random(seed, "heights");
      Eigen::VectorXd height(data.network.link_count());
      for (double& h : height) h = random.below(2) == 0 ? 0.0 : 100.0 * random.normal();
      for (int m = 0; m < data.network.move_count(); ++m)
        data.network.attributes(m, 0) = height(data.network.to[m]) - height(data.network.from[m]);
      const LikelihoodCurvature value = Likelihood(data).curvature(Eigen::Vector3d(0.001, -1.0, std::log(0.3)));
      ASSERT_EQ(value.status, PathSumStatus::Finite) << "seed " << seed;
      EXPECT_LT(value.scores.col(0).cwiseAbs().maxCoeff(), 1e-9) << "seed " << seed;
      EXPECT_LT(value.hessian.col(0).cwiseAbs().maxCoeff(), 1e-6) << "seed " << seed;
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
      EXPECT_NEAR(curvature.log_likelihood, value.log_likelihood, 1e-12 * (1.0 + std::abs(value.log_likelihood)));
      EXPECT_LT((curvature.gradient - value.gradient).cwiseAbs().maxCoeff(), 1e-11) << "seed " << seed;
    }
  }
}

// The random walk's own weights, −log of the number of moves, give it a path sum of 1 wherever the destination is
// certain to be reached. The network has then the spectral radius 1, and only the end of the trips keeps the sums
// finite: each destination is factorised by itself, and everything above must hold there too.
TEST(Likelihood, HoldsWhereOnlyTheEndOfTripsKeepsTheSumsFinite) {
  int compared = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    RouteData data = random_routes({}, Ending::OnEntering, 20, seed);
    RoadNetwork& network = data.network;
    for (int m = 0; m < network.move_count(); ++m)
      network.attributes(m, 2) = std::log(network.out_degree(network.from[m]));
    const Eigen::Vector3d walk(0.0, 0.0, -1.0);
    if (data.trips.empty()) continue;
    Likelihood likelihood(data);
    const LikelihoodCurvature exact = likelihood.curvature(walk);
    if (exact.status != PathSumStatus::Finite) continue;  // a part without return, where the walk goes round for ever
    PathSum open(network, relevant_links(data));
    if (open.set_weights(walk) == PathSumStatus::Finite) continue;
    ++compared;
    const double h = 1e-6;
    double expected = feature_totals(data).dot(walk);
    for (const Trip& trip : data.trips)
      expected -= std::log(path_sums_by_length(data, trip.destination, walk, 5000)(trip.origin));
    EXPECT_NEAR(exact.log_likelihood, expected, 1e-10 * (1.0 + std::abs(expected))) << "seed " << seed;
    EXPECT_LT((likelihood.evaluate(walk).gradient - exact.gradient).cwiseAbs().maxCoeff(), 1e-9) << "seed " << seed;
    EXPECT_LT(likelihood.radius().upper, 1.0) << "seed " << seed;
    for (int j = 0; j < 3; ++j) {
      const Eigen::VectorXd step = h * Eigen::VectorXd::Unit(3, j);
      const LikelihoodValue above = likelihood.evaluate(walk + step), below = likelihood.evaluate(walk - step);
      const double scale = 1.0 + std::abs(exact.hessian(j, j));
      EXPECT_NEAR(exact.gradient(j), (above.log_likelihood - below.log_likelihood) / (2 * h), 1e-5 * scale) << seed;
      const Eigen::VectorXd column = (above.gradient - below.gradient) / (2 * h);
      EXPECT_LT((exact.hessian.col(j) - column).cwiseAbs().maxCoeff(), 1e-5 * scale * scale) << "seed " << seed;
    }
  }
  EXPECT_GT(compared, 5);
}

// Policies of all destinations share a factorisation where the whole network has one, and are those that each
// destination has by itself; at the second weights there is none, and each is factorised by itself anyway.
TEST(Likelihood, HasThePoliciesOfEachDestinationByItself) {
  int shared = 0, apart = 0;
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      const RouteData data = random_routes({}, ending, 20, seed);
      if (data.trips.empty()) continue;
      Likelihood likelihood(data, 2);
      for (const Eigen::Vector3d& weights : {Eigen::Vector3d(-0.3, 0.2, -1.5), Eigen::Vector3d(0.0, 0.0, -0.6)}) {
        std::vector<RoutePolicy> expected;
        try {
          for (const int d : {0, 1}) expected.push_back(maxent_policy(data, d, weights));
        } catch (const std::invalid_argument&) {
          continue;  // the sums diverge
        }
        PathSum all(data.network, std::vector<bool>(data.network.links.size(), true));
        ++(all.set_weights(weights) == PathSumStatus::Finite ? shared : apart);
        const auto policies = likelihood.policies(weights, {{0, 1}, {0, 0}, {1, 1}});
        for (std::size_t i = 0; i < 3; ++i) {
          const RoutePolicy& one = expected[i == 1 ? 0 : 1];
          EXPECT_EQ(policies[i].destination(), one.destination());
          for (const auto& [left, right] : {std::pair(policies[i].move_log_probs(), one.move_log_probs()),
                                            std::pair(policies[i].end_log_probs(), one.end_log_probs())})
            for (Eigen::Index k = 0; k < left.size(); ++k)
              EXPECT_TRUE(left(k) == right(k) || std::abs(left(k) - right(k)) < 1e-10) << seed;
        }
      }
    }
  }
  EXPECT_GT(shared, 10);
  EXPECT_GT(apart, 5);
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

// Where trips end on entering link 1, the cycle 0 ⇄ 1 cannot be driven: there is one path, whatever the weight,
// although the network itself has the spectral radius e^θ.
TEST(Likelihood, CyclesThroughADestinationAreNoneWhereTripsEndOnEntering) {
  RouteData data;
  data.network = network_of(2, {{0, 1}, {1, 0}}, {{1}, {1}});
  data.ending = Ending::OnEntering;
  data.destinations = {{.name = "1", .links = {1}}};
  data.trips = {make_trip(data, "a", 0, {0, 1})};
  Likelihood likelihood(data);
  for (const double weight : {-1.0, 0.0, 3.0}) {
    const LikelihoodCurvature value = likelihood.curvature(Eigen::VectorXd::Constant(1, weight));
    ASSERT_EQ(value.status, PathSumStatus::Finite) << weight;
    EXPECT_NEAR(value.log_likelihood, 0.0, 1e-14);
    EXPECT_NEAR(value.gradient(0), 0.0, 1e-14);
    EXPECT_NEAR(value.hessian(0, 0), 0.0, 1e-14);
    EXPECT_LT(likelihood.radius().upper, 1.0) << weight;
  }
}

// Trips to A drive 1 → A, trips to B 5 → B: neither ever turns back from A, so that each has one path, whatever the
// weight, although the links that matter for either hold the cycle 1 ⇄ A.
TEST(Likelihood, CyclesThroughOneDestinationAreNoneForAnother) {
  RouteData data;  // 0 = link 1, 1 = A, 2 = link 5, 3 = B
  data.network = network_of(4, {{0, 1}, {1, 0}, {2, 3}}, {{1}, {1}, {1}});
  data.ending = Ending::OnEntering;
  data.destinations = {{.name = "A", .links = {1}}, {.name = "B", .links = {3}}};
  data.trips = {make_trip(data, "a", 0, {0, 1}), make_trip(data, "b", 1, {2, 3})};
  Likelihood likelihood(data);
  for (const double weight : {-1.0, 0.1, 3.0, 800.0}) {
    const LikelihoodValue value = likelihood.evaluate(Eigen::VectorXd::Constant(1, weight));
    ASSERT_EQ(value.status, PathSumStatus::Finite) << weight;
    EXPECT_NEAR(value.log_likelihood, 0.0, 1e-12);
    EXPECT_NEAR(value.gradient(0), 0.0, 1e-12);
    EXPECT_LT(likelihood.radius().upper, 1.0) << weight;
  }
}

// The domain, destination by destination from its definition (docs/math.md 4.4): the spectral radius of M, dense, on
// the links that origins reach and that reach the destination, without driving on from it where trips end on entering.
TEST(Likelihood, IsFiniteExactlyWhereEveryDestinationIs) {
  int finite = 0, divergent = 0;
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
      const RouteData data = random_routes({.links = 6, .max_moves = 2}, ending, 3, seed);
      if (data.trips.empty()) continue;
      const RoadNetwork& network = data.network;
      const int links = network.link_count();
      Random random(seed, "weights");
      const Eigen::Vector3d weights(random.uniform(-2.0, 1.0), random.uniform(-2.0, 1.0), random.uniform(-1.0, 1.0));
      double radius = 0.0;
      for (int d = 0; d < 2; ++d) {
        const auto& ends = data.destinations[d].links;
        Eigen::MatrixXd m = Eigen::MatrixXd::Zero(links, links);
        for (int i = 0; i < network.move_count(); ++i)
          if (ending == Ending::ByMove || network.from[i] != ends.front())
            m(network.from[i], network.to[i]) = std::exp(network.attributes.row(i).dot(weights));
        // Which links a path of any length connects.
        Eigen::MatrixXd ways = Eigen::MatrixXd::Identity(links, links) + m;
        for (int squared = 0; squared < 4; ++squared) ways = (ways * ways).cwiseSign();
        Eigen::VectorXd from_origin = Eigen::VectorXd::Zero(links), to_end = Eigen::VectorXd::Zero(links);
        for (const Trip& trip : data.trips)
          if (trip.destination == d) from_origin += ways.row(trip.origin).transpose();
        for (const int end : ends) to_end += ways.col(end);
        const Eigen::VectorXd relevant = from_origin.cwiseProduct(to_end).cwiseSign();
        const Eigen::MatrixXd restricted = m.cwiseProduct(relevant * relevant.transpose());
        radius = std::max(radius, restricted.eigenvalues().cwiseAbs().maxCoeff());
      }
      Likelihood likelihood(data);
      const PathSumStatus status = likelihood.evaluate(weights).status;
      if (radius < 1.0 - 1e-9) {
        EXPECT_EQ(status, PathSumStatus::Finite) << "seed " << seed << " radius " << radius;
        EXPECT_LT(likelihood.radius().upper, 1.0) << "seed " << seed;
        ++finite;
      } else if (radius > 1.0 + 1e-9) {
        EXPECT_EQ(status, PathSumStatus::Divergent) << "seed " << seed << " radius " << radius;
        EXPECT_NEAR(likelihood.radius().upper / radius, 1.0, 1e-6) << "seed " << seed;
        ++divergent;
      }
    }
  }
  EXPECT_GT(finite, 100);
  EXPECT_GT(divergent, 100);
}

// Raising every move's utility by a constant changes the probabilities of paths of different lengths only: on a layered
// network, whose paths from 0 to 9 all have three moves, nothing changes, although the path sums are far beyond the
// range of double precision or, at −247, among its last few numbers.
TEST(Likelihood, DoesNotDependOnHowFarPathSumsAreFromOne) {
  for (const Ending ending : endings) {
    const RouteData data = layered_routes(ending);
    Likelihood likelihood(data);
    const LikelihoodCurvature near = likelihood.curvature(Eigen::Vector2d(-1.0, -1.0));
    ASSERT_EQ(near.status, PathSumStatus::Finite);
    for (const double constant : {-5000.0, -247.0, -230.0, 230.0, 400.0, 5000.0}) {
      const Eigen::Vector2d weights(-1.0, constant);
      const LikelihoodCurvature far = likelihood.curvature(weights);
      ASSERT_EQ(far.status, PathSumStatus::Finite) << constant;
      EXPECT_NEAR(far.log_likelihood, near.log_likelihood, 1e-9) << constant;
      EXPECT_LT((far.gradient - near.gradient).cwiseAbs().maxCoeff(), 1e-9) << constant;
      EXPECT_LT((far.hessian - near.hessian).cwiseAbs().maxCoeff(), 1e-9) << constant;
      EXPECT_LT((far.trip_log_likelihoods - near.trip_log_likelihoods).cwiseAbs().maxCoeff(), 1e-9) << constant;
      EXPECT_LT((likelihood.evaluate(weights).gradient - near.gradient).cwiseAbs().maxCoeff(), 1e-9) << constant;
      EXPECT_EQ(likelihood.radius().upper, 0.0) << constant;  // no cycles
    }
  }
}

TEST(Likelihood, IsTheSameToTheLastBitOnAnyNumberOfThreads) {
  const CityOptions options{.rows = 6, .columns = 6, .destinations = 30, .trips = 200};
  const RouteData city = generate_city(options);
  const LikelihoodCurvature alone = Likelihood(city, 1).curvature(options.weights);
  const Eigen::VectorXd gradient = Likelihood(city, 1).evaluate(options.weights).gradient;
  ASSERT_EQ(alone.status, PathSumStatus::Finite);
  for (const int threads : {2, 3, 7}) {
    Likelihood likelihood(city, threads);
    EXPECT_EQ(likelihood.curvature(options.weights).hessian, alone.hessian);
    EXPECT_EQ(likelihood.evaluate(options.weights).gradient, gradient);
  }
}

// Sweeps need no factors, and find the same.
TEST(Likelihood, IsTheSameByFactorsAndBySweeps) {
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const RouteData data = random_routes({.links = 20}, ending, 40, seed);
      if (data.trips.empty()) continue;
      const Eigen::VectorXd weights = feasible_weights(seed);
      const LikelihoodCurvature direct = Likelihood(data, 1, PathSolver::Direct).curvature(weights);
      Likelihood iterative(data, 1, PathSolver::Iterative);
      const LikelihoodCurvature swept = iterative.curvature(weights);
      const LikelihoodValue value = iterative.evaluate(weights);
      ASSERT_EQ(swept.status, PathSumStatus::Finite);
      EXPECT_LT((swept.trip_log_likelihoods - direct.trip_log_likelihoods).cwiseAbs().maxCoeff(), 1e-9) << seed;
      EXPECT_LT((swept.scores - direct.scores).cwiseAbs().maxCoeff(), 1e-9) << "seed " << seed;
      EXPECT_LT((swept.hessian - direct.hessian).cwiseAbs().maxCoeff(), 1e-7) << "seed " << seed;
      EXPECT_NEAR(value.log_likelihood, direct.log_likelihood, 1e-9) << "seed " << seed;
      EXPECT_LT((value.gradient - direct.gradient).cwiseAbs().maxCoeff(), 1e-8) << "seed " << seed;
      const Eigen::Vector3d cheap(1.0, 1.0, 0.5);
      EXPECT_EQ(iterative.evaluate(cheap).status == PathSumStatus::Finite,
                Likelihood(data, 1, PathSolver::Direct).evaluate(cheap).status == PathSumStatus::Finite)
          << "seed " << seed;
    }
    const RouteData layers = layered_routes(ending);
    for (const double constant : {-5000.0, 0.0, 5000.0}) {
      const Eigen::Vector2d weights(-1.0, constant);
      const LikelihoodCurvature direct = Likelihood(layers, 1, PathSolver::Direct).curvature(weights);
      const LikelihoodCurvature swept = Likelihood(layers, 1, PathSolver::Iterative).curvature(weights);
      ASSERT_EQ(swept.status, PathSumStatus::Finite);
      EXPECT_NEAR(swept.log_likelihood, direct.log_likelihood, 1e-9);
      EXPECT_LT((swept.hessian - direct.hessian).cwiseAbs().maxCoeff(), 1e-9);
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
  EXPECT_EQ(likelihood.evaluate(Eigen::VectorXd::Constant(1, -1e300)).status, PathSumStatus::OutOfRange);
  data.network.attributes *= 1e200;
  EXPECT_EQ(likelihood.evaluate(Eigen::VectorXd::Constant(1, 1e200)).status, PathSumStatus::OutOfRange);
  EXPECT_TRUE(std::isinf(likelihood.radius().upper));
  data.network.attributes /= 1e200;
  EXPECT_EQ(likelihood.evaluate(Eigen::VectorXd::Constant(1, -1.0)).status, PathSumStatus::Finite);
  data.trips.clear();
  EXPECT_THROW(Likelihood{data}, std::invalid_argument);
}

// Two ways of summing over paths that have nothing in common but the sums.
TEST(LikelihoodSlow, SweepsAgreeWithFactorsOnTheTripsOfBorlange) {
  const std::filesystem::path folder = data_folder() / "borlange";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no data at " << folder << "; set SOFTRL_DATA";
  const RouteData data =
      read_routes(read_study(std::filesystem::path(SOFTRL_SOURCE_DIR) / "examples/borlange.toml"), folder);
  const Eigen::Vector4d costs(-2.5, -1.0, -0.4, -4.0);
  const LikelihoodValue factors = Likelihood(data, 0, PathSolver::Direct).evaluate(costs);
  const LikelihoodValue sweeps = Likelihood(data, 0, PathSolver::Iterative).evaluate(costs);
  ASSERT_EQ(factors.status, PathSumStatus::Finite);
  ASSERT_EQ(sweeps.status, PathSumStatus::Finite);
  EXPECT_NEAR(sweeps.log_likelihood, factors.log_likelihood, 1e-9);
  EXPECT_LT((sweeps.gradient - factors.gradient).cwiseAbs().maxCoeff(), 1e-7);
}

}  // namespace
}  // namespace softrl::irl
