#include "irl/route_evaluation.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irl/action_model.hpp"
#include "irl/fit.hpp"
#include "irl/generated_city.hpp"
#include "irl/held_out.hpp"
#include "irl/likelihood.hpp"
#include "irl/max_margin.hpp"
#include "small_networks.hpp"
#include "softrl/random.hpp"

namespace softrl::irl {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr Ending endings[] = {Ending::ByMove, Ending::OnEntering};

// Calls visit(moves) for all routes from `origin` to the destination of an acyclic network.
void for_each_route(const RouteData& data, int destination, int origin,
                    const std::function<void(const std::vector<int>&)>& visit) {
  const std::vector<int>& ends = data.destinations[destination].links;
  std::vector<int> moves;
  const std::function<void(int)> go_on = [&](int link) {
    const bool may_end = std::find(ends.begin(), ends.end(), link) != ends.end();
    if (may_end) visit(moves);
    if (may_end && data.ending == Ending::OnEntering) return;
    for (int m = data.network.first_move[link]; m < data.network.first_move[link + 1]; ++m) {
      moves.push_back(m);
      go_on(data.network.to[m]);
      moves.pop_back();
    }
  };
  go_on(origin);
}

// Of all routes, one by one, none is likelier than the predicted one; the trips have the model's probabilities.
TEST(RouteEvaluation, PredictsTheMostLikelyOfAllRoutes) {
  const Eigen::Vector3d weights(-1.0, -0.5, -0.3);
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      const RouteData data = random_routes({.links = 10, .acyclic = true}, ending, 8, seed);
      if (data.trips.empty()) continue;
      Likelihood maxent(data);
      ActionModel action(data);
      for (RouteModel* model : std::initializer_list<RouteModel*>{&maxent, &action}) {
        const std::vector<TripPrediction> predictions = predict(*model, weights, data.trips);
        const Eigen::VectorXd log_probs = model->curvature(weights).trip_log_likelihoods;
        ASSERT_EQ(predictions.size(), data.trips.size());
        for (std::size_t t = 0; t < predictions.size(); ++t) {
          const Trip& trip = data.trips[t];
          EXPECT_NEAR(predictions[t].log_prob, log_probs(static_cast<Eigen::Index>(t)), 1e-11);
          const RoutePolicy policy =
              model->policies(weights, {{.origin = trip.origin, .destination = trip.destination}}).front();
          Trip predicted = make_trip(data, "", trip.destination, predictions[t].route);
          const double predicted_log_prob = policy.log_prob(predicted);
          for_each_route(data, trip.destination, trip.origin, [&](const std::vector<int>& moves) {
            predicted.moves = moves;
            EXPECT_LE(policy.log_prob(predicted), predicted_log_prob + 1e-12) << "seed " << seed;
          });
        }
      }
    }
  }
}

TEST(RouteEvaluation, PredictsTheBestOfAllPaths) {
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      const RouteData data = random_routes({.links = 10, .acyclic = true}, ending, 8, seed);
      if (data.trips.empty()) continue;
      const Eigen::VectorXd utilities = data.network.attributes * Eigen::Vector3d(-1.0, 0.7, -0.3);
      const std::vector<TripPrediction> predictions = predict_best_paths(data, utilities, data.trips);
      for (std::size_t t = 0; t < predictions.size(); ++t) {
        const Trip& trip = data.trips[t];
        EXPECT_TRUE(std::isnan(predictions[t].log_prob));
        const auto utility = [&](const std::vector<int>& moves) {
          double total = 0.0;
          for (const int move : moves) total += utilities(move);
          return total;
        };
        double best = -infinity;
        for_each_route(data, trip.destination, trip.origin,
                       [&](const std::vector<int>& moves) { best = std::max(best, utility(moves)); });
        EXPECT_NEAR(utility(make_trip(data, "", trip.destination, predictions[t].route).moves), best, 1e-12)
            << "seed " << seed;
      }
    }
  }
}

