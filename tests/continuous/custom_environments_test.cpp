#include "continuous/custom_environments.hpp"

#include <cmath>
#include <functional>
#include <utility>

#include <gmock/gmock.h>

#include "continuous/vector_environment.hpp"

namespace softrl::continuous {
namespace {
using testing::HasSubstr;
using testing::ThrowsMessage;

// A task as an environment of the caller's own. Seeds are below 2^31 here and not there, so `seed` stands in for them.
class TaskAsCustom final : public CustomEnvironment {
 public:
  TaskAsCustom(const std::string& name, std::uint64_t seed) : task_(make_task(name)), seed_(seed) {}
  Space observation_space() const override { return task_->observation_space(); }
  Space action_space() const override { return task_->action_space(); }
  Eigen::VectorXd reset(std::optional<std::uint64_t> seed) override {
    return task_->reset(seed ? std::optional(seed_) : std::nullopt);
  }
  Step<Eigen::VectorXd> step(const Eigen::VectorXd& action) override { return task_->step(action); }
  std::optional<std::string> save() const override {
    const Task::Snapshot at = task_->snapshot();
    std::string bytes(reinterpret_cast<const char*>(at.state.data()), sizeof(double) * std::size_t(at.state.size()));
    return bytes + static_cast<char>(at.elapsed) + at.random;
  }
  void load(const std::string& saved) override {
    Task::Snapshot at = task_->snapshot();
    const std::size_t size = sizeof(double) * std::size_t(at.state.size());
    std::copy_n(saved.data(), size, reinterpret_cast<char*>(at.state.data()));
    at.elapsed = static_cast<unsigned char>(saved[size]);
    at.running = true;
    at.random = saved.substr(size + 1);
    task_->restore(at);
  }

 private:
  std::unique_ptr<Task> task_;
  std::uint64_t seed_;
};

CustomEnvironments copies_of(const std::string& task, std::uint64_t seed, int copies) {
  CustomList list;
  for (int i = 0; i < copies; ++i)
    list.push_back(std::make_unique<TaskAsCustom>(task, seed + static_cast<std::uint64_t>(i)));
  return {"custom/" + task, std::move(list)};
}

RowMatrix random_actions(Random& random, const Environments& environments) {
  RowMatrix actions(environments.copies(), environments.action_box().low.size());
  for (double& a : actions.reshaped<Eigen::RowMajor>()) a = random.uniform(-1.0, 1.0);
  return actions;
}

void expect_same(const VectorStep& a, const VectorStep& b, const std::string& where) {
  EXPECT_EQ(a.next_observations, b.next_observations) << where;
  EXPECT_EQ(a.observations, b.observations) << where;
  EXPECT_EQ(a.rewards, b.rewards) << where;
  EXPECT_TRUE((a.terminated == b.terminated).all() && (a.truncated == b.truncated).all()) << where;
}

// Through the ends of many episodes, which each begins anew by itself: to the last bit.
TEST(CustomEnvironments, ATaskAsAnEnvironmentIsTheTask) {
  for (const std::string task : {"multi_goal", "Pendulum-v1", "Hopper-v5"}) {
    VectorEnvironment ours(*make_task(task), 3);
    CustomEnvironments custom = copies_of(task, 11, 3);
    EXPECT_EQ(ours.reset(11), custom.reset(5));
    Random random(1, "actions");
    for (int t = 0; t < 450; ++t) {
      const RowMatrix actions = random_actions(random, ours);
      expect_same(ours.step(actions), custom.step(actions), task);
    }
  }
}

TEST(CustomEnvironments, WhatCanBeSavedGoesOn) {
  CustomEnvironments whole = copies_of("Pendulum-v1", 3, 2), other = copies_of("Pendulum-v1", 77, 2);
  whole.reset(0);
  Random random(1, "actions");
  for (int t = 0; t < 150; ++t) whole.step(random_actions(random, whole));
  other.reset(0);
  other.restore(whole.snapshot());
  EXPECT_EQ(other.last().observations, whole.last().observations);
  for (int t = 0; t < 100; ++t) {
    const RowMatrix actions = random_actions(random, whole);
    expect_same(whole.step(actions), other.step(actions), std::to_string(t));
  }
}

// One whose next outcome is as told.
class Told final : public CustomEnvironment {
 public:
  BoxSpace observations{.low = Eigen::Vector2d(-1, -1), .high = Eigen::Vector2d(1, 1)};
  BoxSpace actions{.low = Eigen::VectorXd::Constant(1, -0.1), .high = Eigen::VectorXd::Constant(1, 0.7)};
  Eigen::VectorXd start = Eigen::Vector2d(0, 0);
  Step<Eigen::VectorXd> next{.observation = Eigen::Vector2d(0, 0)};
  Eigen::VectorXd action;

