#include "irl/action_model.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <Eigen/Eigenvalues>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irl/fit.hpp"
#include "irl/generated_city.hpp"
#include "irl/likelihood.hpp"
#include "small_networks.hpp"
#include "softrl/random.hpp"

namespace softrl::irl {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr Ending endings[] = {Ending::ByMove, Ending::OnEntering};

// Ziebart 2008, Figure 2: three paths of the same cost from A to B, two of which share their first stretch. The road is
// the same both ways: links 0 … 5 lead from A to B, 6 … 11 from B to A. Path 3 is 0 1 5, path 1 is 0 2 3 5, path 2 is
// 0 2 4 5; the way back by path 3 is 6 7 11, by path 1 6 8 10 11, by path 2 6 9 10 11.
RouteData three_paths() {
  RouteData data;
  data.network = network_of(12,
                            {{0, 1},
                             {0, 2},
                             {2, 3},
                             {2, 4},
                             {1, 5},
                             {3, 5},
                             {4, 5},
                             {6, 7},
                             {6, 8},
                             {6, 9},
                             {8, 10},
                             {9, 10},
                             {7, 11},
                             {10, 11}},
                            {{2}, {1}, {1}, {1}, {1}, {1}, {1}, {2}, {1}, {1}, {1}, {1}, {1}, {1}});
  data.ending = Ending::OnEntering;
  data.destinations = {{.name = "B", .links = {5}}, {.name = "A", .links = {11}}};
  for (const auto& links : {std::vector{0, 2, 3, 5}, {0, 2, 4, 5}, {0, 1, 5}})
    data.trips.push_back(make_trip(data, "", 0, links));
  for (const auto& links : {std::vector{6, 8, 10, 11}, {6, 9, 10, 11}, {6, 7, 11}})
    data.trips.push_back(make_trip(data, "", 1, links));
  return data;
}

// All paths compete under maxent; under the action model only the moves out of one link do, which favours path 3 there,
// and no path back, since all three part at once.
TEST(ActionModel, HasTheLabelBiasOfZiebartsFigure2) {
  const RouteData data = three_paths();
  const Eigen::VectorXd weights = Eigen::VectorXd::Constant(1, -0.7);
  ActionModel action(data);
  Likelihood maxent(data);
  const auto probabilities = [&](RouteModel& model) {
    const auto policies = model.policies(weights, {{.origin = 0, .destination = 0}, {.origin = 6, .destination = 1}});
    std::vector<double> result;
    for (const Trip& trip : data.trips) result.push_back(std::exp(policies[trip.destination].log_prob(trip)));
    return result;
  };
  using testing::DoubleNear;
  using testing::Pointwise;
  EXPECT_THAT(probabilities(action),
              Pointwise(DoubleNear(1e-12), std::vector{1. / 4, 1. / 4, 1. / 2, 1. / 3, 1. / 3, 1. / 3}));
  EXPECT_THAT(probabilities(maxent), Pointwise(DoubleNear(1e-12), std::vector<double>(6, 1. / 3)));
  EXPECT_NEAR(action.evaluate(weights).log_likelihood, -std::log(4. * 4. * 2. * 27.), 1e-12);
}

// On an acyclic network Q* is the best of all paths, one by one.
TEST(ActionModel, ChoosesByTheBestPathBehindEveryMove) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      const RouteData data = random_routes({.links = 10, .acyclic = true}, ending, 5, seed);
      if (data.trips.empty()) continue;
      const RoadNetwork& network = data.network;
      const Eigen::Vector3d weights(-2.0, 1.0, -0.2);
      const Eigen::VectorXd utilities = network.attributes * weights;
      double log_likelihood = 0.0;
      for (const Trip& trip : data.trips) {
        const std::vector<int>& ends = data.destinations[trip.destination].links;
        const auto may_end = [&](int link) { return std::find(ends.begin(), ends.end(), link) != ends.end(); };
        const std::function<double(int)> best = [&](int link) {
          if (may_end(link) && ending == Ending::OnEntering) return 0.0;
          double found = may_end(link) ? 0.0 : -infinity;
          for (int m = network.first_move[link]; m < network.first_move[link + 1]; ++m)
            found = std::max(found, utilities(m) + best(network.to[m]));
          return found;
        };
        const auto choose = [&](int link, double chosen) {
          double all = may_end(link) ? 1.0 : 0.0;
          for (int m = network.first_move[link]; m < network.first_move[link + 1]; ++m)
            all += std::exp(utilities(m) + best(network.to[m]));
          log_likelihood += chosen - std::log(all);
        };
        for (const int m : trip.moves) choose(network.from[m], utilities(m) + best(network.to[m]));
        if (ending == Ending::ByMove) choose(trip_links(network, trip).back(), 0.0);
      }
      EXPECT_NEAR(ActionModel(data).evaluate(weights).log_likelihood, log_likelihood, 1e-11) << "seed " << seed;
    }
  }
}

