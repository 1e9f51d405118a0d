#include "irl/nested.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>

#include <Eigen/Cholesky>
#include <Eigen/SparseLU>
#include <gtest/gtest.h>

#include "irl/fit.hpp"
#include "irl/likelihood.hpp"
#include "irl/link_size.hpp"
#include "irl/route_files.hpp"
#include "irl/study.hpp"
#include "small_networks.hpp"

namespace softrl::irl {
namespace {

constexpr Ending endings[] = {Ending::ByMove, Ending::OnEntering};
constexpr double never = -std::numeric_limits<double>::infinity();

// Random routes whose scales depend on two attributes of the link left: one that is uniform on [−1, 1], and the
// number of moves.
RouteData nested_routes(Ending ending, int trips, std::uint64_t seed, const RandomNetworkOptions& options = {}) {
  RouteData data = random_routes(options, ending, trips, seed);
  Random random(seed, "scales");
  data.scales = {"scale", "out_degree"};
  data.scale_attributes.resize(data.network.link_count(), 2);
  for (int k = 0; k < data.network.link_count(); ++k)
    data.scale_attributes.row(k) << random.uniform(-1.0, 1.0), data.network.out_degree(k);
  return data;
}

// Scales between exp(−0.5 − 0.15) and exp(0.5).
Eigen::VectorXd feasible_weights(std::uint64_t seed) {
  Random random(seed, "weights");
  Eigen::VectorXd weights(5);
  weights << random.uniform(-2.0, 0.0), random.uniform(-2.0, 0.0), 2.0 * std::log(0.3), random.uniform(-0.5, 0.5),
      random.uniform(-0.05, 0.0);
  return weights;
}

struct Model {
  Eigen::VectorXd utilities, scales;
};
Model model_of(const RouteData& data, const Eigen::VectorXd& weights) {
  const auto features = data.network.attributes.cols();
  return {.utilities = data.network.attributes * weights.head(features),
          .scales = (data.scale_attributes * weights.tail(weights.size() - features)).array().exp()};
}

// V by `sweeps` sweeps of its equation from −∞, written as it stands: from below.
Eigen::VectorXd swept_values(const RouteData& data, int destination, const Model& model, int sweeps) {
  const RoadNetwork& network = data.network;
  Eigen::VectorXd values = Eigen::VectorXd::Constant(network.link_count(), never);
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    Eigen::VectorXd next(values.size());
    for (int k = 0; k < network.link_count(); ++k) {
      double sum = 0.0;
      for (int m = network.first_move[k]; m < network.first_move[k + 1]; ++m)
        sum += std::exp((model.utilities(m) + values(network.to[m])) / model.scales(k));
      const auto& ends = data.destinations[destination].links;
      const bool may_end = std::find(ends.begin(), ends.end(), k) != ends.end();
      if (may_end) sum = data.ending == Ending::OnEntering ? 1.0 : sum + 1.0;
      next(k) = model.scales(k) * std::log(sum);
    }
    values = next;
  }
  return values;
}

double log_probability(const RouteData& data, const Trip& trip, const Model& model, const Eigen::VectorXd& values) {
  double sum = 0.0;
  int link = trip.origin;
  for (const int m : trip.moves) {
    sum += (model.utilities(m) + values(data.network.to[m]) - values(link)) / model.scales(link);
    link = data.network.to[m];
  }
  return sum - values(link) / model.scales(link);
}

TEST(NestedLikelihood, OfUnitScalesIsMaxent) {
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const RouteData data = nested_routes(ending, 20, seed);
      if (data.trips.empty()) continue;
      Eigen::VectorXd weights = feasible_weights(seed);
      weights.tail(2).setZero();
      NestedLikelihood nested(data);
      Likelihood maxent(data);
      const LikelihoodValue value = nested.evaluate(weights);
      ASSERT_EQ(value.status, PathSumStatus::Finite) << seed;
      const LikelihoodCurvature curvature = nested.curvature(weights), expected = maxent.curvature(weights.head(3));
      EXPECT_NEAR(value.log_likelihood, expected.log_likelihood, 1e-10);
      EXPECT_NEAR(curvature.log_likelihood, expected.log_likelihood, 1e-10);
      EXPECT_LT((value.gradient.head(3) - expected.gradient).cwiseAbs().maxCoeff(), 1e-10) << seed;
      EXPECT_LT((curvature.gradient - value.gradient).cwiseAbs().maxCoeff(), 1e-10) << seed;
      EXPECT_LT((curvature.hessian.topLeftCorner(3, 3) - expected.hessian).cwiseAbs().maxCoeff(), 1e-10) << seed;
      EXPECT_LT((curvature.scores.leftCols(3) - expected.scores).cwiseAbs().maxCoeff(), 1e-10) << seed;
      EXPECT_LT((curvature.trip_log_likelihoods - expected.trip_log_likelihoods).cwiseAbs().maxCoeff(), 1e-10) << seed;
      const SpectralRadius radius = nested.radius(), of_maxent = maxent.radius();
      EXPECT_NEAR(radius.upper, of_maxent.upper, 1e-8) << seed;
      EXPECT_NEAR(radius.lower, of_maxent.lower, 1e-8) << seed;
    }
  }
}

