#include "irl/link_visits.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include <gtest/gtest.h>

#include "irl/maxent_policy.hpp"
#include "small_networks.hpp"

namespace softrl::irl {
namespace {

const Eigen::Vector3d weights(-1.0, -0.5, std::log(0.3));
constexpr Ending endings[] = {Ending::ByMove, Ending::OnEntering};

// A route from link 0 goes round the loop 0 → 0 with probability p and else to 1, where it ends.
TEST(LinkVisits, OfALoopHaveAClosedForm) {
  RouteData data;
  data.network = network_of(3, {{0, 0}, {0, 1}, {2, 0}}, {{0.0}, {0.0}, {0.0}});
  data.destinations = {{.name = "d", .links = {1}}};
  constexpr double never = -std::numeric_limits<double>::infinity();
  const double p = 0.75;
  const RoutePolicy policy(data, 0, Eigen::Vector3d(std::log(p), std::log(1 - p), 0.0),
                           Eigen::Vector3d(never, 0.0, never));
  LinkVisits visits(data.network);
  visits.set_policy(policy);
  const Eigen::VectorXd expected = visits.expected_visits(Eigen::Vector3d(0.0, 0.0, 2.0));
  EXPECT_NEAR(expected(0), 2.0 / (1.0 - p), 1e-12);
  EXPECT_NEAR(expected(1), 2.0, 1e-12);
  EXPECT_EQ(expected(2), 2.0);
  const Eigen::MatrixXd passing = visits.passing({0, 1, 2});
  EXPECT_NEAR(passing(2, 0), 1.0, 1e-12) << "four visits are expected, but one route passes";
  EXPECT_EQ(passing(0, 2), 0.0) << "no way back";
  EXPECT_NEAR(passing(0, 1), 1.0, 1e-12);
  EXPECT_EQ(passing(1, 1), 1.0);
}

// A traveller at a time: mass goes from link to link until it has ended, or is at the link asked for.
TEST(LinkVisits, AgreeWithMassSentFromLinkToLink) {
  for (const Ending ending : endings) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      const RouteData data = random_routes({}, ending, 1, seed);
      const RoadNetwork& network = data.network;
      const RoutePolicy policy = maxent_policy(data, 0, weights);
      LinkVisits visits(network);
      visits.set_policy(policy);
      const int links = network.link_count();
      const Eigen::VectorXd move = policy.move_log_probs().array().exp();
      const auto send = [&](int origin, int stop) {  // Σ of the mass at each link, over 500 steps
        Eigen::VectorXd mass = Eigen::VectorXd::Unit(links, origin), total = mass;
        for (int step = 0; step < 500; ++step) {
          Eigen::VectorXd next = Eigen::VectorXd::Zero(links);
          for (int m = 0; m < network.move_count(); ++m)
            if (network.from[m] != stop) next(network.to[m]) += mass(network.from[m]) * move(m);
          mass = next;
          total += mass;
        }
        return total;
      };
      std::vector<int> all;
      for (int k = 0; k < links; ++k) all.push_back(k);
      const Eigen::MatrixXd passing = visits.passing(all);
      for (int origin = 0; origin < links; ++origin) {
        if (!policy.reaches_from(origin)) continue;
        const Eigen::VectorXd expected = visits.expected_visits(Eigen::VectorXd::Unit(links, origin));
        EXPECT_LT((expected - send(origin, -1)).cwiseAbs().maxCoeff(), 1e-10) << "seed " << seed;
        for (int k = 0; k < links; ++k) {
          EXPECT_NEAR(passing(origin, k), send(origin, k)(k), 1e-10) << "seed " << seed;
          EXPECT_LE(passing(origin, k), expected(k) + 1e-12);
        }
      }
    }
  }
}

TEST(LinkVisits, RefuseRoutesThatNeverEnd) {
  RouteData data;
  data.network = network_of(2, {{0, 1}, {1, 0}}, {{0.0}, {0.0}});
  data.destinations = {{.name = "d", .links = {1}}};
  constexpr double never = -std::numeric_limits<double>::infinity();
  LinkVisits visits(data.network);
  EXPECT_THROW(visits.set_policy(RoutePolicy(data, 0, Eigen::Vector2d::Zero(), Eigen::Vector2d(never, never))),
               std::invalid_argument);
}

}  // namespace
}  // namespace softrl::irl