// Central differences have an error of about 1e-9 here, unless a best path changes within their step.
TEST(ActionModel, HasTheDerivativesOfFiniteDifferences) {
  constexpr double step = 1e-5;
  const Eigen::Vector3d weights(-1.3, -0.6, -0.4);
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      const RouteData data = random_routes({.links = 9}, ending, 6, seed);
      if (data.trips.empty()) continue;
      ActionModel model(data);
      const LikelihoodCurvature at = model.curvature(weights);
      const LikelihoodValue value = model.evaluate(weights);
      ASSERT_EQ(at.status, PathSumStatus::Finite);
      EXPECT_NEAR(at.log_likelihood, value.log_likelihood, 1e-11);
      EXPECT_NEAR((at.gradient - value.gradient).cwiseAbs().maxCoeff(), 0.0, 1e-11);
      EXPECT_NEAR((at.scores.colwise().sum().transpose() - at.gradient).cwiseAbs().maxCoeff(), 0.0, 1e-11);
      EXPECT_NEAR(at.trip_log_likelihoods.sum(), at.log_likelihood, 1e-11);
      EXPECT_LE(Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(at.hessian).eigenvalues().maxCoeff(), 1e-11);
      for (int j = 0; j < 3; ++j) {
        const Eigen::Vector3d shift = step * Eigen::Vector3d::Unit(j);
        const LikelihoodCurvature up = model.curvature(weights + shift), down = model.curvature(weights - shift);
        EXPECT_NEAR((up.log_likelihood - down.log_likelihood) / (2 * step), at.gradient(j), 1e-7) << "seed " << seed;
        const Eigen::VectorXd slopes = (up.gradient - down.gradient) / (2 * step);
        EXPECT_NEAR((slopes - at.hessian.col(j)).cwiseAbs().maxCoeff(), 0.0, 1e-6) << "seed " << seed;
        const Eigen::VectorXd trips = (up.trip_log_likelihoods - down.trip_log_likelihoods) / (2 * step);
        EXPECT_NEAR((trips - at.scores.col(j)).cwiseAbs().maxCoeff(), 0.0, 1e-7) << "seed " << seed;
      }
    }
  }
}

// On every link from which the destination can be reached the probabilities sum to 1, elsewhere they are 0; along the
// trips they multiply to the model's own.
TEST(ActionModel, GivesPoliciesOfProbabilities) {
  const Eigen::Vector3d weights(-1.3, -0.6, -0.4);
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      const RouteData data = random_routes({.links = 9}, ending, 6, seed);
      if (data.trips.empty()) continue;
      ActionModel model(data);
      std::vector<TripEnds> ends;
      for (const Trip& trip : data.trips) ends.push_back({.origin = trip.origin, .destination = trip.destination});
      const std::vector<RoutePolicy> policies = model.policies(weights, ends);
      const Eigen::VectorXd log_probs = model.curvature(weights).trip_log_likelihoods;
      ASSERT_EQ(policies.size(), data.trips.size());
      for (std::size_t t = 0; t < policies.size(); ++t) {
        EXPECT_NEAR(policies[t].log_prob(data.trips[t]), log_probs(static_cast<Eigen::Index>(t)), 1e-11);
        const std::vector<bool> can_end =
            reachable(data.network, data.destinations[data.trips[t].destination].links, Direction::Backward);
        for (int link = 0; link < 9; ++link) {
          double total = 0.0;
          for (int action = 0; action <= data.network.out_degree(link); ++action)
            total += std::exp(policies[t].log_prob(link, action));
          EXPECT_NEAR(total, can_end[link] ? 1.0 : 0.0, 1e-12) << "seed " << seed << " link " << link;
        }
      }
    }
  }
}