TEST(NestedLikelihood, IsWhatPlainSweepsConvergeTo) {
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const RouteData data = nested_routes(ending, 20, seed);
      if (data.trips.empty()) continue;
      const Eigen::VectorXd weights = feasible_weights(seed);
      NestedLikelihood nested(data);
      const LikelihoodCurvature value = nested.curvature(weights);
      ASSERT_EQ(value.status, PathSumStatus::Finite) << seed;
      const Model model = model_of(data, weights);
      for (std::size_t t = 0; t < data.trips.size(); ++t) {
        const Trip& trip = data.trips[t];
        const double expected = log_probability(data, trip, model, swept_values(data, trip.destination, model, 300));
        EXPECT_NEAR(value.trip_log_likelihoods(static_cast<Eigen::Index>(t)), expected, 1e-10 * (1.0 - expected))
            << "seed " << seed;
      }
    }
  }
}

// Central differences of step h are right to h² times the third derivative.
TEST(NestedLikelihood, GradientAndHessianAgreeWithDifferences) {
  const double h = 1e-5;
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const RouteData data = nested_routes(ending, 20, seed);
      if (data.trips.empty()) continue;
      NestedLikelihood nested(data);
      const Eigen::VectorXd weights = feasible_weights(seed);
      const LikelihoodCurvature exact = nested.curvature(weights);
      ASSERT_EQ(exact.status, PathSumStatus::Finite);
      EXPECT_LT((nested.evaluate(weights).gradient - exact.gradient).cwiseAbs().maxCoeff(), 1e-9) << seed;
      for (int j = 0; j < 5; ++j) {
        const Eigen::VectorXd step = h * Eigen::VectorXd::Unit(5, j);
        const LikelihoodValue above = nested.evaluate(weights + step), below = nested.evaluate(weights - step);
        const double scale = 1.0 + std::abs(exact.hessian(j, j));
        EXPECT_NEAR(exact.gradient(j), (above.log_likelihood - below.log_likelihood) / (2 * h), 1e-7 * scale) << seed;
        const Eigen::VectorXd column = (above.gradient - below.gradient) / (2 * h);
        EXPECT_LT((exact.hessian.col(j) - column).cwiseAbs().maxCoeff(), 1e-6 * scale) << "seed " << seed;
      }
    }
  }
}

