#include "irl/bootstrap.hpp"

#include <cmath>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irl/generated_city.hpp"
#include "irl/likelihood.hpp"
#include "small_networks.hpp"

namespace softrl::irl {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

std::unique_ptr<RouteModel> maxent(const RouteData& data) { return std::make_unique<Likelihood>(data); }

// Replications have the mean that a fit of the same resample has: here of two ways, whose weight is log(p / (1 − p)) of
// the share p of trips in the resample, and that share has the binomial variance.
TEST(Bootstrap, OfTwoWaysIsBinomial) {
  RouteData data;
  data.network = network_of(4, {{0, 1}, {0, 2}, {1, 3}, {2, 3}}, {{1}, {0}, {0}, {0}});
  data.destinations = {{.name = "d", .links = {3}}};
  const int trips = 200, first = 120;
  for (int t = 0; t < trips; ++t)
    data.trips.push_back(make_trip(data, fmt::format("{}", t), 0, {0, t < first ? 1 : 2, 3}));
  const FitResult all = fit(*maxent(data));
  const int replications = 1000;
  const auto result = bootstrap(maxent, data, all, {.replications = replications, .seed = 4, .tolerance = 1e-10});
  double sum = 0.0, squares = 0.0;
  for (const BootstrapReplication& one : result) {
    ASSERT_TRUE(one.converged);
    const double share = 1.0 / (1.0 + std::exp(-one.weights(0)));
    EXPECT_NEAR(share * trips, std::round(share * trips), 1e-3);
    sum += share - 0.6;
    squares += (share - 0.6) * (share - 0.6);
  }
  // Each within 5.5 of its standard errors but for a chance of 4e-8.
  const double variance = 0.6 * 0.4 / trips;
  EXPECT_NEAR(sum / replications, 0.0, 5.5 * std::sqrt(variance / replications));
  EXPECT_NEAR(squares / replications / variance, 1.0, 5.5 * std::sqrt(2.0 / replications));
}

// A replication is the fit of its resample, however it was reached; its errors are the robust ones but for their own
// scatter of 1 / √(2 · 400), of which 5.5 leave a chance of 4e-8 each, and terms of order 1 / trips.
TEST(Bootstrap, AgreesWithTheRobustErrorsOfACity) {
  const RouteData city = generate_city({.rows = 6, .columns = 6, .destinations = 8, .trips = 600, .seed = 2});
  const FitResult all = fit(*maxent(city));
  const int replications = 400;
  const auto one = bootstrap(maxent, city, all, {.replications = replications, .seed = 7, .threads = 1});
  const BootstrapSummary summary = summarise(one, 0.95);
  EXPECT_EQ(summary.failed, 0);
  for (int j = 0; j < 4; ++j) {
    const double robust = std::sqrt(all.robust_covariance(j, j));
    EXPECT_NEAR(std::sqrt(summary.covariance(j, j)) / robust, 1.0, 5.5 / std::sqrt(2.0 * replications) + 0.03);
    EXPECT_NEAR(summary.mean(j), all.weights(j), robust * (5.5 / std::sqrt(replications) + 0.1));
    EXPECT_LT(summary.lower(j), all.weights(j));
    EXPECT_GT(summary.upper(j), all.weights(j));
  }
  const auto two = bootstrap(maxent, city, all, {.replications = 20, .seed = 7, .threads = 3});
  for (std::size_t i = 0; i < two.size(); ++i) EXPECT_EQ(two[i].weights, one[i].weights) << i;

  // Stopped in between and continued.
  std::vector<BootstrapReplication> saved;
  const BootstrapOptions stopped{
      .replications = 20, .seed = 7, .threads = 1, .checkpoint = [&](const std::vector<BootstrapReplication>& so_far) {
        saved = so_far;
        if (saved.size() >= 8) throw std::runtime_error("stop");
      }};
  EXPECT_THROW(bootstrap(maxent, city, all, stopped), std::runtime_error);
  ASSERT_LT(saved.size(), 20u);
  const auto rest = bootstrap(maxent, city, all, {.replications = 20, .seed = 7, .threads = 1, .finished = saved});
  for (std::size_t i = 0; i < rest.size(); ++i) EXPECT_EQ(rest[i].weights, one[i].weights) << i;
}

// Clusters are drawn whole: with every trip twice under one name, resamples and weights are those of the trips taken
// once.
TEST(Bootstrap, DrawsClusters) {
  const RouteData once = random_routes({}, Ending::ByMove, 60, 4);
  RouteData twice = once;
  twice.trips.insert(twice.trips.end(), once.trips.begin(), once.trips.end());
  for (Trip& trip : twice.trips) trip.cluster = trip.name;
  const auto a = bootstrap(maxent, once, fit(*maxent(once)), {.replications = 5, .tolerance = 1e-12});
  const auto b = bootstrap(maxent, twice, fit(*maxent(twice)), {.replications = 5, .tolerance = 1e-12});
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_LT((a[i].weights - b[i].weights).norm(), 1e-4) << i;
}

TEST(Bootstrap, NamesWhatItRefuses) {
  const RouteData data = random_routes({}, Ending::ByMove, 60, 4);
  const FitResult all = fit(*maxent(data));
  const auto refuses = [&](const FitResult& result, const BootstrapOptions& options, const std::string& words) {
    EXPECT_THAT([&] { bootstrap(maxent, data, result, options); },
                ThrowsMessage<std::invalid_argument>(HasSubstr(words)));
  };
  refuses(all, {.replications = 1}, "replications");
  refuses(all, {.threads = -1}, "threads");
  refuses(all, {.replications = 2, .finished = std::vector<BootstrapReplication>(3)}, "3 are finished, and 2 wanted");
  refuses(fit(*maxent(data), {.l1 = 0.01}), {}, "without standard errors");
}

// Replications that failed are counted and left out; quantiles lie between the values.
TEST(Bootstrap, SummarisesWhatConverged) {
  std::vector<BootstrapReplication> replications;
  for (int i = 0; i <= 100; ++i)
    replications.push_back({.converged = true, .weights = Eigen::VectorXd::Constant(1, (i * 37) % 101)});
  replications.push_back({.converged = false, .weights = Eigen::VectorXd::Constant(1, 1e9)});
  const BootstrapSummary summary = summarise(replications, 0.9);
  EXPECT_EQ(summary.failed, 1);
  EXPECT_NEAR(summary.mean(0), 50.0, 1e-12);
  EXPECT_NEAR(summary.covariance(0, 0), 101.0 * 102.0 / 12.0, 1e-9);  // n (n + 1) / 12 of 0 … n − 1
  EXPECT_NEAR(summary.lower(0), 5.0, 1e-9);
  EXPECT_NEAR(summary.upper(0), 95.0, 1e-9);
}

}  // namespace
}  // namespace softrl::irl