// Link 0 leads to 1, from which two ways lead on, worth x and 2x + 1, and to 2, worth 1.5x + 0.5. At x = −1 all three
// are worth −1, so that every choice has probability 1/2. Of 40 trips 10 go by 1, half of them either way: the choice
// there has no slope, and the first one the slopes (10 − 20) · (1 − 1.5) = 5 left of it and (10 − 20) · (2 − 1.5) = −5
// right. Either side is concave, so that the maximum is this kink.
TEST(ActionModel, IsFittedAtAKink) {
  RouteData data;
  data.network = network_of(6, {{0, 1}, {0, 2}, {1, 3}, {1, 4}, {2, 5}, {3, 5}, {4, 5}},
                            {{0, 0}, {1.5, 0.5}, {1, 0}, {2, 1}, {0, 0}, {0, 0}, {0, 0}});
  data.destinations = {{.name = "d", .links = {5}}};
  for (int t = 0; t < 40; ++t)
    data.trips.push_back(make_trip(data, fmt::format("{}", t), 0,
                                   t < 5    ? std::vector{0, 1, 3, 5}
                                   : t < 10 ? std::vector{0, 1, 4, 5}
                                            : std::vector{0, 2, 5}));
  ActionModel model(data);
  const std::vector<std::string>& names = model.weight_names();
  for (const double start : {-4.0, -1.0, -0.2}) {
    const FitResult result =
        fit(model, {.start = {{.name = names[0], .value = start}}, .fixed = {{.name = names[1], .value = 1.0}}});
    EXPECT_EQ(result.status, Status::Converged) << start;
    EXPECT_NEAR(result.weights(0), -1.0, 1e-4);
    EXPECT_NEAR(result.log_likelihood, -50.0 * std::log(2.0), 5e-4);
    EXPECT_LE(result.remaining_gain, 1e-8);
    EXPECT_THAT(result.notes, testing::ElementsAre(HasSubstr("kink")));
  }
  // A bound short of the kink is where such a fit ends; beyond it, it matters to nothing.
  const FitResult bounded = fit(model, {.fixed = {{.name = names[1], .value = 1.0}},
                                        .bounds = {{.name = names[0], .lower = -0.5, .upper = 0.0}}});
  EXPECT_EQ(bounded.status, Status::Converged);
  EXPECT_EQ(bounded.weights(0), -0.5);
  EXPECT_TRUE(bounded.at_bound[0]);
}

// No other weights nearby are better, in whichever direction one looks.
TEST(ActionModel, IsFittedWhereNoStepIsBetter) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const RouteData city = generate_city({.rows = 5, .columns = 6, .destinations = 6, .trips = 300, .seed = seed});
    ActionModel model(city);
    const FitResult result = fit(model);
    ASSERT_EQ(result.status, Status::Converged) << "seed " << seed;
    const Eigen::VectorXd errors = result.covariance.diagonal().cwiseSqrt();
    Random random(seed, "directions");
    for (int i = 0; i < 100; ++i) {
      const Eigen::VectorXd direction =
          Eigen::VectorXd::NullaryExpr(errors.size(), [&](Eigen::Index j) { return errors(j) * random.normal(); });
      for (const double step : {1e-4, 1e-2, 1.0})
        EXPECT_LE(model.evaluate(result.weights + step * direction).log_likelihood, result.log_likelihood + 1e-6)
            << "seed " << seed << " step " << step;
    }
  }
}

// Round 0 1 every turn pays 0.5.
TEST(ActionModel, SaysWhereThereIsNoBestPath) {
  RouteData data;
  data.network = network_of(3, {{0, 1}, {1, 0}, {1, 2}}, {{1}, {-0.5}, {-9}});
  data.ending = Ending::OnEntering;
  data.destinations = {{.name = "d", .links = {2}}};
  data.trips = {make_trip(data, "", 0, {0, 1, 2})};
  ActionModel model(data);
  const Eigen::VectorXd one = Eigen::VectorXd::Ones(1);
  EXPECT_EQ(model.evaluate(one).status, PathSumStatus::Divergent);
  EXPECT_EQ(model.curvature(one).status, PathSumStatus::Divergent);
  EXPECT_THAT([&] { model.policies(one, {{.origin = 0, .destination = 0}}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("weights")));
  EXPECT_EQ(model.evaluate(-one).status, PathSumStatus::Finite);
}

TEST(ActionModel, RefusesToExplainNothing) {
  EXPECT_THAT([] { ActionModel model(RouteData{}); }, ThrowsMessage<std::invalid_argument>(HasSubstr("no trips")));
}

}  // namespace
}  // namespace softrl::irl