// Link 0 leads to the nests 1 and 2, these to the alternatives 3, 4, 5 and 6, 7, from all of which one enters 8. That
// is the nested logit of the textbooks with the dissimilarity parameters μ(1) and μ(2): with the inclusive values I =
// log Σ exp(v / μ), P(alternative) = exp(v / μ − I) · exp(μ I) / Σ over nests of exp(μ I).
TEST(NestedLikelihood, OfAStarIsTheNestedLogit) {
  const std::vector<double> v{-1.0, -0.5, -2.0, -0.7, -1.1};  // of 3 … 7
  std::vector<std::pair<int, int>> moves{{0, 1}, {0, 2}};
  std::vector<std::vector<double>> features{{0}, {0}};
  for (int alternative = 3; alternative < 8; ++alternative) {
    moves.emplace_back(alternative < 6 ? 1 : 2, alternative);
    features.push_back({v[static_cast<std::size_t>(alternative - 3)]});
    moves.emplace_back(alternative, 8);
    features.push_back({0});
  }
  for (const Ending ending : endings) {
    RouteData data;
    data.network = network_of(9, moves, features);
    data.ending = ending;
    data.destinations = {{.name = "8", .links = {8}}};
    for (int a = 3; a < 8; ++a)
      data.trips.push_back(make_trip(data, fmt::format("{}", a), 0, {0, a < 6 ? 1 : 2, a, 8}));
    data.scales = {"first nest", "second nest"};
    data.scale_attributes = RowMatrix::Zero(9, 2);
    data.scale_attributes(1, 0) = data.scale_attributes(2, 1) = 1.0;
    NestedLikelihood nested(data);
    for (const auto& [first, second] : {std::pair(0.5, 0.8), std::pair(1.0, 0.2), std::pair(0.01, 1.7)}) {
      const LikelihoodCurvature value = nested.curvature(Eigen::Vector3d(1.0, std::log(first), std::log(second)));
      ASSERT_EQ(value.status, PathSumStatus::Finite);
      const auto inclusive = [&](std::size_t begin, std::size_t end, double mu) {
        double sum = 0.0;
        for (std::size_t i = begin; i < end; ++i) sum += std::exp(v[i] / mu);
        return std::log(sum);
      };
      const double i1 = inclusive(0, 3, first), i2 = inclusive(3, 5, second);
      const double all = std::log(std::exp(first * i1) + std::exp(second * i2));
      for (std::size_t a = 0; a < 5; ++a) {
        const double mu = a < 3 ? first : second, i = a < 3 ? i1 : i2;
        EXPECT_NEAR(value.trip_log_likelihoods(static_cast<Eigen::Index>(a)), v[a] / mu - i + mu * i - all, 1e-12);
      }
    }
  }
}

// Every way through a network without cycles, each with the product of its probabilities.
TEST(NestedLikelihood, ProbabilitiesOfAllPathsSumToOne) {
  for (const Ending ending : endings) {
    int summed = 0;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const RouteData data = nested_routes(ending, 10, seed, {.links = 12, .max_moves = 4, .acyclic = true});
      if (data.trips.empty()) continue;
      NestedLikelihood nested(data);
      const Eigen::VectorXd weights = feasible_weights(seed);
      for (const Trip& trip : data.trips) {
        const RoutePolicy policy =
            nested.policies(weights, {{.origin = trip.origin, .destination = trip.destination}}).front();
        const std::function<double(int)> total = [&](int link) {
          double sum = std::exp(policy.end_log_probs()(link));
          for (int m = data.network.first_move[link]; m < data.network.first_move[link + 1]; ++m)
            if (policy.move_log_probs()(m) != never)
              sum += std::exp(policy.move_log_probs()(m)) * total(data.network.to[m]);
          return sum;
        };
        EXPECT_NEAR(total(trip.origin), 1.0, 1e-12) << seed;
        ++summed;
      }
    }
    EXPECT_GT(summed, 50);
  }
}

TEST(NestedLikelihood, PoliciesAreThoseOfTheLikelihood) {
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const RouteData data = nested_routes(ending, 20, seed);
      if (data.trips.empty()) continue;
      NestedLikelihood nested(data);
      const Eigen::VectorXd weights = feasible_weights(seed);
      const Eigen::VectorXd expected = nested.curvature(weights).trip_log_likelihoods;
      std::vector<TripEnds> ends;
      for (const Trip& trip : data.trips) ends.push_back({.origin = trip.origin, .destination = trip.destination});
      const std::vector<RoutePolicy> policies = nested.policies(weights, ends);
      ASSERT_EQ(policies.size(), data.trips.size());
      for (std::size_t t = 0; t < policies.size(); ++t) {
        const double log_p = expected(static_cast<Eigen::Index>(t));
        EXPECT_NEAR(policies[t].log_prob(data.trips[t]), log_p, 1e-10 * (1.0 - log_p)) << seed;
      }
    }
  }
}

