#include "continuous/task.hpp"

#include <filesystem>

#include <gmock/gmock.h>

namespace softrl::continuous {
namespace {

Eigen::VectorXd random_action(const Task& task, Random& random) {
  const BoxSpace box = task.action_box();
  Eigen::VectorXd action(box.low.size());
  for (Eigen::Index i = 0; i < action.size(); ++i) action(i) = random.uniform(box.low(i), box.high(i));
  return action;
}

class EveryTask : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Tasks, EveryTask, testing::ValuesIn(task_names()), [](const auto& test) {
  std::string name = test.param;
  std::erase_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
  return name;
});

// Interrupted in the middle of an episode and taken up by another object: the same to the last bit, through the end of
// the episode and the random start of the next.
TEST_P(EveryTask, GoesOnFromASnapshot) {
  const auto original = make_task(GetParam()), other = make_task(GetParam());
  Random actions(1, "actions");
  original->reset(3);
  other->reset(99);
  for (int t = 0; t < 3; ++t) original->step(random_action(*original, actions));
  other->restore(original->snapshot());
  for (int t = 0; t < 1500; ++t) {
    const Eigen::VectorXd action = random_action(*original, actions);
    const auto a = original->step(action), b = other->step(action);
    ASSERT_EQ(a.observation, b.observation) << "step " << t;
    ASSERT_EQ(a.reward, b.reward);
    ASSERT_EQ(a.terminated, b.terminated);
    ASSERT_EQ(a.truncated, b.truncated);
    if (!a.terminated && !a.truncated) continue;
    ASSERT_EQ(original->reset(), other->reset());
  }
}

TEST_P(EveryTask, HasTheSpacesItSays) {
  const auto task = make_task(GetParam());
  EXPECT_EQ(task->reset(1).size(), task->observation_size());
  const auto step = task->step(Eigen::VectorXd::Zero(task->action_size()));
  EXPECT_EQ(step.observation.size(), task->observation_size());
  EXPECT_EQ(step.info.size(), task->info_names().size());
  EXPECT_TRUE((task->action_box().low.array() < task->action_box().high.array()).all());
}

TEST(Task, TruncatesAtItsTimeLimit) {
  const auto task = make_task("multi_goal");
  task->reset(1);
  for (int t = 1; t <= 30; ++t) EXPECT_EQ(task->step(Eigen::Vector2d::Zero()).truncated, t == 30) << t;
  task->set_state(Eigen::Vector2d(1, 1));
  EXPECT_FALSE(task->step(Eigen::Vector2d::Zero()).truncated) << "set_state starts an episode";
}

TEST_P(EveryTask, StepsOnlyInsideAnEpisode) {
  const auto task = make_task(GetParam());
  const Eigen::VectorXd still = Eigen::VectorXd::Zero(task->action_size());
  const auto refused = testing::ThrowsMessage<std::invalid_argument>(testing::HasSubstr("reset() begins one"));
  EXPECT_THAT([&] { task->step(still); }, refused);
  task->reset(1);
  for (int t = 0; t < task->time_limit(); ++t) {
    const auto step = task->step(still);
    if (step.terminated || step.truncated) break;
  }
  EXPECT_THAT([&] { task->step(still); }, refused);
  const auto other = make_task(GetParam());
  other->reset(1);
  other->restore(task->snapshot());
  EXPECT_THAT([&] { other->step(still); }, refused) << "a snapshot knows that the episode is over";
  task->reset();
  EXPECT_NO_THROW(task->step(still));
}

// MuJoCo would print, write MUJOCO_LOG.TXT and begin anew by itself.
TEST(Task, AnUnstableSimulationIsSaidSoAndLeavesNoLog) {
  const auto log = std::filesystem::current_path() / "MUJOCO_LOG.TXT";
  std::filesystem::remove(log);
  for (const std::string name : {"InvertedPendulum-v5", "HalfCheetah-v5"}) {
    const auto task = make_task(name);
    const Eigen::Index size = name == "HalfCheetah-v5" ? 18 : 4;
    const auto unstable = testing::ThrowsMessage<std::runtime_error>(testing::HasSubstr("unstable"));
    Eigen::VectorXd state = Eigen::VectorXd::Zero(size);
    state.tail(size / 2).setConstant(1e12);
    EXPECT_THAT([&] { task->set_state(state); }, unstable) << name;
    state.tail(size / 2).setConstant(1e9);  // allowed in itself; what follows from it is not
    EXPECT_THAT(
        [&] {
          task->set_state(state);
          for (int t = 0; t < 100; ++t) task->step(Eigen::VectorXd::Zero(task->action_size()));
        },
        unstable)
        << name;
    task->reset(1);
    EXPECT_NO_THROW(task->step(Eigen::VectorXd::Zero(task->action_size()))) << "a reset makes it well";
  }
  EXPECT_FALSE(std::filesystem::exists(log));
}

TEST(Task, UnknownOnesAreRefusedWithTheKnownOnes) {
  EXPECT_THAT([] { make_task("Walker"); },
              testing::ThrowsMessage<std::invalid_argument>(
                  testing::AllOf(testing::HasSubstr("unknown task Walker"), testing::HasSubstr("HalfCheetah-v5"),
                                 testing::HasSubstr("InvertedPendulum-v5"), testing::HasSubstr("multi_goal"))));
}

TEST(Task, MissingModelsAreSaidSo) {
  ::setenv("SOFTRL_GYMNASIUM_ASSETS", "no/such/folder", 1);
  EXPECT_THAT([] { make_task("HalfCheetah-v5"); },
              testing::ThrowsMessage<std::runtime_error>(testing::HasSubstr("no/such/folder")));
  ::unsetenv("SOFTRL_GYMNASIUM_ASSETS");
}

}  // namespace
}  // namespace softrl::continuous
