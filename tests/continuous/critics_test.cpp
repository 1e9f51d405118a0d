#include "continuous/critics.hpp"

#include <gmock/gmock.h>

#include "differences.hpp"
#include "random_batch.hpp"
#include "torch_generator.hpp"

namespace softrl::continuous {
namespace {

Critics two_critics(int target_interval = 1, double target_rate = 1.0) {
  return Critics(3, 2,
                 {.hidden = {12, 12}, .critics = 2, .target_interval = target_interval, .target_rate = target_rate},
                 test_generator(5), torch::kFloat64);
}

TEST(Critics, GradientOfTheLossIsThatOfDifferences) {
  Critics critics = two_critics();
  const Batch batch = random_batch(7);
  const torch::Tensor targets = torch::randn({7}, test_generator(6), torch::kFloat64);
  critics.loss(batch, targets);
  const torch::Tensor gradient = critics.gradient().clone();
  for (int c = 0; c < 2; ++c) {
    const torch::Tensor& parameters = critics.networks()[static_cast<std::size_t>(c)].parameters();
    expect_gradient(parameters, gradient.chunk(2)[static_cast<std::size_t>(c)],
                    [&] { return critics.loss(batch, targets).item<double>(); });
  }
}

TEST(Critics, TheSmallerCountsWithItsOwnSlope) {
  const Critics critics = two_critics();
  const torch::Tensor states = torch::randn({4, 3}, test_generator(7), torch::kFloat64);
  torch::Tensor actions = torch::randn({4, 6, 2}, test_generator(8), torch::kFloat64);
  torch::Tensor bias =
      critics.networks()[1].parameters().narrow(0, -1, 1);  // so that neither is the smaller everywhere
  bias += (critics.networks()[0].output(states, actions) - critics.networks()[1].output(states, actions)).mean();
  const auto found = critics.q_with_gradient(states, actions);
  const torch::Tensor first = critics.networks()[0].output(states, actions).squeeze(-1);
  const torch::Tensor second = critics.networks()[1].output(states, actions).squeeze(-1);
  EXPECT_TRUE(torch::equal(found.q, at::minimum(first, second)));
  EXPECT_TRUE(torch::equal(found.q, critics.q(states, actions)));
  EXPECT_TRUE((first < second).any().item<bool>() && (second < first).any().item<bool>());
  expect_gradient(actions, found.gradient, [&] { return critics.q(states, actions).sum().item<double>(); });
}

TEST(Critics, TargetsFollowWhenTheyAreDue) {
  Critics critics = two_critics(/*target_interval=*/2, /*target_rate=*/0.5);
  const Batch batch = random_batch(7);
  const torch::Tensor actions = batch.actions.unsqueeze(1), start = critics.target_q(batch.observations, actions);
  EXPECT_TRUE(torch::equal(start, critics.q(batch.observations, actions)));
  critics.fit(batch, batch.rewards);
  EXPECT_TRUE(torch::equal(critics.target_q(batch.observations, actions), start));
  critics.fit(batch, batch.rewards);
  EXPECT_FALSE(torch::equal(critics.target_q(batch.observations, actions), start));
}

// Towards fixed targets the loss falls.
TEST(Critics, FitLowersTheLoss) {
  Critics critics = two_critics();
  const Batch batch = random_batch(7);
  const double before = critics.fit(batch, batch.rewards).item<double>();
  for (int i = 0; i < 200; ++i) critics.fit(batch, batch.rewards);
  EXPECT_LT(critics.loss(batch, batch.rewards).item<double>(), 0.1 * before);
}

}  // namespace
}  // namespace softrl::continuous