// Weights at which link sizes are computed, and those of a model that has them: its weight stands between θ and ω.
const Eigen::Vector3d link_size_weights(-1.0, -0.5, -2.0);
Eigen::VectorXd with_link_size(const Eigen::VectorXd& weights, double weight) {
  Eigen::VectorXd result(weights.size() + 1);
  result << weights.head(3), weight, weights.tail(weights.size() - 3);
  return result;
}

TEST(NestedWithLinkSize, OfUnitScalesIsTheLinkSizeModel) {
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      const RouteData data = nested_routes(ending, 20, seed);
      if (data.trips.empty()) continue;
      Eigen::VectorXd weights = with_link_size(feasible_weights(seed), -0.7);
      weights.tail(2).setZero();
      NestedLikelihood nested(data, link_size_weights);
      LinkSizeModel model(data, link_size_weights);
      EXPECT_TRUE(nested.origin_matters());
      const LikelihoodValue value = nested.evaluate(weights);
      ASSERT_EQ(value.status, PathSumStatus::Finite) << seed;
      const LikelihoodCurvature curvature = nested.curvature(weights), expected = model.curvature(weights.head(4));
      EXPECT_NEAR(value.log_likelihood, expected.log_likelihood, 1e-10);
      EXPECT_LT((value.gradient.head(4) - expected.gradient).cwiseAbs().maxCoeff(), 1e-10) << seed;
      EXPECT_LT((curvature.hessian.topLeftCorner(4, 4) - expected.hessian).cwiseAbs().maxCoeff(), 1e-10) << seed;
      EXPECT_LT((curvature.scores.leftCols(4) - expected.scores).cwiseAbs().maxCoeff(), 1e-10) << seed;
      EXPECT_LT((curvature.trip_log_likelihoods - expected.trip_log_likelihoods).cwiseAbs().maxCoeff(), 1e-10) << seed;
      const FeatureSummary features = nested.features(), of_model = model.features();
      EXPECT_LT((features.unit_costs.head(4) - of_model.unit_costs).cwiseAbs().maxCoeff(), 1e-12);
      EXPECT_LT((features.largest.head(4) - of_model.largest).cwiseAbs().maxCoeff(), 1e-12);
      EXPECT_LT((features.trip_squares.head(4) - of_model.trip_squares).cwiseAbs().maxCoeff(), 1e-9);
    }
  }
}

TEST(NestedWithLinkSize, OfWeightZeroIsNested) {
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      const RouteData data = nested_routes(ending, 20, seed);
      if (data.trips.empty()) continue;
      NestedLikelihood with(data, link_size_weights), without(data);
      const Eigen::VectorXd weights = feasible_weights(seed);
      const LikelihoodCurvature a = with.curvature(with_link_size(weights, 0.0)), b = without.curvature(weights);
      ASSERT_EQ(a.status, PathSumStatus::Finite);
      const std::vector<int> shared{0, 1, 2, 4, 5};
      EXPECT_LT((a.trip_log_likelihoods - b.trip_log_likelihoods).cwiseAbs().maxCoeff(), 1e-10) << seed;
      EXPECT_LT((a.gradient(shared) - b.gradient).cwiseAbs().maxCoeff(), 1e-9) << seed;
      EXPECT_LT((a.hessian(shared, shared) - b.hessian).cwiseAbs().maxCoeff(), 1e-8) << seed;
    }
  }
}