  Space observation_space() const override { return observations; }
  Space action_space() const override { return actions; }
  Eigen::VectorXd reset(std::optional<std::uint64_t> /*seed*/) override { return start; }
  Step<Eigen::VectorXd> step(const Eigen::VectorXd& taken) override {
    action = taken;
    return next;
  }
};

TEST(CustomEnvironments, NamesStepEntryAndValueOfWhatIsNotFinite) {
  CustomList list;
  list.push_back(std::make_unique<Told>());
  list.push_back(std::make_unique<Told>());
  Told& told = static_cast<Told&>(*list[1]);
  CustomEnvironments environments("custom/told", std::move(list));
  const RowMatrix actions = RowMatrix::Zero(2, 1);
  environments.reset(1);
  environments.step(actions);
  const auto says = [&](const char* words) {
    EXPECT_THAT([&] { environments.step(actions); }, ThrowsMessage<std::invalid_argument>(testing::StrEq(words)));
  };
  told.next.observation(1) = INFINITY;
  says("custom/told: environment 1, step 2: observation[1] must be finite, got inf");
  told.next.observation = Eigen::Vector3d(0, 0, 0);
  says("custom/told: environment 1, step 3: the observation must have 2 entries, got 3");
  told.next = {.observation = Eigen::Vector2d(0, 0), .reward = std::nan("")};
  says("custom/told: environment 1, step 4: the reward must be finite, got nan");
  told.next = {.observation = Eigen::Vector2d(0, 0), .terminated = true};
  told.start(0) = -INFINITY;
  says("custom/told: environment 1, start of an episode after step 5: observation[0] must be finite, got -inf");
}

TEST(CustomEnvironments, ActionsHitTheBoundsExactly) {
  CustomList list;
  list.push_back(std::make_unique<Told>());
  const Told& told = static_cast<Told&>(*list[0]);
  CustomEnvironments environments("custom/told", std::move(list));
  environments.reset(1);
  environments.step(RowMatrix::Constant(1, 1, std::nextafter(0.7, 1.0)));  // as rounding may leave it
  EXPECT_EQ(told.action(0), 0.7);
  environments.step(RowMatrix::Constant(1, 1, 0.3));
  EXPECT_EQ(told.action(0), 0.3);
}

TEST(CustomEnvironments, RefusesSpacesItCannotTrainOn) {
  const auto refuses = [](const char* words, const std::function<void(Told&)>& change) {
    EXPECT_THAT(
        [&] {
          CustomList list;
          list.push_back(std::make_unique<Told>());
          list.push_back(std::make_unique<Told>());
          change(static_cast<Told&>(*list[1]));
          std::swap(list[0], list[words == std::string("another") ? 0 : 1]);
          CustomEnvironments("custom/told", std::move(list));
        },
        ThrowsMessage<std::invalid_argument>(HasSubstr(words)));
  };
  refuses("action space must have finite bounds, got [-inf, 0.7] in entry 0",
          [](Told& t) { t.actions.low(0) = -INFINITY; });
  refuses("action space must have finite bounds, got [-0.1, -0.1]", [](Told& t) { t.actions.high(0) = -0.1; });
  refuses("another", [](Told& t) { t.actions.high(0) = 1.0; });
  refuses("another", [](Told& t) { t.observations.high(0) = 2.0; });
  EXPECT_THAT([] { CustomEnvironments("custom/none", {}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("environments must be at least 1")));
}

}  // namespace
}  // namespace softrl::continuous
