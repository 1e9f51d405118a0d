#include "irl/route_similarity.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "softrl/random.hpp"

namespace softrl::irl {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// Few different links, so that much is in common by chance.
Route random_route(Random& random, int longest) {
  Route route(1 + random.below(longest));
  for (int& link : route) link = static_cast<int>(random.below(4));
  return route;
}

// Links of 1, 2, 4, 8, 16 km. The trip 0 1 2 4 is 23 km long; 0 3 4 shares its links 0 and 4.
TEST(RouteSimilarity, DistanceInCommonIsThatOfSharedLinks) {
  const Eigen::VectorXd lengths = Eigen::VectorXd{{1.0, 2.0, 4.0, 8.0, 16.0}};
  EXPECT_DOUBLE_EQ(distance_in_common({0, 3, 4}, {0, 1, 2, 4}, lengths), 17.0 / 23.0);
  EXPECT_DOUBLE_EQ(distance_in_common({0, 1, 2, 4}, {0, 3, 4}, lengths), 17.0 / 25.0) << "over the trip's distance";
  EXPECT_EQ(distance_in_common({2}, {2}, lengths), 1.0);
  EXPECT_EQ(distance_in_common({2, 3}, {0, 1}, lengths), 0.0);
  EXPECT_EQ(distance_in_common({}, {0, 1}, lengths), 0.0);
  EXPECT_EQ(distance_in_common({1, 0, 3}, {3, 1}, lengths), 1.0) << "a detour that covers the trip";
  EXPECT_DOUBLE_EQ(distance_in_common({1, 3}, {1, 2, 1}, lengths), 2.0 / 8.0) << "driven once of two times";
}

TEST(RouteSimilarity, NinetyPercentIsEnoughAndLessIsNot) {
  Route trip, nine_of_ten;
  for (int link = 0; link < 10; ++link) trip.push_back(link);
  for (int link = 1; link < 11; ++link) nine_of_ten.push_back(link);
  Eigen::VectorXd lengths = Eigen::VectorXd::Constant(11, 0.1);  // sums of 0.1 are not exact
  EXPECT_TRUE(compare_routes(nine_of_ten, trip, {trip}, lengths).match_90);
  lengths(0) = 0.1001;
  const RouteSimilarity less = compare_routes(nine_of_ten, trip, {trip}, lengths);
  EXPECT_FALSE(less.match_90);
  EXPECT_NEAR(less.distance_in_common, 0.9 / 1.0001, 1e-14);
}

// The definition: the last links are matched or replaced, or one of them is left out.
TEST(RouteSimilarity, EditDistanceIsTheFewestEditsByRecursion) {
  const std::function<int(const Route&, const Route&)> fewest = [&](const Route& a, const Route& b) -> int {
    if (a.empty() || b.empty()) return static_cast<int>(a.size() + b.size());
    const Route shorter_a(a.begin(), a.end() - 1), shorter_b(b.begin(), b.end() - 1);
    return std::min({fewest(shorter_a, shorter_b) + (a.back() == b.back() ? 0 : 1), fewest(shorter_a, b) + 1,
                     fewest(a, shorter_b) + 1});
  };
  Random random(1, "routes");
  for (int i = 0; i < 200; ++i) {
    const Route a = random_route(random, 6), b = random_route(random, 6);
    EXPECT_EQ(edit_distance(a, b), fewest(a, b));
    EXPECT_EQ(edit_distance(a, b), edit_distance(b, a));
  }
  EXPECT_EQ(edit_distance({}, {1, 2, 3}), 3);
  EXPECT_EQ(edit_distance({1, 2, 3}, {}), 3);
}

// From 1 2 3 4 it takes two edits to 1 5 4, of length 3, and three to 1 2 7 8 9 4, of length 6: that one is nearer.
TEST(RouteSimilarity, EditDistanceIsOverTheLengthOfTheObservedRoute) {
  EXPECT_DOUBLE_EQ(nearest_edit_distance({1, 2, 3, 4}, {{1, 5, 4}}), 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(nearest_edit_distance({1, 2, 3, 4}, {{1, 5, 4}, {1, 2, 7, 8, 9, 4}}), 0.5);
  EXPECT_EQ(nearest_edit_distance({1, 2, 3, 4}, {{1, 5, 4}, {1, 2, 3, 4}}), 0.0);
  EXPECT_EQ(nearest_edit_distance({5, 6, 7}, {{1}}), 1.0) << "three edits for one link";
  EXPECT_EQ(nearest_edit_distance({}, {{1, 2}}), 1.0);
}

TEST(RouteSimilarity, BleuIsTheGeometricMeanOfClippedPrecisions) {
  // Of 6, 5, 4 and 3 n-grams, 5, 3, 2 and 1 are observed.
  EXPECT_NEAR(bleu({1, 2, 3, 4, 5, 6}, {{1, 2, 3, 4, 7, 6}}), std::pow(5.0 / 6 * 3 / 5 * 2 / 4 * 1 / 3, 0.25), 1e-14);
  // The example of the BLEU paper: 1 is predicted seven times, observed at most twice; no n-gram above 1 is observed.
  EXPECT_NEAR(bleu({1, 1, 1, 1, 1, 1, 1}, {{1, 2, 3, 4, 1, 5}, {6, 3, 1, 2}}),
              std::pow(2.0 / 7 * 0.1 / 6 * 0.1 / 5 * 0.1 / 4, 0.25), 1e-14);
  // n-grams of either route count: 5 of 5, 4 of 4, 2 of 3 and 1 of 2.
  EXPECT_NEAR(bleu({1, 2, 3, 4, 5}, {{1, 2, 3, 4, 9}, {8, 7, 4, 5, 6}}), std::pow(1.0 * 1.0 * 2 / 3 * 1 / 2, 0.25),
              1e-14);
}

TEST(RouteSimilarity, BleuPunishesBrevityByTheObservedRouteNearestInLength) {
  EXPECT_NEAR(bleu({1, 2, 3, 4}, {{1, 2, 3, 4, 5}}), std::exp(1.0 - 5.0 / 4.0), 1e-14);
  EXPECT_NEAR(bleu({1, 2, 3, 4}, {{1, 2, 3, 4, 5, 6}, {7, 8, 9, 6, 5}}), std::exp(1.0 - 5.0 / 4.0), 1e-14);
  EXPECT_NEAR(bleu({1, 2, 3, 4}, {{1, 2, 3, 4, 5}, {7, 8, 9}}), 1.0, 1e-14) << "of 3 and 5 the shorter";
  EXPECT_NEAR(bleu({1, 2}, {{1, 2, 3}}), std::exp(-0.5), 1e-14);
}

TEST(RouteSimilarity, BleuOfShortRoutesEndsAtTheirLength) {
  EXPECT_EQ(bleu({1}, {{1}}), 1.0);
  EXPECT_EQ(bleu({1, 2, 3}, {{4, 5}, {1, 2, 3}}), 1.0);
  EXPECT_EQ(bleu({1}, {{2}}), 0.0);
  EXPECT_EQ(bleu({1, 2, 3, 4, 5}, {{6, 7, 8, 9, 10}}), 0.0);
  EXPECT_NEAR(bleu({1, 2, 4}, {{1, 3, 4}}), std::pow(2.0 / 3 * 0.1 / 2 * 0.1 / 1, 1.0 / 3), 1e-14);
}

// The same by crossing out: each n-gram predicted takes one of the observed route, and what the best observed route
// gives to each is added up over the n-grams that differ.
double bleu_by_crossing_out(const Route& predicted, const std::vector<Route>& observed) {
  const std::size_t orders = std::min<std::size_t>(4, predicted.size());
  double product = 1.0;
  for (std::size_t n = 1; n <= orders; ++n) {
    const auto times = [n](const Route& route, const Route& other, std::size_t at) {
      int count = 0;
      for (std::size_t i = 0; i + n <= other.size(); ++i)
        if (std::equal(route.begin() + at, route.begin() + at + n, other.begin() + i)) ++count;
      return count;
    };
    double shares = 0.0;  // An n-gram that occurs c times is met c times: each time it adds min(c, most) / c.
    const std::size_t n_grams = predicted.size() - n + 1;
    for (std::size_t at = 0; at < n_grams; ++at) {
      const int predicted_times = times(predicted, predicted, at);
      int most = 0;
      for (const Route& route : observed) most = std::max(most, times(predicted, route, at));
      shares += std::min(predicted_times, most) / static_cast<double>(predicted_times);
    }
    if (n == 1 && shares == 0.0) return 0.0;
    product *= (shares == 0.0 ? 0.1 : shares) / static_cast<double>(n_grams);
  }
  double nearest = std::numeric_limits<double>::infinity();
  const auto length = static_cast<double>(predicted.size());
  for (double reference = 1; reference < 100; ++reference)  // increasing, so that ties go to the shorter
    for (const Route& route : observed)
      if (static_cast<double>(route.size()) == reference && std::abs(reference - length) < std::abs(nearest - length))
        nearest = reference;
  const double penalty = length >= nearest ? 1.0 : std::exp(1.0 - nearest / length);
  return penalty * std::pow(product, 1.0 / static_cast<double>(orders));
}

TEST(RouteSimilarity, BleuAgreesWithCountingByHandOnRandomRoutes) {
  Random random(2, "routes");
  for (int i = 0; i < 300; ++i) {
    const Route predicted = random_route(random, 12);
    std::vector<Route> observed;
    for (std::int64_t n = 1 + random.below(3); n > 0; --n) observed.push_back(random_route(random, 12));
    const double value = bleu(predicted, observed);
    EXPECT_NEAR(value, bleu_by_crossing_out(predicted, observed), 1e-13);
    observed.push_back(observed.front());
    EXPECT_EQ(bleu(predicted, observed), value) << "a route observed twice counts once";
    observed.push_back(predicted);
    EXPECT_NEAR(bleu(predicted, observed), 1.0, 1e-14);
    EXPECT_EQ(nearest_edit_distance(predicted, observed), 0.0);
  }
}

// The prediction is another observed route of the pair: near the routes observed, far from this trip.
TEST(RouteSimilarity, ComparesWithTheTripAndWithAllRoutesObserved) {
  const Route trip{0, 1, 2, 5}, other{0, 3, 4, 5};
  const RouteSimilarity similarity = compare_routes(other, trip, {trip, other}, Eigen::VectorXd::Ones(6));
  EXPECT_EQ(similarity.distance_in_common, 0.5);
  EXPECT_FALSE(similarity.match_90);
  EXPECT_FALSE(similarity.exact_match);
  EXPECT_EQ(similarity.edit_distance, 0.0);
  EXPECT_EQ(similarity.bleu, 1.0);
  const RouteSimilarity same = compare_routes(trip, trip, {trip}, Eigen::VectorXd::Ones(6));
  EXPECT_TRUE(same.match_90);
  EXPECT_TRUE(same.exact_match);
}

TEST(RouteSimilarity, RefusesWhatHasNoAnswer) {
  const Eigen::VectorXd lengths = Eigen::VectorXd{{0.0, 1.0, -1.0, std::numeric_limits<double>::quiet_NaN()}};
  const auto refuses = [&](const Route& predicted, const Route& trip, const char* message) {
    EXPECT_THAT([&] { distance_in_common(predicted, trip, lengths); },
                ThrowsMessage<std::invalid_argument>(HasSubstr(message)));
  };
  refuses({1}, {1, 4}, "link must be in");
  refuses({-1}, {1}, "link must be in");
  refuses({1}, {1, 2}, "length");
  refuses({3}, {1}, "length");
  refuses({1}, {0}, "must be positive");
  refuses({1}, {}, "must be positive");
  EXPECT_THROW(nearest_edit_distance({1}, {}), std::invalid_argument);
  EXPECT_THROW(nearest_edit_distance({1}, {{1}, {}}), std::invalid_argument);
  EXPECT_THROW(bleu({}, {{1}}), std::invalid_argument);
  EXPECT_THROW(bleu({1}, {}), std::invalid_argument);
  EXPECT_THROW(bleu({1}, {{}}), std::invalid_argument);
}

}  // namespace
}  // namespace softrl::irl