// Trip by trip, with the link sizes of its two ends added to the utilities; and the slopes of that. The sweeps are
// those of links from which the destination can be reached at all: for the pair, link sizes elsewhere are 0.
TEST(NestedWithLinkSize, IsWhatPlainSweepsConvergeTo) {
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      const RouteData data = nested_routes(ending, 8, seed);
      if (data.trips.empty()) continue;
      std::vector<TripEnds> ends;
      for (const Trip& trip : data.trips) ends.push_back({.origin = trip.origin, .destination = trip.destination});
      const Eigen::MatrixXd sizes = link_sizes(data, link_size_weights, ends);
      const auto plain = [&](const Eigen::VectorXd& weights) {
        Eigen::VectorXd log_p(static_cast<Eigen::Index>(data.trips.size()));
        Eigen::VectorXd others(5);
        others << weights.head(3), weights.tail(2);
        for (Eigen::Index t = 0; t < log_p.size(); ++t) {
          Model model = model_of(data, others);
          for (int m = 0; m < data.network.move_count(); ++m)
            model.utilities(m) += weights(3) * sizes(data.network.to[m], t);
          const Trip& trip = data.trips[static_cast<std::size_t>(t)];
          log_p(t) = log_probability(data, trip, model, swept_values(data, trip.destination, model, 300));
        }
        return log_p;
      };
      const Eigen::VectorXd weights = with_link_size(feasible_weights(seed), -0.7);
      NestedLikelihood nested(data, link_size_weights);
      const LikelihoodCurvature value = nested.curvature(weights);
      ASSERT_EQ(value.status, PathSumStatus::Finite) << seed;
      const Eigen::VectorXd expected = plain(weights);
      EXPECT_LT((value.trip_log_likelihoods - expected).cwiseAbs().maxCoeff(), 1e-9) << seed;
      EXPECT_NEAR(nested.evaluate(weights).log_likelihood, expected.sum(), 1e-8) << seed;
      EXPECT_LT((nested.evaluate(weights).gradient - value.gradient).cwiseAbs().maxCoeff(), 1e-9) << seed;
      for (int j = 0; j < 6; ++j) {
        const double h = 1e-5;
        const Eigen::VectorXd step = h * Eigen::VectorXd::Unit(6, j);
        const Eigen::VectorXd slope = (plain(weights + step) - plain(weights - step)) / (2 * h);
        const double scale = 1.0 + std::abs(value.hessian(j, j));
        EXPECT_LT((value.scores.col(j) - slope).cwiseAbs().maxCoeff(), 1e-7 * scale) << "seed " << seed;
        const Eigen::VectorXd column =
            (nested.evaluate(weights + step).gradient - nested.evaluate(weights - step).gradient) / (2 * h);
        EXPECT_LT((value.hessian.col(j) - column).cwiseAbs().maxCoeff(), 1e-6 * scale) << "seed " << seed;
      }
    }
  }
}

TEST(NestedWithLinkSize, PoliciesAreThoseOfTheLikelihood) {
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      const RouteData data = nested_routes(ending, 20, seed);
      if (data.trips.empty()) continue;
      NestedLikelihood nested(data, link_size_weights);
      const Eigen::VectorXd weights = with_link_size(feasible_weights(seed), -0.7);
      const Eigen::VectorXd expected = nested.curvature(weights).trip_log_likelihoods;
      std::vector<TripEnds> ends;
      for (const Trip& trip : data.trips) ends.push_back({.origin = trip.origin, .destination = trip.destination});
      const std::vector<RoutePolicy> policies = nested.policies(weights, ends);
      ASSERT_EQ(policies.size(), data.trips.size());
      for (std::size_t t = 0; t < policies.size(); ++t) {
        const double log_p = expected(static_cast<Eigen::Index>(t));
        EXPECT_NEAR(policies[t].log_prob(data.trips[t]), log_p, 1e-10 * (1.0 - log_p)) << seed;
        for (int k = 0; k < data.network.link_count(); ++k) {
          if (!policies[t].reaches_from(k)) continue;
          double sum = std::exp(policies[t].end_log_probs()(k));
          for (int m = data.network.first_move[k]; m < data.network.first_move[k + 1]; ++m)
            sum += std::exp(policies[t].move_log_probs()(m));
          EXPECT_NEAR(sum, 1.0, 1e-12);
        }
      }
    }
  }
}

