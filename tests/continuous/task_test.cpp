#include "continuous/task.hpp"

#include <cmath>
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

// A clone goes on by itself: what the original does in between does not move it.
TEST_P(EveryTask, ClonesAreIndependent) {
  const auto original = make_task(GetParam()), same = make_task(GetParam());
  Random actions(1, "actions");
  original->reset(3);
  same->reset(3);
  const Eigen::VectorXd first = random_action(*original, actions), second = random_action(*original, actions);
  original->step(first);
  same->step(first);
  const auto clone = original->clone();
  original->step(random_action(*original, actions));
  original->reset(5);
  EXPECT_EQ(clone->step(second).observation, same->step(second).observation);
  EXPECT_EQ(clone->reset(), same->reset());
}

TEST_P(EveryTask, ItsStateStartsAnEpisodeWhereItIs) {
  const auto task = make_task(GetParam()), other = make_task(GetParam());
  const Eigen::VectorXd observation = task->reset(1);
  EXPECT_EQ(task->state().size(), task->state_size());
  EXPECT_EQ(other->set_state(task->state()), observation);
}

TEST_P(EveryTask, RefusesWhatIsNotFiniteAndStaysAsItWas) {
  using testing::HasSubstr;
  using testing::ThrowsMessage;
  const auto task = make_task(GetParam());
  task->reset(1);
  const Eigen::VectorXd before = task->state();
  for (const double bad : {NAN, INFINITY, -INFINITY}) {
    Eigen::VectorXd action = Eigen::VectorXd::Zero(task->action_size());
    action(action.size() - 1) = bad;
    EXPECT_THAT([&] { task->step(action); }, ThrowsMessage<std::invalid_argument>(HasSubstr("action must be finite")));
    Eigen::VectorXd state = before;
    state(state.size() - 1) = bad;
    EXPECT_THAT([&] { task->set_state(state); },
                ThrowsMessage<std::invalid_argument>(HasSubstr("state must be finite")));
  }
  EXPECT_THAT([&] { task->step(Eigen::VectorXd::Zero(task->action_size() + 1)); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("action must have")));
  EXPECT_THAT([&] { task->set_state(Eigen::VectorXd::Zero(task->state_size() + 1)); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("state must have")));
  EXPECT_EQ(task->state(), before);
  EXPECT_NO_THROW(task->step(Eigen::VectorXd::Zero(task->action_size())));
}

TEST_P(EveryTask, HasTheSpacesItSays) {
  const auto task = make_task(GetParam());
  EXPECT_EQ(task->reset(1).size(), task->observation_size());
  const auto step = task->step(Eigen::VectorXd::Zero(task->action_size()));
  EXPECT_EQ(step.observation.size(), task->observation_size());
  EXPECT_EQ(step.info.size(), task->info_names().size());
  EXPECT_EQ(step.info.size(), static_cast<std::size_t>(task->info_size()));
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

TEST(Task, OptionsChangeWhatTheySay) {
  const auto task = make_task("Ant-v5", {{"include_cfrc_ext_in_observation", "false"},
                                         {"exclude_current_positions_from_observation", "false"},
                                         {"frame_skip", "2"},
                                         {"max_episode_steps", "3"}});
  EXPECT_EQ(task->observation_size(), 29);
  EXPECT_EQ(make_task("Ant-v5")->observation_size(), 105);
  EXPECT_DOUBLE_EQ(task->step_s(), 2 * 0.01);
  task->reset(1);
  for (int t = 1; t <= 3; ++t) EXPECT_EQ(task->step(Eigen::VectorXd::Zero(8)).truncated, t == 3);
}

// What task_options() lists is what make_task() takes, value by value.
TEST_P(EveryTask, TakesItsOwnDefaults) {
  TaskSettings defaults;
  for (const TaskOption& option : task_options(GetParam())) defaults[option.name] = option.value;
  EXPECT_TRUE(defaults.contains("max_episode_steps"));
  const auto plain = make_task(GetParam()), spelt = make_task(GetParam(), defaults);
  EXPECT_EQ(plain->time_limit(), spelt->time_limit());
  EXPECT_EQ(plain->reset(1), spelt->reset(1));
  const Eigen::VectorXd action = plain->action_box().high;
  const auto a = plain->step(action), b = spelt->step(action);
  EXPECT_EQ(a.observation, b.observation);
  EXPECT_EQ(a.reward, b.reward);
  EXPECT_EQ(a.info, b.info);
}

TEST(Task, NamesWhatItRefuses) {
  using testing::HasSubstr;
  const auto refuses = [](const std::string& name, const TaskSettings& settings, const std::string& message) {
    EXPECT_THAT([&] { make_task(name, settings); }, testing::ThrowsMessage<std::invalid_argument>(HasSubstr(message)));
  };
  refuses("Walker", {}, "unknown task Walker (did you mean Walker2d-v5? known: Ant-v5, HalfCheetah-v5");
  refuses("Ant-v5", {{"control_cost_weight", "1"}},
          "unknown option of Ant-v5: control_cost_weight (did you mean "
          "ctrl_cost_weight?");
  refuses("Ant-v5", {{"ctrl_cost_weight", "much"}}, "ctrl_cost_weight must be a finite number, got much");
  refuses("Ant-v5", {{"ctrl_cost_weight", "inf"}}, "ctrl_cost_weight must be a finite number, got inf");
  refuses("Ant-v5", {{"healthy_z_range", "[1, 0.2]"}}, "healthy_z_range must be two numbers, the lower one first");
  refuses("Ant-v5", {{"terminate_when_unhealthy", "yes"}}, "terminate_when_unhealthy must be true or false, got yes");
  refuses("Ant-v5", {{"frame_skip", "0"}}, "frame_skip must be at least 1, got 0");
  refuses("Ant-v5", {{"reset_noise_scale", "-1"}}, "reset_noise_scale must be finite and at least 0, got -1");
  refuses("Ant-v5", {{"main_body", "99"}}, "main_body must be in [0, 13] or a name, got 99");
  refuses("lqg", {{"max_episode_steps", "0"}}, "max_episode_steps must be at least 1, got 0");
}

// A model with fewer numbers than the task reads is refused, not read beyond its end.
TEST(Task, ModelsTooSmallForTheTaskAreRefused) {
  const auto unfit = [](const std::string& name, const TaskSettings& settings, const std::string& message) {
    EXPECT_THAT([&] { make_task(name, settings); },
                testing::ThrowsMessage<std::runtime_error>(testing::HasSubstr(message)));
  };
  unfit("Humanoid-v5", {{"xml_file", "inverted_pendulum.xml"}},
        "inverted_pendulum.xml: this task needs 3 or more positions");
  unfit("InvertedDoublePendulum-v5", {{"xml_file", "hopper.xml"}}, "hopper.xml: this task needs 1 or more sites");
  unfit("Reacher-v5", {{"xml_file", "ant.xml"}}, "has no body fingertip");
  unfit("Ant-v5", {{"xml_file", "./no_such.xml"}}, "no such model file");
  unfit("Ant-v5", {{"main_body", "wing"}}, "has no body wing");
}

TEST(Task, MissingModelsAreSaidSo) {
  ::setenv("SOFTRL_GYMNASIUM_ASSETS", "no/such/folder", 1);
  EXPECT_THAT([] { make_task("HalfCheetah-v5"); },
              testing::ThrowsMessage<std::runtime_error>(testing::HasSubstr("no/such/folder")));
  ::unsetenv("SOFTRL_GYMNASIUM_ASSETS");
}

}  // namespace
}  // namespace softrl::continuous
