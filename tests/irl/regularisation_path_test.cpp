#include "irl/regularisation_path.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irl/likelihood.hpp"
#include "small_networks.hpp"

namespace softrl::irl {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

std::unique_ptr<RouteModel> maxent(const RouteData& data) { return std::make_unique<Likelihood>(data); }

// Every point is the fit of its penalty from scratch, the log-likelihood rises as the penalty falls, and with L1
// weights come in one by one. The threads change nothing.
TEST(RegularisationPath, IsMadeOfFits) {
  const RouteData data = random_routes({}, Ending::ByMove, 60, 4);
  for (const PenaltyKind kind : {PenaltyKind::L1, PenaltyKind::L2}) {
    PathOptions options{.kind = kind, .greatest = 0.5, .least = 1e-3, .count = 6, .folds = 3, .threads = 1};
    const RegularisationPath path = regularisation_path(maxent, data, options);
    ASSERT_EQ(path.points.size(), 6u);
    EXPECT_NEAR(path.points.front().penalty, 0.5, 1e-12);
    EXPECT_NEAR(path.points.back().penalty, 1e-3, 1e-12);
    for (std::size_t i = 0; i < path.points.size(); ++i) {
      const PathPoint& point = path.points[i];
      FitOptions one;
      (kind == PenaltyKind::L1 ? one.l1 : one.l2) = point.penalty;
      const FitResult alone = fit(*maxent(data), one);
      EXPECT_EQ(point.fit.status, Status::Converged);
      EXPECT_NEAR(alone.objective, point.fit.objective, 2e-8);
      EXPECT_GT(point.fit.log_likelihood, path.points[std::max<std::size_t>(i, 1) - 1].fit.log_likelihood - 1e-8);
    }
    options.threads = 3;
    const RegularisationPath again = regularisation_path(maxent, data, options);
    EXPECT_EQ(again.best, path.best);
    for (std::size_t i = 0; i < path.points.size(); ++i) {
      EXPECT_EQ(again.points[i].fit.weights, path.points[i].fit.weights);
      EXPECT_EQ(again.points[i].held_out, path.points[i].held_out);
    }
    EXPECT_LE(path.one_standard_error, path.best);
    const PathPoint &best = path.points[path.best], &within = path.points[path.one_standard_error];
    EXPECT_GE(within.held_out, best.held_out - best.held_out_error);
  }
}

// Two ways, one weight: of n trips the held-out log-likelihood of a fold is that of a coin whose odds the other trips
// tell, which a penalty of nearly nothing leaves at their share.
TEST(RegularisationPath, HeldOutLikelihoodHasAClosedForm) {
  RouteData data;
  data.network = network_of(4, {{0, 1}, {0, 2}, {1, 3}, {2, 3}}, {{1}, {0}, {0}, {0}});
  data.destinations = {{.name = "d", .links = {3}}};
  for (int t = 0; t < 40; ++t) {
    data.trips.push_back(make_trip(data, fmt::format("{}", t), 0, {0, t < 24 ? 1 : 2, 3}));
    data.trips.back().cluster = t % 2 == 0 ? "even" : "odd";  // 12 and 8 of each
  }
  const RegularisationPath path =
      regularisation_path(maxent, data, {.kind = PenaltyKind::L2, .least = 1e-9, .count = 3, .folds = 2});
  EXPECT_NEAR(path.points.back().held_out, 0.6 * std::log(0.6) + 0.4 * std::log(0.4), 1e-7);
  EXPECT_NEAR(path.points.back().held_out_error, 0.0, 1e-9);
  EXPECT_EQ(path.best, 2);
  EXPECT_EQ(path.points.back().failed, 0);
}

TEST(RegularisationPath, NamesWhatItRefuses) {
  const RouteData data = random_routes({}, Ending::ByMove, 20, 4);
  const auto refuses = [&](const PathOptions& options, const std::string& words) {
    EXPECT_THAT([&] { regularisation_path(maxent, data, options); },
                ThrowsMessage<std::invalid_argument>(HasSubstr(words)));
  };
  refuses({.count = 1}, "count");
  refuses({.folds = 1}, "folds");
  refuses({.folds = 21}, "number of independent trips, 20, got 21");
  refuses({.least = 0.0}, "least");
  refuses({.greatest = 1e-5}, "greatest must be above least");
}

}  // namespace
}  // namespace softrl::irl
