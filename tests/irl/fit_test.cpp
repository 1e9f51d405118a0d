#include "irl/fit.hpp"

#include <cmath>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irl/likelihood.hpp"
#include "irl/route_files.hpp"
#include "small_networks.hpp"

namespace softrl::irl {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

// Two ways from link 0 to link 3: by link 1, with feature 1, or by link 2. `first` of `trips` trips take the first.
RouteData two_ways(int first, int trips) {
  RouteData data;
  data.network = network_of(4, {{0, 1}, {0, 2}, {1, 3}, {2, 3}}, {{1}, {0}, {0}, {0}});
  data.destinations = {{.name = "d", .links = {3}}};
  for (int t = 0; t < trips; ++t)
    data.trips.push_back(make_trip(data, fmt::format("{}", t), 0, {0, t < first ? 1 : 2, 3}));
  return data;
}

// The binary logit: P(first) = 1 / (1 + e^−θ), so θ = log(p / (1 − p)) and −H = n p (1 − p). The scores are 1 − p and
// −p, so the sandwich gives the same.
TEST(Fit, OfTwoWaysHasAClosedForm) {
  for (const int first : {1, 10, 30, 39}) {
    const RouteData data = two_ways(first, 40);
    Likelihood likelihood(data);
    const FitResult result = fit(likelihood);
    const double p = first / 40.0, error = 1.0 / std::sqrt(40 * p * (1 - p));
    EXPECT_EQ(result.status, Status::Converged);
    EXPECT_NEAR(result.weights(0), std::log(p / (1 - p)), 2e-4 * error);  // gain ≤ 1e-8 nats is within 1.5e-4 errors
    EXPECT_NEAR(std::sqrt(result.covariance(0, 0)), error, 1e-3 * error);
    EXPECT_NEAR(std::sqrt(result.robust_covariance(0, 0)), error, 1e-3 * error);
    EXPECT_NEAR(result.log_likelihood, first * std::log(p) + (40 - first) * std::log(1 - p), 1e-8);
    EXPECT_NEAR(result.null_log_likelihood, 40 * std::log(0.5), 1e-10);
    EXPECT_NEAR(result.trip_log_likelihoods(0), std::log(p), 2e-4);
    EXPECT_NEAR(result.trip_log_likelihoods(39), std::log(1 - p), 2e-4);
    EXPECT_EQ(result.radius.upper, 0.0) << "no cycles";
    EXPECT_THAT(result.warnings, IsEmpty());
  }
}

// Groups of four that choose alike: the score of a group is four times that of a trip, so that robust variances are
// four times those of as many independent trips, and all else is the same.
TEST(Fit, RobustErrorsCountClustersNotTrips) {
  RouteData data = two_ways(12, 40);
  Likelihood likelihood(data);
  const FitResult apart = fit(likelihood);
  EXPECT_EQ(apart.clusters, 40);
  for (std::size_t t = 0; t < 40; ++t) data.trips[t].cluster = fmt::format("driver {}", t / 4);
  const FitResult together = fit(likelihood);
  EXPECT_EQ(together.clusters, 10);
  EXPECT_THAT(together.warnings, IsEmpty());
  EXPECT_EQ(together.weights(0), apart.weights(0));
  EXPECT_EQ(together.covariance(0, 0), apart.covariance(0, 0));
  EXPECT_NEAR(together.robust_covariance(0, 0) / apart.robust_covariance(0, 0), 4.0, 1e-12);

  for (std::size_t t = 36; t < 40; ++t) data.trips[t].cluster.clear();
  EXPECT_EQ(fit(likelihood).clusters, 9 + 4) << "trips without a cluster are independent";
  for (Trip& trip : data.trips) trip.cluster = "all";
  const FitResult one = fit(likelihood);
  EXPECT_THAT(one.notes, ElementsAre(HasSubstr("more clusters of trips than free weights; there are 1 and 1")));
  EXPECT_TRUE(std::isnan(one.robust_covariance(0, 0)));
  EXPECT_EQ(one.covariance(0, 0), apart.covariance(0, 0));
}

// The binary logit under a penalty on θ alone, whose feature has size 1: x / n = p(θ) + l1 sign θ + l2 θ, where the
// slope of L is 0 in the middle. Unanimous trips are no harm.
TEST(Fit, UnderAPenaltyOfTwoWaysHasAClosedForm) {
  const auto p = [](double theta) { return 1.0 / (1.0 + std::exp(-theta)); };
  for (const int first : {0, 3, 30, 40}) {
    const RouteData data = two_ways(first, 40);
    Likelihood likelihood(data);
    for (const double scale : {0.01, 1.0}) {
      const FitResult ridge = fit(likelihood, {.l2 = 0.2 * scale});
      const double theta = ridge.weights(0);
      EXPECT_EQ(ridge.status, Status::Converged) << first;
      EXPECT_THAT(ridge.warnings, IsEmpty());
      EXPECT_NEAR(first / 40.0, p(theta) + 0.2 * scale * theta, 1e-5);
      EXPECT_NEAR(ridge.objective, ridge.log_likelihood - 40 * 0.1 * scale * theta * theta, 1e-9);
      const double information = 40 * p(theta) * (1 - p(theta)), all = information + 40 * 0.2 * scale;
      EXPECT_NEAR(ridge.covariance(0, 0), 1 / all, 1e-9);
      EXPECT_NEAR(ridge.degrees_of_freedom, information / all, 1e-9);
      const double share = first / 40.0;  // the variance of a trip's score is that of its choice
      EXPECT_NEAR(ridge.robust_covariance(0, 0), 40 * share * (1 - share) / (all * all), 1e-9);

      const FitResult lasso = fit(likelihood, {.l1 = 0.1 * scale});
      const double slope = share - 0.5;
      EXPECT_EQ(lasso.status, Status::Converged) << first << " " << scale;
      if (std::abs(slope) <= 0.1 * scale)
        EXPECT_EQ(lasso.weights(0), 0.0);
      else
        EXPECT_NEAR(p(lasso.weights(0)), share - std::copysign(0.1 * scale, slope), 1e-5);
      EXPECT_EQ(lasso.degrees_of_freedom, lasso.weights(0) != 0.0);
      EXPECT_TRUE(std::isnan(lasso.covariance(0, 0)));
    }
  }
}

// A penalty so great that it holds one weight at 0: the other two are those of a fit without it.
TEST(Fit, L1LeavesOutAWeight) {
  const RouteData data = random_routes({}, Ending::ByMove, 60, 4);
  Likelihood likelihood(data);
  const FitResult all = fit(likelihood, {.l1 = 0.02});
  EXPECT_EQ(all.status, Status::Converged);
  const FitResult strong = fit(likelihood, {.l1 = 0.5});
  EXPECT_EQ(strong.status, Status::Converged);
  int zeros = 0;
  std::vector<NamedWeight> fixed;
  for (int j = 0; j < 3; ++j) {
    if (strong.weights(j) != 0.0) continue;
    ++zeros;
    EXPECT_FALSE(strong.estimated[j]);
    fixed.push_back({data.network.features[j], 0.0});
  }
  ASSERT_GT(zeros, 0);
  const FitResult without = fit(likelihood, {.fixed = fixed, .l1 = 0.5});
  EXPECT_NEAR(without.objective, strong.objective, 2e-8);
  EXPECT_LT((without.weights - strong.weights).norm(), 1e-3);
}

// Twice the trips, other units: the same penalised weights.
TEST(Fit, PenaltiesDoNotDependOnTripsOrUnits) {
  RouteData data = random_routes({}, Ending::ByMove, 60, 4);
  Likelihood likelihood(data);
  for (const FitOptions& options :
       {FitOptions{.l1 = 0.05}, FitOptions{.l2 = 0.05}, FitOptions{.l1 = 0.02, .l2 = 0.02}}) {
    const FitResult once = fit(likelihood, options);
    RouteData twice = data;
    twice.trips.insert(twice.trips.end(), data.trips.begin(), data.trips.end());
    const Eigen::Vector3d units(60.0, 1.0, 1e-3);
    twice.network.attributes = data.network.attributes * units.asDiagonal();
    Likelihood other(twice);
    const FitResult scaled = fit(other, options);
    EXPECT_EQ(scaled.status, Status::Converged);
    for (int j = 0; j < 3; ++j) EXPECT_NEAR(scaled.weights(j) * units(j), once.weights(j), 2e-3);
    EXPECT_NEAR(scaled.objective, 2 * once.objective, 1e-7);
  }
}

// Stopped after every four iterations and continued from what it said then, a search reaches the same maximum.
TEST(Fit, ContinuesFromACheckpoint) {
  const RouteData data = random_routes({}, Ending::ByMove, 60, 4);
  Likelihood likelihood(data);
  const FitResult whole = fit(likelihood);
  std::optional<FitCheckpoint> last;
  FitResult part{};
  for (int runs = 1; runs < 200; ++runs) {
    part = fit(likelihood,
               {.max_iterations = 4, .checkpoint = [&](const FitCheckpoint& here) { last = here; }, .resume = last});
    if (part.status == Status::Converged) break;
    ASSERT_TRUE(last);
    EXPECT_EQ(last->weights, part.weights);
    EXPECT_EQ(last->iterations, 4 * runs);
    EXPECT_NEAR(last->objective, part.log_likelihood, 1e-9);
  }
  EXPECT_EQ(part.status, Status::Converged);
  EXPECT_NEAR(part.log_likelihood, whole.log_likelihood, 2e-8);

  const auto refuses = [&](const FitCheckpoint& checkpoint, const FitOptions& other, const std::string& words) {
    FitOptions options = other;
    options.resume = checkpoint;
    EXPECT_THAT([&] { fit(likelihood, options); }, ThrowsMessage<std::invalid_argument>(HasSubstr(words)));
  };
  refuses(*last, {.fixed = {{"f0", 0.5}}}, "other options");
  refuses(*last, {.l2 = 0.1}, "other options");
  FitCheckpoint renamed = *last;
  renamed.names[0] = "speed";
  refuses(renamed, {}, "other weights: speed, f1, f2");
  RouteData less = data;
  less.trips.pop_back();
  Likelihood of_others(less);
  EXPECT_THROW(fit(of_others, {.resume = last}), std::invalid_argument);
}

// A street of two links around which one may drive in circles, each lap at weight e^2θ: a trip of n laps has the
// geometric probability e^2θn (1 − e^2θ), so e^2θ = m / (1 + m), m the mean of n. Many laps put the maximum close to
// the edge of the domain, where the first steps of a search overshoot.
TEST(Fit, StepsBackFromTheEdgeOfTheDomain) {
  RouteData data;
  data.network = network_of(2, {{0, 1}, {1, 0}}, {{1}, {1}});
  data.destinations = {{.name = "d", .links = {0}}};
  std::vector<int> links{0};
  for (int lap = 0; lap < 200; ++lap) links.insert(links.end(), {1, 0});
  data.trips = {make_trip(data, "a", 0, links), make_trip(data, "b", 0, {0, 1, 0})};
  const double laps = 201.0 / 2.0;
  Likelihood likelihood(data);
  const FitResult result = fit(likelihood, {.start = {{"f0", -1.0}}});
  EXPECT_EQ(result.status, Status::Converged);
  EXPECT_NEAR(result.weights(0), 0.5 * std::log(laps / (1 + laps)), 1e-6);
  EXPECT_GT(result.infeasible_trials, 0);
  EXPECT_LT(result.radius.upper, 1.0);
}

TEST(Fit, LeavesFixedWeightsAlone) {
  const RouteData data = random_routes({}, Ending::ByMove, 40, 3);
  Likelihood likelihood(data);
  const FitResult result = fit(likelihood, {.fixed = {{"f2", -1.5}}});
  EXPECT_EQ(result.status, Status::Converged);
  EXPECT_EQ(result.weights(2), -1.5);
  EXPECT_EQ(result.estimated, (std::vector{true, true, false}));
  EXPECT_EQ(result.covariance(2, 2), 0.0);
  const Eigen::VectorXd gradient = likelihood.evaluate(result.weights).gradient;
  EXPECT_LT(gradient.head(2).norm(), 1e-4);
  EXPECT_GT(std::abs(gradient(2)), 1e-2) << "only a fixed weight may have a slope left";

  const FitResult none = fit(likelihood, {.fixed = {{"f0", -1}, {"f1", -1}, {"f2", -1.5}}});
  EXPECT_EQ(none.status, Status::Converged);
  EXPECT_EQ(none.log_likelihood, likelihood.curvature(Eigen::Vector3d(-1, -1, -1.5)).log_likelihood);
}

// A bound that cuts off the maximum holds the weight there: the others are as if it were fixed. One that does not
// changes nothing.
TEST(Fit, KeepsToBounds) {
  const RouteData data = random_routes({}, Ending::ByMove, 40, 3);
  Likelihood likelihood(data);
  const FitResult free = fit(likelihood, {.tolerance = 1e-10});
  const double bound = free.weights(2) - 0.5;
  const FitResult cut = fit(likelihood, {.bounds = {{.name = "f2", .upper = bound}}, .tolerance = 1e-10});
  const FitResult fixed = fit(likelihood, {.fixed = {{"f2", bound}}, .tolerance = 1e-10});
  EXPECT_EQ(cut.status, Status::Converged);
  EXPECT_EQ(cut.weights(2), bound);
  EXPECT_EQ(cut.at_bound, (std::vector{false, false, true}));
  EXPECT_EQ(cut.estimated, (std::vector{true, true, false}));
  EXPECT_NEAR(cut.log_likelihood, fixed.log_likelihood, 1e-9);
  EXPECT_LT((cut.weights - fixed.weights).norm(), 1e-4);
  EXPECT_TRUE(cut.covariance.isApprox(fixed.covariance, 1e-3));

  const FitResult loose = fit(likelihood, {.bounds = {{.name = "f2", .upper = 0.0}}, .tolerance = 1e-10});
  EXPECT_EQ(loose.status, Status::Converged);
  EXPECT_EQ(loose.at_bound, std::vector<bool>(3, false));
  EXPECT_LT((loose.weights - free.weights).norm(), 1e-4);
}

// The maximum is one, whatever the start: also of random walks that end on entering their destination, whose weights
// are outside what the network without ends allows.
TEST(Fit, DoesNotDependOnTheStart) {
  for (const Ending ending : {Ending::ByMove, Ending::OnEntering}) {
    const RouteData data = random_routes({}, ending, 60, 4);
    Likelihood likelihood(data);
    const FitResult a = fit(likelihood, {.tolerance = 1e-10});
    const FitResult b = fit(likelihood, {.start = {{"f0", -3}, {"f2", -4}}, .tolerance = 1e-10});
    EXPECT_EQ(a.status, Status::Converged);
    EXPECT_EQ(b.status, Status::Converged);
    EXPECT_LT((a.weights - b.weights).norm(), 1e-4);
    EXPECT_NEAR(a.log_likelihood, b.log_likelihood, 1e-9);
  }
}

// Minutes or nanoseconds: weights and errors scale, and nothing else changes, not even what the search does but for
// rounding.
// Two ways to each of 16 destinations, as above. The trips to two of them make the sample; it knows nothing of the
// second feature, that of the first way to destination 3 alone.
TEST(Fit, EndsWhereItShouldAfterTheFitOfASample) {
  RouteData data;
  std::vector<std::pair<int, int>> moves;
  std::vector<std::vector<double>> features;
  for (int d = 0; d < 16; ++d) {
    const int link = 4 * d;
    for (const auto& move : {std::pair(link, link + 1), {link, link + 2}, {link + 1, link + 3}, {link + 2, link + 3}}) {
      const double first = move.second == link + 1 ? 1.0 : 0.0;
      moves.push_back(move);
      features.push_back(d == 3 ? std::vector{0.0, first} : std::vector{first, 0.0});
    }
    data.destinations.push_back({.name = fmt::format("{}", d), .links = {link + 3}});
  }
  data.network = network_of(64, moves, features);
  int first_ways = 0;
  for (int d = 0; d < 16; ++d) {
    const int first = d == 3 ? 14 : 3 + d % 8;
    if (d != 3) first_ways += first;
    for (int t = 0; t < 20; ++t)
      data.trips.push_back(
          make_trip(data, fmt::format("{} {}", d, t), d, {4 * d, 4 * d + (t < first ? 1 : 2), 4 * d + 3}));
  }
  Likelihood likelihood(data);
  const FitResult result = fit(likelihood);
  EXPECT_EQ(result.status, Status::Converged);
  EXPECT_GT(result.sample_evaluations, 0);
  const double p = first_ways / 300.0, error = 1.0 / std::sqrt(300 * p * (1 - p));
  EXPECT_NEAR(result.weights(0), std::log(p / (1 - p)), 2e-4 * error);
  EXPECT_NEAR(result.weights(1), std::log(0.7 / 0.3), 2e-4 / std::sqrt(20 * 0.7 * 0.3));
  EXPECT_NEAR(std::sqrt(result.covariance(0, 0)), error, 1e-3 * error);

  // What is wrong with the options is for the fit of all trips to say.
  EXPECT_THAT(
      [&] {
        fit(likelihood, {.start = {{"c", 1.0}}});
      },
      ThrowsMessage<std::invalid_argument>(HasSubstr("\"c\"")));
}

TEST(Fit, DoesNotDependOnUnits) {
  RouteData data = random_routes({}, Ending::ByMove, 60, 4);
  Likelihood likelihood(data);
  const FitResult a = fit(likelihood);
  ASSERT_THAT(a.warnings, IsEmpty());
  const Eigen::Vector3d units(6e10, 1.0, 1e-7);
  data.network.attributes = data.network.attributes * units.asDiagonal();
  Likelihood scaled(data);
  const FitResult b = fit(scaled);
  EXPECT_EQ(b.status, Status::Converged);
  EXPECT_THAT(b.warnings, IsEmpty());
  EXPECT_NEAR(a.log_likelihood, b.log_likelihood, 1e-8);
  EXPECT_NEAR(a.condition_number / b.condition_number, 1.0, 1e-3);
  for (int j = 0; j < 3; ++j) {
    const double error = std::sqrt(a.covariance(j, j));
    EXPECT_NEAR(b.weights(j) * units(j), a.weights(j), 1e-3 * error);
    EXPECT_NEAR(std::sqrt(b.covariance(j, j)) * units(j), error, 1e-3 * error);
  }
}

TEST(Fit, SaysWhenTheDataCannotTell) {
  RouteData data = random_routes({.features = 3}, Ending::ByMove, 40, 3);
  data.network.features = {"time", "minutes", "constant"};
  data.network.attributes.col(1) = 60.0 * data.network.attributes.col(0);
  Likelihood collinear(data);
  FitResult result = fit(collinear);
  EXPECT_THAT(result.warnings, ElementsAre(AllOf(HasSubstr("time, minutes"), HasSubstr("fix one"))));
  EXPECT_EQ(result.status, Status::Converged);
  EXPECT_TRUE(std::isnan(result.covariance(0, 0)));
  EXPECT_GT(result.covariance(2, 2), 0.0);

  const FitResult cured = fit(collinear, {.fixed = {{"minutes", 0.0}}});
  EXPECT_THAT(cured.warnings, IsEmpty());
  EXPECT_NEAR(cured.log_likelihood, result.log_likelihood, 1e-7) << "fixing one of two collinear weights costs nothing";

  data.network.attributes.col(1).setZero();
  Likelihood nowhere(data);
  EXPECT_THAT(fit(nowhere).warnings, ElementsAre(HasSubstr("minutes is 0 on every move;")));
}

TEST(Fit, HoldsAWeightThatWouldRunToInfinity) {
  const RouteData data = two_ways(0, 10);
  Likelihood likelihood(data);
  const FitResult result = fit(likelihood, {.start = {{"f0", -2.0}}});
  EXPECT_THAT(result.warnings, ElementsAre(AllOf(HasSubstr("f0 is 0 on every move of every trip"), HasSubstr("-2"))));
  EXPECT_EQ(result.weights(0), -2.0);
  EXPECT_FALSE(result.estimated[0]);
  EXPECT_TRUE(std::isnan(result.covariance(0, 0)));
}

// All trips take the way of feature 1: the likelihood rises for ever as its weight grows.
TEST(Fit, SaysWhenTheTripsAreUnanimous) {
  const RouteData data = two_ways(40, 40);
  Likelihood likelihood(data);
  const FitResult result = fit(likelihood);
  EXPECT_THAT(result.warnings, ElementsAre(HasSubstr("do not determine f0")));
  EXPECT_FALSE(result.estimated[0]);
  EXPECT_TRUE(std::isnan(result.covariance(0, 0)));
  EXPECT_TRUE(std::isfinite(result.weights(0)));
}

TEST(Fit, StopsAtTheIterationLimit) {
  const RouteData data = random_routes({}, Ending::ByMove, 40, 3);
  Likelihood likelihood(data);
  std::vector<double> told;
  const FitResult result = fit(likelihood, {.max_iterations = 2, .progress = [&](const Progress& progress) {
                                              EXPECT_EQ(progress.measurements[0].name, "log_likelihood");
                                              told.push_back(progress.measurements[0].value);
                                            }});
  EXPECT_EQ(result.status, Status::IterationLimit);
  EXPECT_EQ(result.iterations, 2);
  EXPECT_GT(result.remaining_gain, 1e-8);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_GT(told[1], told[0]);
  EXPECT_NEAR(told[1], result.log_likelihood, 1e-9);
}

TEST(Fit, PassesOnWhatTheObserverThrows) {
  const RouteData data = two_ways(10, 40);
  Likelihood likelihood(data);
  EXPECT_THROW(fit(likelihood, {.progress = [](const Progress&) { throw std::runtime_error("stop"); }}),
               std::runtime_error);
}

TEST(Fit, NamesTheOptionItRefuses) {
  const RouteData data = random_routes({}, Ending::ByMove, 40, 3);
  Likelihood likelihood(data);
  const auto refuses = [&](const FitOptions& options, const std::string& a, const std::string& b) {
    EXPECT_THAT([&] { fit(likelihood, options); },
                ThrowsMessage<std::invalid_argument>(AllOf(HasSubstr(a), HasSubstr(b))));
  };
  refuses({.start = {{"speed", 1.0}}}, "start", "unknown weight \"speed\" (weights: f0, f1, f2)");
  refuses({.fixed = {{"f0", 1.0}, {"f0", 2.0}}}, "fix", "twice");
  refuses({.start = {{"f0", std::nan("")}}}, "start: f0", "nan");
  refuses({.max_iterations = 0}, "max_iterations", "0");
  refuses({.tolerance = 0.0}, "tolerance", "0");
  refuses({.l1 = -1.0}, "l1", "-1");
  refuses({.l2 = std::numeric_limits<double>::infinity()}, "l2", "inf");
  refuses({.start = {{"f0", 1.0}, {"f1", 1.0}, {"f2", 1.0}}}, "start", "spectral radius is between");
  refuses({.fixed = {{"f2", 1000.0}}}, "fix f2=1000: no feasible start was found", "diverges");
  refuses({.start = {{"f0", -1e308}}}, "start f0=-1e+308: no feasible start was found",
          "utility of a move is too large");
  refuses({.bounds = {{"f0", 5.0, 9.0}, {"f1", 5.0, 9.0}, {"f2", 5.0, 9.0}}, .prefix = "--"},
          "no feasible start was found, give one by --start; at the last weights tried", "diverges");
  refuses({.start = {{"f0", -1.0}}, .fixed = {{"f0", -3.0}}}, "start: f0=-1 is fixed", "fix f0=-3");
  refuses({.bounds = {{.name = "speed"}}}, "bounds", "unknown weight \"speed\"");
  refuses({.bounds = {{.name = "f0", .lower = 1.0, .upper = 1.0}}}, "bounds of f0", "1 must be below 1");
  refuses({.start = {{"f0", 1.0}}, .bounds = {{.name = "f0", .upper = 0.0}}}, "start: f0=1", "not between its bounds");
  refuses({.start = {{"speed", 1.0}}, .prefix = "--"}, "--start", "unknown weight");
  refuses({.max_iterations = 0, .prefix = "--"}, "--max-iterations", "0");
  EXPECT_THAT(
      [&] {
        all_named_weights(data.network.features, "--weights", {{"f0", 1.0}, {"f2", 1.0}});
      },
      ThrowsMessage<std::invalid_argument>(HasSubstr("--weights: f1 is missing")));
  EXPECT_EQ(all_named_weights(data.network.features, "--weights", {{"f2", 3.0}, {"f0", 1.0}, {"f1", 2.0}}),
            Eigen::Vector3d(1.0, 2.0, 3.0));
}

// Estimates of Fosgerau, Frejinger and Karlström (2013) on these trips, with the standard errors they print, which are
// the robust ones: travel time −2.494 (0.098), left turns −0.933 (0.030), link constant −0.411 (0.013), u-turns −4.459
// (0.114). They print a log-likelihood of −6303.9; at their estimates these trips have −6302.93.
TEST(FitSlow, FindsThePublishedEstimatesOnTheTripsOfBorlange) {
  const std::filesystem::path folder = data_folder() / "borlange";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no data at " << folder << "; set SOFTRL_DATA";
  const RouteData data =
      read_routes(read_study(std::filesystem::path(SOFTRL_SOURCE_DIR) / "examples/borlange.toml"), folder);
  Likelihood likelihood(data);
  const Eigen::Vector4d published(-2.494, -0.933, -0.411, -4.459), errors(0.098, 0.030, 0.013, 0.114);
  const double at_published = likelihood.evaluate(published).log_likelihood;
  EXPECT_NEAR(at_published, -6302.93, 0.005);

  const FitResult result = fit(likelihood);
  EXPECT_EQ(result.status, Status::Converged);
  for (int j = 0; j < 4; ++j) {
    EXPECT_NEAR(result.weights(j), published(j), 0.0005) << data.network.features[j];
    EXPECT_NEAR(std::sqrt(result.robust_covariance(j, j)), errors(j), 0.0005) << data.network.features[j];
  }
  EXPECT_GE(result.log_likelihood, at_published);
  EXPECT_LT(result.radius.upper, 1.0);
}

// A likelihood that has no second derivatives.
class WithoutCurvature final : public RouteModel {
 public:
  explicit WithoutCurvature(const RouteData& data) : model_(data) {}
  const RouteData& data() const override { return model_.data(); }
  const std::vector<std::string>& weight_names() const override { return model_.weight_names(); }
  FeatureSummary features() const override { return model_.features(); }
  LikelihoodValue evaluate(const Eigen::VectorXd& weights) override { return model_.evaluate(weights); }
  LikelihoodCurvature curvature(const Eigen::VectorXd&) override { return {.status = PathSumStatus::Inaccurate}; }
  SpectralRadius radius(const SpectralRadiusOptions& options) override { return model_.radius(options); }
  bool origin_matters() const override { return false; }
  std::vector<RoutePolicy> policies(const Eigen::VectorXd& weights, const std::vector<TripEnds>& trips) override {
    return model_.policies(weights, trips);
  }

