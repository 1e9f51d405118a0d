#include "continuous/soft_actor_critic.hpp"

#include <cmath>

#include <gmock/gmock.h>

#include "differences.hpp"
#include "random_batch.hpp"
#include "torch_generator.hpp"

namespace softrl::continuous {
namespace {

SoftActorCriticOptions small_options() {
  SoftActorCriticOptions options{.discount = 0.9, .temperature = 0.5};
  options.critic.hidden = {12, 12};
  return options;
}

TEST(SoftActorCritic, ActorGradientIsThatOfItsLoss) {
  SoftActorCritic agent(3, 2, small_options(), 1, torch::kFloat64);
  const torch::Tensor observations = random_batch(7).observations;
  at::Generator generator = agent.generator();
  const torch::Tensor start = generator.get_state().clone();
  const torch::Tensor gradient = agent.actor_gradient(observations).gradient.clone();
  expect_gradient(agent.actor().parameters(), gradient, [&] {
    generator.set_state(start);
    return agent.actor_gradient(observations).loss.item<double>();
  });
}

// y = r + γ (1 − terminated) (min Q_target(s', a') − α log π(a'|s')) with the action replayed.
TEST(SoftActorCritic, TargetsAreTheSoftBackup) {
  SoftActorCritic agent(3, 2, small_options(), 1, torch::kFloat64);
  Batch batch = random_batch(7);
  batch.continues[2] = 0.0;
  at::Generator generator = agent.generator();
  const torch::Tensor start = generator.get_state().clone();
  const torch::Tensor targets = agent.targets(batch);
  generator.set_state(start);
  const torch::Tensor noise = torch::randn({7, 2}, generator, torch::kFloat64);
  const SquashedSample next = squashed_sample(agent.actor().output(batch.next_observations).squeeze(1), noise);
  const torch::Tensor q = agent.critic().target_q(batch.next_observations, next.action.unsqueeze(1)).squeeze(1);
  const torch::Tensor expected = batch.rewards + 0.9 * batch.continues * (q - 0.5 * next.log_prob);
  EXPECT_LT((targets - expected).abs().max().item<double>(), 1e-14);
  EXPECT_EQ(targets[2].item<double>(), batch.rewards[2].item<double>());
}

// One step with reward −8 (a − 0.3)² and nothing after: the policy comes to stand at 0.3, and its entropy where it is
// told to be, at −1 nat: with a temperature that the agent has to find.
TEST(SoftActorCritic, LearnsABanditAtTheEntropyItIsTold) {
  SoftActorCriticOptions options{.actor_learning_rate = 1e-3, .temperature_learning_rate = 3e-3};
  options.critic = {
      .hidden = {32, 32}, .critics = 2, .critic_learning_rate = 1e-3, .target_interval = 1, .target_rate = 0.05};
  SoftActorCritic agent(1, 1, options, 3);
  const auto random = test_generator(4);
  double entropy = 0.0;
  for (int update = 0; update < 4000; ++update) {
    const torch::Tensor state = torch::zeros({32, 1});
    const torch::Tensor actions = torch::empty({32, 1}).uniform_(-1.0, 1.0, random);
    const torch::Tensor metrics = agent.update({.observations = state,
                                                .actions = actions,
                                                .rewards = -8.0 * (actions - 0.3).square().squeeze(1),
                                                .next_observations = state,
                                                .continues = torch::zeros({32})});
    entropy += update < 3000 ? 0.0 : metrics[2].item<double>() / 1000.0;
  }
  EXPECT_NEAR(agent.act(torch::zeros({4000, 1})).mean().item<double>(), 0.3, 0.05);
  EXPECT_NEAR(entropy, -1.0, 0.1);
  // A normal of entropy −1 has variance e^(−2 − log 2πe) ≈ 0.0079, which is α/16: α ≈ 0.127, but for the squash.
  EXPECT_NEAR(agent.temperature().item<double>(), 0.127, 0.03);
}

TEST(SoftActorCritic, NamesTheOptionItRefuses) {
  auto options = small_options();
  options.actor_learning_rate = 0.0;
  EXPECT_THAT([&] { SoftActorCritic(1, 1, options, 1); },
              testing::ThrowsMessage<std::invalid_argument>(testing::HasSubstr("actor_learning_rate")));
}

}  // namespace
}  // namespace softrl::continuous