// That of the pair that matters lies between the bounds, and says the same as whether there are values.
TEST(NestedWithLinkSize, IsFiniteWhereItsRadiusAllowsIt) {
  int finite = 0, divergent = 0;
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      const RouteData data = nested_routes(ending, 3, seed, {.links = 6, .max_moves = 3});
      if (data.trips.empty()) continue;
      Random random(seed, "wide weights");
      Eigen::VectorXd weights(6);
      for (int j = 0; j < 6; ++j) weights(j) = j < 4 ? random.uniform(-1.0, 0.5) : random.uniform(-0.3, 0.3);
      NestedLikelihood nested(data, link_size_weights);
      const PathSumStatus status = nested.evaluate(weights).status;
      const SpectralRadius radius = nested.radius();
      ASSERT_EQ(radius.status, Status::Converged) << seed;
      EXPECT_LE(radius.lower, radius.upper * (1.0 + 1e-9)) << seed;
      if (status == PathSumStatus::Finite) {
        EXPECT_LT(radius.lower, 1.0) << seed;
        ++finite;
      } else {
        EXPECT_EQ(status, PathSumStatus::Divergent) << seed;
        EXPECT_GE(radius.lower, 1.0) << seed;
        std::vector<TripEnds> ends;
        for (const Trip& trip : data.trips) ends.push_back({.origin = trip.origin, .destination = trip.destination});
        EXPECT_THROW(nested.policies(weights, ends), std::invalid_argument);
        ++divergent;
      }
    }
  }
  EXPECT_GT(finite, 20);
  EXPECT_GT(divergent, 10);
}

// n links of which each leads to all, at a cost of c a move and with scales of μ: who never ends gains μ log n − c a
// move.
TEST(NestedLikelihood, IsFiniteExactlyWhereDetoursDoNotPay) {
  constexpr int n = 6;
  std::vector<std::pair<int, int>> moves;
  for (int k = 0; k < n; ++k)
    for (int a = 0; a < n; ++a) moves.emplace_back(k, a);
  RouteData data;
  data.network = network_of(n, moves, std::vector<std::vector<double>>(moves.size(), {1}));
  data.destinations = {{.name = "d", .links = {n - 1}}};
  data.trips = {make_trip(data, "a", 0, {0, 1, n - 1})};
  data.scales = {"scale"};
  data.scale_attributes = RowMatrix::Ones(n, 1);
  NestedLikelihood nested(data);
  for (const double mu : {0.1, 0.5, 1.0, 3.0}) {
    for (const double above : {-1.0, -1e-3, -1e-4, 1e-4, 1e-3, 1.0}) {
      const Eigen::Vector2d weights(-mu * std::log(n) + above, std::log(mu));
      EXPECT_EQ(nested.evaluate(weights).status, above < 0.0 ? PathSumStatus::Finite : PathSumStatus::Divergent)
          << mu << " " << above;
      EXPECT_NEAR(nested.radius().lower, std::exp(above), 1e-8);
      EXPECT_NEAR(nested.radius().upper, std::exp(above), 1e-8);
      EXPECT_EQ(nested.curvature(weights).status == PathSumStatus::Finite, above < 0.0);
    }
  }
}

// The domain against its definition: sweeps from below converge, or go on rising by the growth of trips that never end.
TEST(NestedLikelihood, IsFiniteExactlyWhereSweepsStayFinite) {
  int finite = 0, divergent = 0;
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      const RouteData data = nested_routes(ending, 3, seed, {.links = 6, .max_moves = 3});
      if (data.trips.empty()) continue;
      Random random(seed, "wide weights");
      Eigen::VectorXd weights(5);
      for (double& weight : weights) weight = random.uniform(-1.0, 0.5);
      const Model model = model_of(data, weights);
      double rise = 0.0;
      for (const Trip& trip : data.trips) {
        const double later = swept_values(data, trip.destination, model, 3000)(trip.origin);
        const double before = swept_values(data, trip.destination, model, 1500)(trip.origin);
        rise = std::max(rise, std::isinf(later) ? later : later - before);  // exp overflows
      }
      NestedLikelihood nested(data);
      const PathSumStatus status = nested.evaluate(weights).status;
      const SpectralRadius radius = nested.radius();
      ASSERT_EQ(radius.status, Status::Converged) << seed;
      EXPECT_EQ(status == PathSumStatus::Finite, radius.upper < 1.0) << "seed " << seed;
      if (radius.lower > 1.01) {
        EXPECT_GT(rise, 10.0) << "seed " << seed;
        EXPECT_EQ(status, PathSumStatus::Divergent) << "seed " << seed;
        ++divergent;
      } else if (radius.upper < 0.99) {
        EXPECT_LT(rise, 1e-3) << "seed " << seed;
        ++finite;
      }
    }
  }
  EXPECT_GT(finite, 25);
  EXPECT_GT(divergent, 25);
}

