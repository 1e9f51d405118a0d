#include "irl/for_each_policy.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <gtest/gtest.h>

#include "irl/likelihood.hpp"
#include "irl/maxent_policy.hpp"
#include "small_networks.hpp"

namespace softrl::irl {
namespace {

const Eigen::Vector3d weights(-1.0, -0.5, std::log(0.3));

// The maxent model, said to depend on the origin, which it may not find out by itself.
class PairModel final : public RouteModel {
 public:
  explicit PairModel(const RouteData& data) : maxent_(data) {}
  const RouteData& data() const override { return maxent_.data(); }
  const std::vector<std::string>& weight_names() const override { return maxent_.weight_names(); }
  FeatureSummary features() const override { return maxent_.features(); }
  LikelihoodValue evaluate(const Eigen::VectorXd& w) override { return maxent_.evaluate(w); }
  LikelihoodCurvature curvature(const Eigen::VectorXd& w) override { return maxent_.curvature(w); }
  SpectralRadius radius(const SpectralRadiusOptions& options) override { return maxent_.radius(options); }
  bool origin_matters() const override { return true; }
  std::vector<RoutePolicy> policies(const Eigen::VectorXd& w, const std::vector<TripEnds>& trips) override {
    for (const TripEnds& ends : trips) asked.emplace_back(ends.destination, ends.origin);
    return maxent_.policies(w, trips);
  }

  std::vector<std::pair<int, int>> asked;

 private:
  Likelihood maxent_;
};

std::vector<TripEnds> ends_of(const RouteData& data) {
  std::vector<TripEnds> ends;
  for (const Trip& trip : data.trips) ends.push_back({.origin = trip.origin, .destination = trip.destination});
  return ends;
}

TEST(ForEachPolicy, VisitsEveryTripOnceWithItsPolicy) {
  const RouteData data = random_routes({}, Ending::ByMove, 200, 4);
  ASSERT_EQ(data.trips.size(), 200u);
  const std::vector<TripEnds> ends = ends_of(data);
  const auto visit_all = [&](RouteModel& model) {
    std::vector<int> visits(ends.size(), 0);
    int groups = 0;
    std::int64_t done = 0;
    for_each_policy(
        model, weights, ends,
        [&](const RoutePolicy& policy, const std::vector<std::size_t>& trips) {
          ++groups;
          const RoutePolicy own = maxent_policy(data, policy.destination(), weights);
          EXPECT_EQ(policy.move_log_probs(), own.move_log_probs());
          for (const std::size_t t : trips) {
            ++visits[t];
            EXPECT_EQ(ends[t].destination, policy.destination());
            if (model.origin_matters()) {
              EXPECT_EQ(ends[t].origin, ends[trips.front()].origin);
            }
          }
        },
        [&](const Progress& progress) { done = progress.done; });
    EXPECT_EQ(visits, std::vector<int>(ends.size(), 1));
    EXPECT_EQ(done, groups);
    return groups;
  };
  Likelihood one_per_destination(data);
  EXPECT_EQ(visit_all(one_per_destination), 2);
  PairModel one_per_pair(data);
  const int pairs = visit_all(one_per_pair);
  EXPECT_GT(pairs, 2);
  EXPECT_EQ(static_cast<int>(one_per_pair.asked.size()), pairs);
  EXPECT_TRUE(std::is_sorted(one_per_pair.asked.begin(), one_per_pair.asked.end()));
}

}  // namespace
}  // namespace softrl::irl