// Trips 0 1 3 and 0 2 3 with links of lengths 1, 2, 3, 4. Both are observed routes of the pair, so that predicting
// either of them is right by edit distance and BLEU. The third trip is predicted no route and held to be impossible.
TEST(RouteEvaluation, MeasuresEveryTripAndCountsWhatIsMissing) {
  RouteData data;
  data.network = network_of(5, {{0, 1}, {0, 2}, {1, 3}, {2, 3}, {4, 3}}, {{1}, {1}, {1}, {1}, {1}});
  data.ending = Ending::OnEntering;
  data.destinations = {{.name = "3", .links = {3}}};
  for (const auto& links : {std::vector{0, 1, 3}, {0, 2, 3}, {4, 3}})
    data.trips.push_back(make_trip(data, "", 0, links));
  Eigen::VectorXd lengths(5);
  lengths << 1.0, 2.0, 3.0, 4.0, 5.0;
  const RouteEvaluation result = evaluate(data.network, data.trips,
                                          {{.route = {0, 1, 3}, .log_prob = -0.5},
                                           {.route = {0, 1, 3}, .log_prob = -2.0},
                                           {.route = {}, .log_prob = -infinity}},
                                          lengths);
  EXPECT_EQ(result.without_route, 1);
  EXPECT_EQ(result.zero_probability, 1);
  EXPECT_EQ(result.values.row(0), (Eigen::RowVectorXd(6) << 1.0, 1.0, -0.5, 1.0, 0.0, 1.0).finished());
  EXPECT_EQ(result.values.row(1), (Eigen::RowVectorXd(6) << 5.0 / 8.0, 0.0, -2.0, 0.0, 0.0, 1.0).finished());
  EXPECT_TRUE(std::isnan(result.values(2, 2)));
  EXPECT_EQ(result.values(2, 0), 0.0);
  EXPECT_EQ(result.values(2, 4), 1.0);
  const std::vector<MeanInterval> means = bootstrap_means(result.values, {0, 1, 2});
  EXPECT_DOUBLE_EQ(means[0].mean, (1.0 + 5.0 / 8.0) / 3.0);
  EXPECT_DOUBLE_EQ(means[2].mean, -1.25);
}

// The mean of n resampled zeros and ones is binomial with the observed share p. With 4,000 replications the share of
// them below a quantile of probability q has a standard error of at most 0.008; the normal quantile at 6 of these away
// on either side must enclose the interval's end but for a chance of 2e-9 each, beside the 0.5/n of discreteness.
TEST(RouteEvaluation, BootstrapIntervalsAreThoseOfResampledMeans) {
  constexpr int n = 400;
  RowMatrix values(n, 2);
  std::vector<int> groups;
  for (int t = 0; t < n; ++t) {
    values(t, 0) = t % 4 == 0 ? 1.0 : 0.0;
    values(t, 1) = 3.0;
    groups.push_back(t);
  }
  const auto means = bootstrap_means(values, groups, {.replications = 4000, .confidence = 0.8});
  const double error = std::sqrt(0.25 * 0.75 / n);
  const double low = 1.0364, high = 1.6449;  // normal quantiles of 0.85 and 0.95; 0.1 ± 0.05 is 6 errors and more
  EXPECT_DOUBLE_EQ(means[0].mean, 0.25);
  EXPECT_LT(means[0].lower, 0.25 - low * error + 1.0 / n);
  EXPECT_GT(means[0].lower, 0.25 - high * error - 1.0 / n);
  EXPECT_GT(means[0].upper, 0.25 + low * error - 1.0 / n);
  EXPECT_LT(means[0].upper, 0.25 + high * error + 1.0 / n);
  EXPECT_EQ(means[1].mean, 3.0);
  EXPECT_EQ(means[1].lower, 3.0);
  EXPECT_EQ(means[1].upper, 3.0);

  // Trips of one group are drawn together: with all in one there is nothing to vary. Pairs make the errors √2 larger.
  const auto fixed = bootstrap_means(values, std::vector<int>(n, 0));
  EXPECT_EQ(fixed[0].lower, 0.25);
  EXPECT_EQ(fixed[0].upper, 0.25);
  for (int t = 0; t < n; ++t) {
    values(t, 0) = t / 2 % 4 == 0 ? 1.0 : 0.0;
    groups[t] = t / 2;
  }
  const auto paired = bootstrap_means(values, groups, {.replications = 4000, .confidence = 0.8});
  EXPECT_LT(paired[0].lower, 0.25 - low * std::sqrt(2.0) * error + 2.0 / n);
  EXPECT_GT(paired[0].lower, 0.25 - high * std::sqrt(2.0) * error - 2.0 / n);
}