// As for maxent (Likelihood.DoesNotDependOnHowFarPathSumsAreFromOne): on layers, whose paths have as many moves each, a
// constant utility of every move changes nothing.
TEST(NestedLikelihood, DoesNotDependOnHowFarValuesAreFromZero) {
  for (const Ending ending : endings) {
    RouteData data = layered_routes(ending);
    Random random(3, "scales");
    data.scales = {"scale"};
    data.scale_attributes.resize(10, 1);
    for (int k = 0; k < 9; ++k) data.scale_attributes(k, 0) = random.uniform();
    data.scale_attributes(9, 0) = -20.0;  // where trips end nothing is left to choose, unless one may drive on
    NestedLikelihood nested(data);
    const LikelihoodCurvature near = nested.curvature(Eigen::Vector3d(-1.0, -1.0, -0.5));
    ASSERT_EQ(near.status, PathSumStatus::Finite);
    for (const double constant : {-5000.0, 5000.0}) {
      const LikelihoodCurvature far = nested.curvature(Eigen::Vector3d(-1.0, constant, -0.5));
      ASSERT_EQ(far.status, PathSumStatus::Finite) << constant;
      EXPECT_NEAR(far.log_likelihood, near.log_likelihood, 1e-9) << constant;
      EXPECT_LT((far.gradient - near.gradient).cwiseAbs().maxCoeff(), 1e-8) << constant;
      EXPECT_LT((far.hessian - near.hessian).cwiseAbs().maxCoeff(), 1e-7) << constant;
    }
  }
}

TEST(NestedLikelihood, IsTheSameForAnyNumberOfThreads) {
  RouteData data = nested_routes(Ending::ByMove, 60, 4);
  const std::vector<Trip> trips = data.trips;
  for (int copies = 0; copies < 20; ++copies) {  // destinations of their own, so that there are several blocks
    const int d = static_cast<int>(data.destinations.size());
    data.destinations.push_back(data.destinations[0]);
    for (Trip trip : trips) {
      if (trip.destination != 0) continue;
      trip.destination = d;
      data.trips.push_back(trip);
    }
  }
  NestedLikelihood one(data, 1), four(data, 4);
  Eigen::VectorXd infeasible = feasible_weights(4);
  infeasible(2) = 1.0;
  for (const Eigen::VectorXd& weights : {feasible_weights(4), infeasible, feasible_weights(5)}) {
    const LikelihoodValue a = one.evaluate(weights), b = four.evaluate(weights);
    ASSERT_EQ(a.status, b.status);
    EXPECT_EQ(a.log_likelihood, b.log_likelihood);
    EXPECT_EQ(a.gradient, b.gradient);
    const LikelihoodCurvature c = one.curvature(weights), d = four.curvature(weights);
    EXPECT_EQ(c.hessian, d.hessian);
    EXPECT_EQ(c.scores, d.scores);
  }
}

TEST(NestedLikelihood, SaysWhyItHasNoValue) {
  RouteData data = nested_routes(Ending::ByMove, 20, 1);
  NestedLikelihood nested(data);
  const auto status = [&](double constant, double scale) {
    Eigen::VectorXd weights = Eigen::VectorXd::Zero(5);
    weights(2) = constant;
    weights(4) = scale;
    return nested.evaluate(weights).status;
  };
  EXPECT_EQ(status(1.0, 0.0), PathSumStatus::Divergent);
  EXPECT_GE(nested.radius().lower, 1.0);
  EXPECT_EQ(status(-1e300, 0.0), PathSumStatus::OutOfRange);
  EXPECT_EQ(status(-1.0, 1000.0), PathSumStatus::OutOfRange);
  EXPECT_TRUE(std::isinf(nested.radius().upper));
  EXPECT_EQ(status(-3.0, 0.0), PathSumStatus::Finite);
  EXPECT_THROW(nested.policies(Eigen::VectorXd::Ones(5), {{.origin = 0, .destination = 0}}), std::invalid_argument);
  RouteData without = data;
  without.scales.clear();
  EXPECT_THROW(NestedLikelihood{without}, std::invalid_argument);
  data.trips.clear();
  EXPECT_THROW(NestedLikelihood{data}, std::invalid_argument);
}

