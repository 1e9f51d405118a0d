#include "continuous/deterministic_policy_gradient.hpp"

#include <cmath>

#include <gmock/gmock.h>

#include "differences.hpp"
#include "random_batch.hpp"
#include "torch_generator.hpp"

namespace softrl::continuous {
namespace {

DeterministicPolicyGradientOptions small_options() {
  DeterministicPolicyGradientOptions options{.discount = 0.9};
  options.critic.hidden = {12, 12};
  return options;
}

TEST(DeterministicPolicyGradient, ActorGradientIsThatOfQ) {
  DeterministicPolicyGradient agent(3, 2, small_options(), 1, torch::kFloat64);
  const torch::Tensor observations = random_batch(7).observations;
  const torch::Tensor gradient = agent.actor_gradient(observations).gradient.clone();
  expect_gradient(agent.actor().parameters(), gradient, [&] {
    return -agent.critic().q(observations, agent.actor().output(observations).tanh()).mean().item<double>();
  });
}

TEST(DeterministicPolicyGradient, TargetsAreTheHardBackup) {
  auto options = small_options();
  Batch batch = random_batch(7);
  batch.continues[2] = 0.0;
  DeterministicPolicyGradient agent(3, 2, options, 1, torch::kFloat64);
  const auto backed_up = [&](const torch::Tensor& actions) {
    const torch::Tensor q = agent.critic().target_q(batch.next_observations, actions).squeeze(1);
    return batch.rewards + 0.9 * batch.continues * q;
  };
  const torch::Tensor actions = agent.actor().output(batch.next_observations).tanh();
  EXPECT_LT((agent.targets(batch) - backed_up(actions)).abs().max().item<double>(), 1e-14);

  options.target_noise = 0.4;
  options.target_noise_clip = 0.1;
  DeterministicPolicyGradient noisy(3, 2, options, 1, torch::kFloat64);  // the same networks
  at::Generator generator = noisy.generator();
  const torch::Tensor start = generator.get_state().clone();
  const torch::Tensor targets = noisy.targets(batch);
  generator.set_state(start);
  const torch::Tensor noise = 0.4 * torch::randn({7, 1, 2}, generator, torch::kFloat64);
  EXPECT_LT((targets - backed_up((actions + noise.clamp(-0.1, 0.1)).clamp(-1.0, 1.0))).abs().max().item<double>(),
            1e-14);
}

// One step with reward −4 (a − 0.3)² and nothing after: the actor comes to stand at 0.3, also as TD3.
TEST(DeterministicPolicyGradient, LearnsABandit) {
  for (const bool td3 : {false, true}) {
    DeterministicPolicyGradientOptions options;
    options.critic.hidden = {32, 32};
    if (td3) {
      options.policy_interval = options.critic.critics = options.critic.target_interval = 2;
      options.target_noise = 0.2;
    }
    DeterministicPolicyGradient agent(1, 1, options, 3);
    const auto random = test_generator(4);
    for (int update = 0; update < 3000; ++update) {
      const torch::Tensor state = torch::zeros({32, 1});
      const torch::Tensor actions = torch::empty({32, 1}).uniform_(-1.0, 1.0, random);
      agent.update({.observations = state,
                    .actions = actions,
                    .rewards = -4.0 * (actions - 0.3).square().squeeze(1),
                    .next_observations = state,
                    .continues = torch::zeros({32})});
    }
    EXPECT_NEAR(agent.actor().output(torch::zeros({1, 1})).tanh().item<double>(), 0.3, 0.03) << "td3 " << td3;
    const torch::Tensor explored = agent.act(torch::zeros({4000, 1}));
    EXPECT_NEAR(explored.std().item<double>(), 0.1, 0.01) << "exploration_noise";
  }
}

TEST(DeterministicPolicyGradient, NamesTheOptionItRefuses) {
  auto options = small_options();
  options.policy_interval = 0;
  EXPECT_THAT([&] { DeterministicPolicyGradient(1, 1, options, 1); },
              testing::ThrowsMessage<std::invalid_argument>(testing::HasSubstr("policy_interval")));
}

}  // namespace
}  // namespace softrl::continuous