TEST(RouteEvaluation, BootstrapLeavesOutWhatIsNoNumber) {
  const double nan = std::nan("");
  RowMatrix values(3, 2);
  values << 1.0, nan, nan, nan, 3.0, nan;
  const auto means = bootstrap_means(values, {0, 1, 2});
  EXPECT_EQ(means[0].mean, 2.0);
  EXPECT_EQ(means[0].lower, 1.0);
  EXPECT_EQ(means[0].upper, 3.0);
  EXPECT_TRUE(std::isnan(means[1].mean) && std::isnan(means[1].lower) && std::isnan(means[1].upper));
}

TEST(RouteEvaluation, NamesWhatItRefuses) {
  const RowMatrix values = RowMatrix::Ones(2, 1);
  const auto refuses = [](const auto& call, const char* what) {
    EXPECT_THAT(call, ThrowsMessage<std::invalid_argument>(HasSubstr(what)));
  };
  refuses([&] { bootstrap_means(values, {0, 1}, {.replications = 0}); }, "replications");
  refuses([&] { bootstrap_means(values, {0, 1}, {.confidence = 1.0}); }, "confidence");
  refuses([&] { bootstrap_means(values, {0}); }, "groups");
  RouteData data;
  data.network = network_of(3, {{0, 1}, {1, 0}, {1, 2}}, {{1}, {-0.5}, {-9}});
  data.destinations = {{.name = "d", .links = {2}}};
  data.trips = {make_trip(data, "", 0, {0, 1, 2})};
  refuses([&] { predict_best_paths(data, data.network.attributes.col(0), data.trips); }, "destination d");
  refuses([&] { evaluate(data.network, data.trips, {}, Eigen::VectorXd::Ones(3)); }, "predictions");
}

// The order of Ziebart's Table 1 in a city whose drivers are maxent drivers: its distribution is then right, and the
// question is what the others lose. A left turn weighs as much as a minute, so that the fastest route is a poor guess;
// with the lighter turns of the default city max_margin predicts as well as maxent. On 20,000 held-out trips, with
// cities and trips of several seeds, each difference asserted was at least 6 of its standard errors: the chance that
// the other sign is drawn is below 1e-8.
TEST(RouteEvaluationSlow, HasTheOrderOfZiebartsTable1InAGeneratedCity) {
  constexpr int training = 1000, held_out = 20'000;
  const RouteData city = generate_city({.trips = training + held_out, .weights = {-2.0, -2.0, -0.6, -2.0}});
  std::vector<int> fold(city.trips.size(), 0);
  std::fill_n(fold.begin(), training, 1);
  const HeldOut held = hold_out(city, fold, 0);
  const RowMatrix& features = city.network.attributes;
  Eigen::VectorXd minutes(city.network.link_count());
  for (int m = 0; m < city.network.move_count(); ++m) minutes(city.network.to[m]) = features(m, 0);
  const auto means = [&](const std::vector<TripPrediction>& predictions) {
    return column_means(evaluate(city.network, held.held_out, predictions, minutes).values);
  };
  const auto fitted = [&](RouteModel& model) { return means(predict(model, fit(model).weights, held.held_out)); };

  const Eigen::VectorXd time = means(predict_best_paths(held.train, -features.col(0), held.held_out));
  const MaxMarginResult learned = fit_max_margin(held.train, minutes);
  EXPECT_EQ(learned.status, Status::Converged);
  const Eigen::VectorXd max_margin =
      means(predict_best_paths(held.train, (features * learned.weights).cwiseMin(0.0), held.held_out));
  ActionModel action_model(held.train);
  Likelihood maxent_model(held.train);
  const Eigen::VectorXd action = fitted(action_model), maxent = fitted(maxent_model);
  enum { DistanceInCommon, Match90, LogProb };
  EXPECT_GT(maxent(DistanceInCommon), max_margin(DistanceInCommon));
  EXPECT_GT(maxent(DistanceInCommon), action(DistanceInCommon));
  EXPECT_GT(maxent(LogProb), action(LogProb));
  for (const int measure : {DistanceInCommon, Match90}) {
    EXPECT_GT(max_margin(measure), time(measure));
    EXPECT_GT(action(measure), time(measure));
  }
}

}  // namespace
}  // namespace softrl::irl
