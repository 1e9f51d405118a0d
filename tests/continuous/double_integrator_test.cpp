#include "continuous/double_integrator.hpp"

#include <gmock/gmock.h>

namespace softrl::continuous {
namespace {

// Under a constant force from rest, x = a t² / 2 and v = a t whatever the time step.
TEST(DoubleIntegrator, FallsAsPointsDo) {
  const auto task = make_task("double_integrator");
  task->set_state(Eigen::Vector2d(-1.0, 0.0));
  Eigen::VectorXd observation;
  for (int k = 1; k <= 15; ++k) {
    observation = task->step(Eigen::VectorXd::Constant(1, 0.8)).observation;
    const double t = k * double_integrator_step_s;
    EXPECT_NEAR(observation(0), -1.0 + 0.4 * t * t, 1e-12);
    EXPECT_NEAR(observation(1), 0.8 * t, 1e-12);
  }
}

TEST(DoubleIntegrator, PaysForWhereItIsAndForTheForceAsClipped) {
  const auto task = make_task("double_integrator");
  task->set_state(Eigen::Vector2d(2.0, -1.0));
  EXPECT_DOUBLE_EQ(task->step(Eigen::VectorXd::Constant(1, 7.0)).reward, -(4.0 + 0.1 + 0.1));
  task->set_state(Eigen::Vector2d(4.0, 2.0));
  EXPECT_EQ(task->step(Eigen::VectorXd::Constant(1, 1.0)).observation, Eigen::Vector2d(4.0, 2.0)) << "the walls";
}

TEST(DoubleIntegrator, RefusesStatesBeyondTheWalls) {
  const auto task = make_task("double_integrator");
  EXPECT_THAT(
      [&] { task->set_state(Eigen::Vector2d(4.1, 0.0)); },
      testing::ThrowsMessage<std::invalid_argument>(testing::HasSubstr("position must be in [-4, 4], got 4.1")));
}

}  // namespace
}  // namespace softrl::continuous
