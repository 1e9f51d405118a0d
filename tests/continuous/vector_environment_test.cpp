#include "continuous/vector_environment.hpp"

#include <gmock/gmock.h>

#include "softrl/random.hpp"

namespace softrl::continuous {
namespace {

RowMatrix random_actions(const Task& task, int copies, Random& random) {
  const BoxSpace& box = task.action_box();
  RowMatrix actions(copies, box.low.size());
  for (Eigen::Index i = 0; i < actions.rows(); ++i) {
    for (Eigen::Index j = 0; j < actions.cols(); ++j) actions(i, j) = random.uniform(box.low(j), box.high(j));
  }
  return actions;
}

class EveryVectorTask : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Tasks, EveryVectorTask,
                         testing::Values("Ant-v5", "Hopper-v5", "InvertedPendulum-v5", "Reacher-v5", "lqg",
                                         "multi_goal"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::erase_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
                           return name;
                         });

// Every copy is the task alone, to the last bit, through the ends of episodes; on one thread and on three.
TEST_P(EveryVectorTask, CopiesDoWhatTheTaskDoesAlone) {
  const int copies = 5;
  const auto task = make_task(GetParam());
  for (const int threads : {1, 3}) {
    VectorEnvironment environment(*task, copies, threads);
    std::vector<std::unique_ptr<Task>> alone;
    const RowMatrix& start = environment.reset(7);
    for (int i = 0; i < copies; ++i) {
      alone.push_back(make_task(GetParam()));
      ASSERT_EQ(start.row(i).transpose(), alone.back()->reset(7 + static_cast<std::uint64_t>(i)));
    }
    Random random(1, "actions");
    int ends = 0;
    for (int t = 0; t < 300; ++t) {
      const RowMatrix actions = random_actions(*task, copies, random);
      const VectorStep& step = environment.step(actions);
      for (int i = 0; i < copies; ++i) {
        const auto expected = alone[static_cast<std::size_t>(i)]->step(actions.row(i).transpose());
        ASSERT_EQ(step.next_observations.row(i).transpose(), expected.observation) << "copy " << i << ", step " << t;
        ASSERT_EQ(step.rewards(i), expected.reward);
        ASSERT_EQ(step.terminated(i), expected.terminated);
        ASSERT_EQ(step.truncated(i), expected.truncated);
        for (std::size_t k = 0; k < expected.info.size(); ++k)
          ASSERT_EQ(step.infos(i, static_cast<Eigen::Index>(k)), expected.info[k]);
        const bool over = expected.terminated || expected.truncated;
        ends += over;
        ASSERT_EQ(step.observations.row(i).transpose(),
                  over ? alone[static_cast<std::size_t>(i)]->reset() : expected.observation);
      }
    }
    EXPECT_GE(ends, GetParam() == "Ant-v5" ? 0 : copies) << "ends of episodes were compared too";
  }
}

TEST_P(EveryVectorTask, GoesOnFromASnapshot) {
  const auto task = make_task(GetParam());
  VectorEnvironment original(*task, 3, 2), other(*task, 3);
  Random random(1, "actions");
  original.reset(1);
  for (int t = 0; t < 20; ++t) original.step(random_actions(*task, 3, random));
  other.restore(original.snapshot());
  EXPECT_EQ(other.last().observations, original.last().observations);
  for (int t = 0; t < 100; ++t) {
    const RowMatrix actions = random_actions(*task, 3, random);
    ASSERT_EQ(original.step(actions).observations, other.step(actions).observations);
  }
}

TEST(VectorEnvironment, RefusesBadActionsBeforeAnyCopyMoves) {
  using testing::HasSubstr;
  using testing::ThrowsMessage;
  const auto task = make_task("multi_goal");
  VectorEnvironment environment(*task, 3, 2);
  RowMatrix actions = RowMatrix::Zero(3, 2);
  EXPECT_THAT([&] { environment.step(actions); }, ThrowsMessage<std::invalid_argument>(HasSubstr("reset()")));
  environment.reset(1);
  EXPECT_THAT([&] { environment.step(RowMatrix::Zero(2, 2)); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("rows of actions must have 3 entries, got 2")));
  actions(1, 0) = NAN;
  EXPECT_THAT([&] { environment.step(actions); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("action must be finite, got nan")));
  EXPECT_EQ(environment.step(RowMatrix::Zero(3, 2)).observations, environment.reset(1));
  EXPECT_THAT([&] { VectorEnvironment(*task, 0); }, ThrowsMessage<std::invalid_argument>(HasSubstr("copies")));
  EXPECT_THAT([&] { VectorEnvironment(*task, 1, -1); }, ThrowsMessage<std::invalid_argument>(HasSubstr("threads")));
}

}  // namespace
}  // namespace softrl::continuous
