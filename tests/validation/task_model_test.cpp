#include "validation/task_model.hpp"

#include <stdexcept>

#include <gmock/gmock.h>

#include "continuous/lqg.hpp"
#include "continuous/task.hpp"
#include "softrl/random.hpp"

namespace softrl::validation {
namespace {

using Eigen::VectorXd;

VectorXd random_state(const TaskModel& model, Random& random) {
  VectorXd state(static_cast<Eigen::Index>(model.state_axes.size()));
  for (std::size_t i = 0; i < model.state_axes.size(); ++i)
    state(static_cast<Eigen::Index>(i)) = random.uniform(model.state_axes[i].low, model.state_axes[i].high);
  return state;
}

VectorXd random_action(const TaskModel& model, Random& random) {
  VectorXd action(model.action_box.low.size());
  for (double& a : action) a = random.uniform(-1.0, 1.0);
  return action;
}

// From 200 random states, what the model says follows is what the task observes, its states being in the model's box.
TEST(TaskModel, FollowsTheTask) {
  for (const std::string& name : modelled_tasks()) {
    if (name == "lqg") continue;
    const TaskModel model = task_model(name);
    const auto task = continuous::make_task(name);
    Random random(1, name);
    for (int trial = 0; trial < 200; ++trial) {
      const VectorXd state = random_state(model, random), action = random_action(model, random);
      EXPECT_LT((task->set_state(state) - model.observation(state)).norm(), 1e-12) << name;
      const auto step = task->step(from_unit(task->action_box(), action));
      const auto outcomes = model.law(state, action);
      ASSERT_EQ(outcomes.size(), 1u);
      EXPECT_EQ(outcomes[0].outcome.reward, step.reward) << name;
      EXPECT_EQ(outcomes[0].outcome.terminated, step.terminated) << name;
      const VectorXd& next = outcomes[0].outcome.next_state;
      EXPECT_LT((model.observation(next) - step.observation).norm(), 1e-12) << name;
      for (std::size_t i = 0; i < model.state_axes.size(); ++i) {
        EXPECT_GE(next(static_cast<Eigen::Index>(i)), model.state_axes[i].low) << name;
        EXPECT_LE(next(static_cast<Eigen::Index>(i)), model.state_axes[i].high) << name;
      }
    }
  }
}

TEST(TaskModel, FindsTheStateOfAnObservation) {
  for (const std::string& name : modelled_tasks()) {
    const TaskModel model = task_model(name);
    Random random(2, name);
    for (int trial = 0; trial < 200; ++trial) {
      const VectorXd state = random_state(model, random);
      EXPECT_LT((model.state(model.observation(state)) - state).norm(), 1e-12) << name;
    }
  }
}

// The four outcomes of the noise have its mean 0, covariance σ² I and third moments 0.
TEST(TaskModel, NoiseOfLqgHasTheRightMoments) {
  const TaskModel model = task_model("lqg");
  const auto& system = continuous::lqg_system();
  const Eigen::Vector2d state(0.3, -0.8), action(0.5, -0.2);
  const Eigen::Vector2d mean = system.A * state + system.B * from_unit(model.action_box, action);
  Eigen::Vector2d first = Eigen::Vector2d::Zero(), third = first;
  Eigen::Matrix2d second = Eigen::Matrix2d::Zero();
  for (const auto& [probability, outcome] : model.law(state, action)) {
    const Eigen::Vector2d noise = outcome.next_state - mean;
    first += probability * noise;
    second += probability * noise * noise.transpose();
    third += probability * noise.array().cube().matrix();
  }
  EXPECT_LT(first.norm(), 1e-15);
  EXPECT_LT((second - system.noise * system.noise * Eigen::Matrix2d::Identity()).norm(), 1e-15);
  EXPECT_LT(third.norm(), 1e-15);
}

// N(0, 0.1² I) cut at four deviations, which is a square of probability 0.9999.
TEST(TaskModel, StartsOfMultiGoalHaveTheirMoments) {
  double sum = 0.0;
  Eigen::Vector2d mean = Eigen::Vector2d::Zero();
  Eigen::Matrix2d covariance = Eigen::Matrix2d::Zero();
  for (const auto& [state, probability] : task_model("multi_goal").starts) {
    sum += probability;
    mean += probability * state;
    covariance += probability * state * state.transpose();
  }
  EXPECT_NEAR(sum, 1.0, 1e-12);
  EXPECT_LT(mean.norm(), 1e-15);
  EXPECT_LT((covariance - 0.01 * Eigen::Matrix2d::Identity()).norm(), 2e-5);
}

TEST(TaskModel, ActionsOfTheBoxAndTheUnitBoxAreOneToOne) {
  const BoxSpace box{.low = Eigen::Vector2d(-2.0, 0.0), .high = Eigen::Vector2d(2.0, 1.0)};
  EXPECT_EQ(to_unit(box, Eigen::Vector2d(2.0, 0.0)), Eigen::Vector2d(1.0, -1.0));
  EXPECT_EQ(from_unit(box, Eigen::Vector2d(0.5, 0.0)), Eigen::Vector2d(1.0, 0.5));
}

TEST(TaskModel, SaysWhichTasksItKnows) {
  using ::testing::AllOf;
  using ::testing::HasSubstr;
  EXPECT_THAT([] { task_model("Ant-v5"); }, ::testing::ThrowsMessage<std::invalid_argument>(
                                                AllOf(HasSubstr("Ant-v5"), HasSubstr("double_integrator"))));
}

}  // namespace
}  // namespace softrl::validation
