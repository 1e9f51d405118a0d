#include "continuous/soft_q_learning.hpp"

#include <cmath>
#include <numbers>

#include <gmock/gmock.h>

#include "torch_generator.hpp"

namespace softrl::continuous {
namespace {

SoftQLearningOptions small_options() {
  return {.temperature = 0.5,
          .discount = 0.9,
          .hidden = {12, 12},
          .fixed_particles = 5,
          .updated_particles = 4,
          .value_particles = 6,
          .target_interval = 2};
}

Batch random_batch(int size) {
  const auto random = test_generator(11);
  return {.observations = torch::randn({size, 3}, random, torch::kFloat64),
          .actions = torch::empty({size, 2}, torch::kFloat64).uniform_(-1.0, 1.0, random),
          .rewards = torch::randn({size}, random, torch::kFloat64),
          .next_observations = torch::randn({size, 3}, random, torch::kFloat64),
          .continues = torch::ones({size}, torch::kFloat64)};
}

// The gradient that autograd gave in `parameters` against central differences of `loss` in a few entries of each.
void expect_gradient(const std::vector<torch::Tensor>& parameters, const std::function<double()>& loss) {
  const double step = 1e-6;
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    torch::Tensor values = parameters[p].detach().view({-1});
    const torch::Tensor gradient = parameters[p].grad().reshape({-1});
    const std::int64_t stride = std::max<std::int64_t>(1, values.numel() / 5);
    for (std::int64_t i = 0; i < values.numel(); i += stride) {
      const double before = values[i].item<double>();
      values[i] = before + step;
      const double up = loss();
      values[i] = before - step;
      const double down = loss();
      values[i] = before;
      EXPECT_NEAR(gradient[i].item<double>(), (up - down) / (2.0 * step), 1e-6) << "parameter " << p << ", entry " << i;
    }
  }
}

TEST(SoftQLearning, CriticGradientIsThatOfItsLoss) {
  auto options = small_options();
  options.critics = 2;
  SoftQLearning agent(3, 2, options, 1, torch::kFloat64);
  const Batch batch = random_batch(7);
  const torch::Tensor targets = agent.targets(batch);
  agent.critic_loss(batch, targets).backward();
  for (const AdditiveNetwork& critic : agent.critics())
    expect_gradient(critic.parameters(), [&] { return agent.critic_loss(batch, targets).item<double>(); });
}

// The surrogate −mean φ(u_j)·u_j(θ) with φ held: its gradient against differences of the same sum, in which the noise
// is replayed and φ is the one of the unshifted network.
TEST(SoftQLearning, SamplerGradientIsTheAmortisedDirection) {
  SoftQLearning agent(3, 2, small_options(), 1, torch::kFloat64);
  const torch::Tensor observations = random_batch(7).observations;
  const torch::Tensor start = agent.generator().get_state().clone();
  const auto sampled = agent.sampler_loss(observations);
  sampled.loss.backward();
  agent.generator().set_state(start);
  torch::randn({7, 5, 2}, agent.generator(), torch::kFloat64);  // the noise of the fixed particles
  const torch::Tensor noise = torch::randn({7, 4, 2}, agent.generator(), torch::kFloat64);
  expect_gradient(agent.sampler().parameters(), [&] {
    return -(sampled.direction * agent.sampler().forward(observations, noise)).sum(-1).mean().item<double>();
  });
}

// The direction itself, from its parts: scores by differences of Q/α + log Π(1 − tanh²) before the squash.
TEST(SoftQLearning, DirectionFollowsTheDensityBeforeTheSquash) {
  SoftQLearning agent(3, 2, small_options(), 1, torch::kFloat64);
  const torch::Tensor observations = random_batch(3).observations;
  const torch::Tensor start = agent.generator().get_state().clone();
  const torch::Tensor direction = agent.sampler_loss(observations).direction;
  agent.generator().set_state(start);
  const torch::NoGradGuard no_graph;
  const torch::Tensor fixed =
      agent.sampler().forward(observations, torch::randn({3, 5, 2}, agent.generator(), torch::kFloat64));
  const torch::Tensor updated =
      agent.sampler().forward(observations, torch::randn({3, 4, 2}, agent.generator(), torch::kFloat64));
  const auto log_density = [&](const torch::Tensor& u) {
    return agent.q(observations, u.tanh()) / 0.5 + log_squash(u);
  };
  torch::Tensor scores = torch::zeros_like(fixed);
  for (int k = 0; k < 2; ++k) {
    torch::Tensor shift = torch::zeros({2}, torch::kFloat64);
    shift[k] = 1e-6;
    scores.select(2, k).copy_((log_density(fixed + shift) - log_density(fixed - shift)) / 2e-6);
  }
  EXPECT_LT((direction - stein_direction(fixed, scores, updated)).abs().max().item<double>(), 1e-7);
}

// With γ = 0.9 and a critic frozen at its first weights: a terminated step's target is its reward, any other's is
// r + γ V(s'), and V is within α d log 2 of the range of Q over actions.
TEST(SoftQLearning, TerminationEndsAndTruncationBootstraps) {
  SoftQLearning agent(3, 2, small_options(), 1, torch::kFloat64);
  ReplayBuffer replay(4, 3, 2, torch::kFloat64);
  const Eigen::Vector3d s(0.1, -0.2, 0.3);
  const Eigen::Vector2d a(0.5, -0.5);
  replay.add({.observation = s, .action = a, .reward = 7.0, .next_observation = s, .terminated = true});
  replay.add({.observation = s, .action = a, .reward = 7.0, .next_observation = s, .truncated = true});
  replay.add(
      {.observation = s, .action = a, .reward = 7.0, .next_observation = s, .terminated = true, .truncated = true});
  replay.add({.observation = s, .action = a, .reward = 7.0, .next_observation = s});
  const Batch batch = replay.contents();
  const torch::Tensor start = agent.generator().get_state().clone();
  const torch::Tensor targets = agent.targets(batch);
  agent.generator().set_state(start);
  const torch::Tensor values = agent.target_value(batch.next_observations);
  EXPECT_EQ(targets[0].item<double>(), 7.0);
  EXPECT_EQ(targets[2].item<double>(), 7.0);
  EXPECT_NEAR(targets[1].item<double>(), 7.0 + 0.9 * values[1].item<double>(), 1e-14);
  EXPECT_NEAR(targets[3].item<double>(), 7.0 + 0.9 * values[3].item<double>(), 1e-14);
  EXPECT_NE(targets[1].item<double>(), 7.0);
}

// One state that returns to itself with reward 1 whatever is done, d = 1: Q = 1 + γ (Q + α log 2), hence
// Q = (1 + γ α log 2)/(1 − γ). The critic gets there, and the sampler's actions become uniform: variance 1/3.
TEST(SoftQLearning, LearnsTheClosedFormOfOneState) {
  SoftQLearning agent(1, 1,
                      {.temperature = 0.5,
                       .discount = 0.5,
                       .hidden = {32, 32},
                       .critic_learning_rate = 3e-3,
                       .sampler_learning_rate = 1e-3,
                       .fixed_particles = 32,
                       .updated_particles = 32,
                       .value_particles = 16,
                       .target_interval = 50},
                      5);
  const auto random = test_generator(6);
  for (int update = 0; update < 1500; ++update) {
    const torch::Tensor state = torch::zeros({16, 1});
    agent.update({.observations = state,
                  .actions = torch::empty({16, 1}).uniform_(-1.0, 1.0, random),
                  .rewards = torch::ones({16}),
                  .next_observations = state,
                  .continues = torch::ones({16})});
  }
  const torch::NoGradGuard no_graph;
  const double exact = (1.0 + 0.5 * 0.5 * std::numbers::ln2) / (1.0 - 0.5);
  const torch::Tensor grid = torch::linspace(-0.9, 0.9, 19).view({1, 19, 1});
  EXPECT_LT((agent.q(torch::zeros({1, 1}), grid) - exact).abs().max().item<double>(), 0.05);
  const torch::Tensor actions =
      agent.sampler().forward(torch::zeros({1, 1}), torch::randn({1, 20'000, 1}, random)).tanh();
  EXPECT_NEAR(actions.mean().item<double>(), 0.0, 0.06);
  EXPECT_NEAR(actions.var().item<double>(), 1.0 / 3.0, 0.04);
}

TEST(SoftQLearning, HardTargetsMoveOnlyWhenDue) {
  SoftQLearning agent(3, 2, small_options(), 1, torch::kFloat64);  // every second update
  const Batch batch = random_batch(7);
  const auto target = [&] {
    const torch::Tensor state = agent.generator().get_state().clone();
    agent.generator().set_state(test_generator(9).get_state());
    const torch::Tensor value = agent.target_value(batch.observations);
    agent.generator().set_state(state);
    return value;
  };
  const torch::Tensor first = target();
  agent.update(batch);
  EXPECT_TRUE(torch::equal(target(), first));
  agent.update(batch);
  EXPECT_FALSE(torch::equal(target(), first));
}

TEST(SoftQLearning, NamesTheOptionItRefuses) {
  using testing::HasSubstr;
  using testing::ThrowsMessage;
  const auto refused = [](auto change) {
    return [change] {
      SoftQLearningOptions options;
      change(options);
      SoftQLearning(1, 1, options, 1);
    };
  };
  EXPECT_THAT(refused([](auto& o) { o.temperature = 0.0; }),
              ThrowsMessage<std::invalid_argument>(HasSubstr("temperature")));
  EXPECT_THAT(refused([](auto& o) { o.discount = 1.5; }),
              ThrowsMessage<std::invalid_argument>(HasSubstr("discount must be in [0, 1], got 1.5")));
  EXPECT_THAT(refused([](auto& o) { o.critics = 3; }), ThrowsMessage<std::invalid_argument>(HasSubstr("critics")));
  EXPECT_THAT(refused([](auto& o) { o.hidden = {}; }), ThrowsMessage<std::invalid_argument>(HasSubstr("hidden")));
  EXPECT_THAT(refused([](auto& o) { o.target_rate = 0.0; }),
              ThrowsMessage<std::invalid_argument>(HasSubstr("target_rate")));
  EXPECT_THAT(refused([](auto& o) { o.value_particles = 0; }),
              ThrowsMessage<std::invalid_argument>(HasSubstr("value_particles")));
}

}  // namespace
}  // namespace softrl::continuous