 private:
  Likelihood model_;
};

// The search ends where it should all the same, and says that no more is known of the weights.
TEST(Fit, WithoutCurvatureSaysSoWithTheWeights) {
  const RouteData data = random_routes({}, Ending::ByMove, 40, 3);
  WithoutCurvature model(data);
  Likelihood whole(data);
  const FitResult result = fit(model), expected = fit(whole);
  EXPECT_EQ(result.status, Status::Stalled);
  EXPECT_NEAR(result.log_likelihood, expected.log_likelihood, 1e-6);
  EXPECT_LT((result.weights - expected.weights).cwiseAbs().maxCoeff(), 1e-3);
  EXPECT_EQ(std::count(result.estimated.begin(), result.estimated.end(), true), 0);
  EXPECT_TRUE(result.covariance.array().isNaN().all());
  EXPECT_THAT(result.warnings, testing::Contains(HasSubstr("errors are not known")));
}

// No trip of this sample enters a living street, but some pass by: the likelihood rises by 10 nats as its weight goes
// to minus infinity, the last thousandth of them so slowly that the search stops.
TEST(FitSlow, TellsASeparableWeightOfShanghaiFromOneThatDoesNotMatter) {
  const std::filesystem::path folder = data_folder() / "shanghai";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no data at " << folder << "; set SOFTRL_DATA";
  Study study = read_study(std::filesystem::path(SOFTRL_SOURCE_DIR) / "examples/shanghai.toml");
  use_trips(study, TripSet::Train, {.fold = 0, .train_size = 1000});
  const RouteData data = read_routes(study, folder);
  Likelihood likelihood(data);
  const FitResult result = fit(likelihood);
  ASSERT_EQ(result.warnings.size(), 1u);
  EXPECT_THAT(result.warnings[0],
              AllOf(HasSubstr("do not determine living_street"), HasSubstr("rises for ever"), HasSubstr("L2 penalty")));
  const auto found = std::find(data.network.features.begin(), data.network.features.end(), "living_street");
  Eigen::VectorXd without = result.weights;
  without(found - data.network.features.begin()) = 0.0;
  EXPECT_LT(likelihood.evaluate(without).log_likelihood, result.log_likelihood - 5.0);
}

}  // namespace
}  // namespace softrl::irl