// Maxent's maximum there is −6302.93 with the same four weights: with two more, twice the gain is chi-squared with two
// degrees of freedom if scales are 1, so that a gain of 20 has a probability below 1e-8. The maximum is a stationary
// point by the slopes of both ways to them, and the Hessian is negative definite there.
TEST(NestedSlow, ExplainsTheTripsOfBorlangeBetterThanMaxent) {
  const std::filesystem::path folder = data_folder() / "borlange";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no data at " << folder << "; set SOFTRL_DATA";
  const RouteData data =
      read_routes(read_study(std::filesystem::path(SOFTRL_SOURCE_DIR) / "examples/borlange_nested.toml"), folder);
  NestedLikelihood nested(data, 0);
  const FitResult result = fit(nested);
  EXPECT_EQ(result.status, Status::Converged);
  EXPECT_GT(result.log_likelihood, -6302.93 + 20.0);
  EXPECT_LT(result.radius.upper, 1.0);
  for (int j = 0; j < 6; ++j) EXPECT_GT(std::abs(result.weights(j)), 3.0 * std::sqrt(result.robust_covariance(j, j)));
}

// The scales of Mai, Fosgerau and Frejinger (2015), as their program defines them (docs/nested_logit.md), and the
// weights with link size that it begins with: their estimates, of log-likelihood −5952, to three digits. So Newton's
// step from there gains almost nothing.
TEST(NestedSlow, TheWeightsPublishedForBorlangeMaximiseTheirModel) {
  const std::filesystem::path folder = data_folder() / "borlange";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no data at " << folder << "; set SOFTRL_DATA";
  RouteData data = read_routes(
      read_study(std::filesystem::path(SOFTRL_SOURCE_DIR) / "examples/borlange_nested_link_size.toml"), folder);
  const RoadNetwork& network = data.network;
  Eigen::VectorXd ways_on(network.link_count()), origins(network.link_count());
  for (int k = 0; k < network.link_count(); ++k) ways_on(k) = network.out_degree(k);
  Eigen::VectorXd ends = -ways_on;
  for (const Destination& destination : data.destinations)
    for (const int link : destination.links) ways_on(link) += 1.0;
  ends += ways_on;
  origins.setZero();
  for (const Trip& trip : data.trips) origins(trip.origin) = 1.0;
  const Eigen::VectorXd utilities = network.attributes * Eigen::Vector4d(-2.5, -1.0, -0.4, -4.0);
  std::vector<Eigen::Triplet<double>> entries;
  for (int k = 0; k < network.link_count(); ++k) entries.emplace_back(k, k, 1.0);
  for (int m = 0; m < network.move_count(); ++m)
    entries.emplace_back(network.from[m], network.to[m], -std::exp(utilities(m)));
  Eigen::SparseMatrix<double> matrix(network.link_count(), network.link_count());
  matrix.setFromTriplets(entries.begin(), entries.end());
  Eigen::SparseLU<Eigen::SparseMatrix<double>> to(matrix), from(matrix.transpose());
  const Eigen::VectorXd flow = to.solve(ends).cwiseProduct(from.solve(origins));
  data.scales = {"travel_time_scale", "flow", "ways_on"};
  const Eigen::VectorXd travel_time_scale = data.scale_attributes.col(0);
  data.scale_attributes.resize(network.link_count(), 3);
  data.scale_attributes << travel_time_scale, flow / flow.maxCoeff(), ways_on;

  NestedLikelihood nested(data, Eigen::Vector4d(-2.5, -1.0, -0.4, -20.0), 0);
  Eigen::VectorXd published(8);
  published << -2.139, -0.748, -0.224, -3.301, -0.155, 0.341, -0.581, -0.092;
  const LikelihoodCurvature value = nested.curvature(published);
  ASSERT_EQ(value.status, PathSumStatus::Finite);
  EXPECT_NEAR(value.log_likelihood, -5952.0, 0.1);
  const Eigen::LLT<Eigen::MatrixXd> curvature(-value.hessian);
  ASSERT_EQ(curvature.info(), Eigen::Success);
  EXPECT_LT(0.5 * value.gradient.dot(curvature.solve(value.gradient)), 0.05);
}

}  // namespace
}  // namespace softrl::irl
