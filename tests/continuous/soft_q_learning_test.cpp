#include "continuous/soft_q_learning.hpp"

#include <cmath>
#include <numbers>

#include <gmock/gmock.h>

#include "continuous/stein.hpp"
#include "differences.hpp"
#include "random_batch.hpp"
#include "torch_generator.hpp"

namespace softrl::continuous {
namespace {

SoftQLearningOptions small_options() {
  SoftQLearningOptions options{
      .discount = 0.9, .temperature = 0.5, .fixed_particles = 5, .updated_particles = 4, .value_particles = 6};
  options.critic.hidden = {12, 12};
  options.critic.target_interval = 2;
  return options;
}

SoftQLearning small_agent(const SoftQLearningOptions& options = small_options()) {
  return SoftQLearning(3, 2, options, 1, torch::kFloat64);
}

// Replays the agent's random numbers from where they were.
class Replay {
 public:
  explicit Replay(const SoftQLearning& agent) : generator_(agent.generator()), start_(generator_.get_state().clone()) {}
  void again() { generator_.set_state(start_); }
  torch::Tensor normal(at::IntArrayRef size) { return torch::randn(size, generator_, torch::kFloat64); }
  torch::Tensor uniform(at::IntArrayRef size) {
    return torch::empty(size, torch::kFloat64).uniform_(-1.0, 1.0, generator_);
  }

 private:
  at::Generator generator_;
  torch::Tensor start_;
};

// The surrogate −mean φ(u_j)·u_j(θ) with φ held: its gradient against differences of the same sum, in which the noise
// is replayed and φ is the one of the unshifted network.
TEST(SoftQLearning, SamplerGradientIsTheAmortisedDirection) {
  SoftQLearning agent = small_agent();
  const torch::Tensor observations = random_batch(7).observations;
  Replay replay(agent);
  const auto step = agent.sampler_gradient(observations);
  const torch::Tensor gradient = step.gradient.clone();
  replay.again();
  replay.normal({7, 5, 2});  // the noise of the fixed particles
  const torch::Tensor noise = replay.normal({7, 4, 2});
  expect_gradient(agent.sampler().network().parameters(), gradient, [&] {
    return -(step.direction * agent.sampler().forward(observations, noise).output).sum(-1).mean().item<double>();
  });
}

// The direction itself, from its parts: scores by differences of Q/α + log Π(1 − tanh²) before the squash.
TEST(SoftQLearning, DirectionFollowsTheDensityBeforeTheSquash) {
  SoftQLearning agent = small_agent();
  const torch::Tensor observations = random_batch(3).observations;
  Replay replay(agent);
  const torch::Tensor direction = agent.sampler_gradient(observations).direction;
  replay.again();
  const torch::Tensor fixed = agent.sampler().forward(observations, replay.normal({3, 5, 2})).output;
  const torch::Tensor updated = agent.sampler().forward(observations, replay.normal({3, 4, 2})).output;
  const auto log_density = [&](const torch::Tensor& u) {
    return agent.critic().q(observations, u.tanh()) / 0.5 + log_squash(u);
  };
  torch::Tensor scores = torch::zeros_like(fixed);
  for (int k = 0; k < 2; ++k) {
    torch::Tensor shift = torch::zeros({2}, torch::kFloat64);
    shift[k] = 1e-6;
    scores.select(2, k).copy_((log_density(fixed + shift) - log_density(fixed - shift)) / 2e-6);
  }
  EXPECT_LT((direction - stein_direction(fixed, scores, updated)).abs().max().item<double>(), 1e-7);
}

// As the public code of 2017: particles are actions, their density Q/α + Σ log(1 − a²) is differentiated by the action.
TEST(SoftQLearning, Action2017FollowsTheDensityItWasWrittenWith) {
  auto options = small_options();
  options.stein_space = SteinSpace::Action2017;
  SoftQLearning agent = small_agent(options);
  const torch::Tensor observations = random_batch(3).observations;
  Replay replay(agent);
  const torch::Tensor direction = agent.sampler_gradient(observations).direction;
  replay.again();
  const torch::Tensor fixed = agent.sampler().forward(observations, replay.normal({3, 5, 2})).output.tanh();
  const torch::Tensor updated = agent.sampler().forward(observations, replay.normal({3, 4, 2})).output.tanh();
  const auto log_density = [&](const torch::Tensor& a) {
    return agent.critic().q(observations, a) / 0.5 + (1.0 - a.square() + 1e-6).log().sum(-1);
  };
  torch::Tensor scores = torch::zeros_like(fixed);
  for (int k = 0; k < 2; ++k) {
    torch::Tensor shift = torch::zeros_like(fixed);  // less where the density bends more, next to the edge
    shift.select(2, k).copy_(1e-5 * (1.0 - fixed.select(2, k).square()));
    scores.select(2, k).copy_((log_density(fixed + shift) - log_density(fixed - shift)) / (2.0 * shift.select(2, k)));
  }
  const torch::Tensor expected = stein_direction(fixed, scores, updated) * (1.0 - updated.square());
  EXPECT_LT((direction - expected).abs().max().item<double>(), 1e-8 * scores.abs().max().item<double>());
}

// With γ = 0.9 and a critic frozen at its first weights: a terminated step's target is its reward, any other's is
// r + γ V(s').
TEST(SoftQLearning, TerminationEndsAndTruncationBootstraps) {
  SoftQLearning agent = small_agent();
  ReplayBuffer replay(4, 3, 2, torch::kFloat64);
  const Eigen::Vector3d s(0.1, -0.2, 0.3);
  const Eigen::Vector2d a(0.5, -0.5);
  replay.add({.observation = s, .action = a, .reward = 7.0, .next_observation = s, .terminated = true});
  replay.add({.observation = s, .action = a, .reward = 7.0, .next_observation = s, .truncated = true});
  replay.add(
      {.observation = s, .action = a, .reward = 7.0, .next_observation = s, .terminated = true, .truncated = true});
  replay.add({.observation = s, .action = a, .reward = 7.0, .next_observation = s});
  const Batch batch = replay.fields_of(replay.contents());
  Replay random(agent);
  const torch::Tensor targets = agent.targets(batch);
  random.again();
  const torch::Tensor values = agent.target_value(batch.next_observations);
  EXPECT_EQ(targets[0].item<double>(), 7.0);
  EXPECT_EQ(targets[2].item<double>(), 7.0);
  EXPECT_NEAR(targets[1].item<double>(), 7.0 + 0.9 * values[1].item<double>(), 1e-14);
  EXPECT_NEAR(targets[3].item<double>(), 7.0 + 0.9 * values[3].item<double>(), 1e-14);
  EXPECT_NE(targets[1].item<double>(), 7.0);
}

// V = α log mean of exp(Q/α)/p over the actions drawn from p, here with a quarter of the weight on the sampler's.
TEST(SoftQLearning, ValueIsTheWeightedMeanOverBothProposals) {
  auto options = small_options();
  options.value_proposal = ValueProposal::Policy;
  options.policy_share = 0.25;
  SoftQLearning agent = small_agent(options);
  const torch::Tensor states = random_batch(5).observations;
  Replay replay(agent);
  const torch::Tensor values = agent.target_value(states);
  replay.again();
  const torch::Tensor uniform = replay.uniform({5, 6, 2});
  const Network::Pass drawn = agent.sampler().forward(states, replay.normal({5, 6, 2}));
  const torch::Tensor by_uniform = (4.0 * (agent.critic().q(states, uniform) / 0.5).exp()).mean(-1);
  const torch::Tensor by_policy =
      ((agent.critic().q(states, drawn.output.tanh()) / 0.5) - agent.sampler().log_density(drawn)).exp().mean(-1);
  const torch::Tensor expected = 0.5 * (0.75 * by_uniform + 0.25 * by_policy).log();
  EXPECT_LT((values - expected).abs().max().item<double>(), 1e-12);
}

// The middles of 200 × 200 cells of the box, [1, 40000, 2].
torch::Tensor grid_of_actions() {
  const torch::Tensor axis = (torch::arange(200, torch::kFloat64) + 0.5) / 100.0 - 1.0;
  const auto grid = torch::meshgrid(std::vector<torch::Tensor>{axis, axis}, "ij");
  return torch::stack(std::vector<torch::Tensor>{grid[0], grid[1]}, -1).view({1, -1, 2});
}

// In one state with d = 2 the uniform estimate of V, against a fine grid: 20,000 estimates of 64 particles have a bias
// of about α v/(2·64), v the relative variance of exp(Q/α), and scatter far below the slack of a tenth of it.
TEST(SoftQLearning, UniformEstimateHasTheBiasOfALogarithm) {
  auto options = small_options();
  options.value_particles = 64;
  options.temperature = 0.1;
  SoftQLearning agent = small_agent(options);
  const torch::Tensor state = random_batch(1).observations;
  const torch::Tensor weights = (agent.critic().q(state, grid_of_actions()) / 0.1).exp();
  const double exact = 0.1 * std::log(4.0 * weights.mean().item<double>());
  const double relative_variance = (weights.var() / weights.mean().square()).item<double>();
  const torch::Tensor estimates = agent.target_value(state.expand({20'000, 3}));
  const double bias = 0.1 * relative_variance / (2.0 * 64.0);
  const double error = 6.0 * (estimates.std() / std::sqrt(20'000.0)).item<double>();  // 2e-9 false alarms
  EXPECT_NEAR(estimates.mean().item<double>(), exact - bias, error + 0.1 * bias);
}

// The sampler's own soft value is V less α KL(q ‖ π), and that divergence is not negative.
TEST(SoftQLearning, PolicyMeanIsTheSamplersSoftValueAndBelowV) {
  auto options = small_options();
  options.value_proposal = ValueProposal::PolicyMean;
  SoftQLearning agent = small_agent(options);
  const torch::Tensor state = random_batch(1).observations, states = state.expand({20'000, 3});
  Replay replay(agent);
  const torch::Tensor values = agent.target_value(states);
  replay.again();
  const Network::Pass drawn = agent.sampler().forward(states, replay.normal({20'000, 6, 2}));
  const torch::Tensor expected =
      agent.critic().q(states, drawn.output.tanh()).mean(1) - 0.5 * agent.sampler().log_density(drawn).mean(1);
  EXPECT_LT((values - expected).abs().max().item<double>(), 1e-12);

  const torch::Tensor weights = (agent.critic().q(state, grid_of_actions()) / 0.5).exp();
  const double exact = 0.5 * std::log(4.0 * weights.mean().item<double>());
  const double error = 6.0 * (values.std() / std::sqrt(20'000.0)).item<double>();  // 1e-9 false alarms
  EXPECT_LT(values.mean().item<double>(), exact + error);
}

TEST(SoftQLearning, SharedActionsAreTheSameForAllStates) {
  auto options = small_options();
  options.value_proposal = ValueProposal::UniformShared;
  SoftQLearning agent = small_agent(options);
  const torch::Tensor values = agent.target_value(random_batch(1).observations.expand({9, 3}));
  EXPECT_EQ((values - values[0]).abs().max().item<double>(), 0.0);
  SoftQLearning fresh = small_agent();
  EXPECT_GT(fresh.target_value(random_batch(1).observations.expand({9, 3})).std().item<double>(), 0.0);
}

TEST(SoftQLearning, TemperatureFollowsItsSchedule) {
  auto options = small_options();
  options.final_temperature = 0.125;
  options.temperature_steps = 4;
  const auto after_two = [&](TemperatureSchedule schedule) {
    options.temperature_schedule = schedule;
    SoftQLearning agent = small_agent(options);
    agent.update(random_batch(4));
    agent.update(random_batch(4));
    return agent.temperature().item<double>();
  };
  EXPECT_EQ(after_two(TemperatureSchedule::Constant), 0.5);
  EXPECT_DOUBLE_EQ(after_two(TemperatureSchedule::Linear), 0.3125);
  EXPECT_NEAR(after_two(TemperatureSchedule::LogLinear), 0.25, 1e-15);
  // The sampler of a network at its start is far more random than −100 nats: the temperature falls.
  options.target_entropy = -100.0;
  EXPECT_LT(after_two(TemperatureSchedule::Automatic), 0.5);
  options.target_entropy = 100.0;
  EXPECT_GT(after_two(TemperatureSchedule::Automatic), 0.5);
}

TEST(SoftQLearning, NoiseSetShrinksToOneAction) {
  auto options = small_options();
  options.noise_set = 3;
  options.noise_set_steps = 2;
  SoftQLearning agent = small_agent(options);
  const torch::Tensor state = random_batch(1).observations.expand({200, 3});
  const auto distinct = [&] { return std::get<0>(at::unique_dim(agent.act(state), 0)).size(0); };
  EXPECT_EQ(distinct(), 3);
  agent.update(random_batch(4));
  EXPECT_EQ(distinct(), 2);
  agent.update(random_batch(4));
  EXPECT_EQ(distinct(), 1);
}

// One state that returns to itself with reward 1 whatever is done, d = 1: Q = 1 + γ (Q + α log 2), hence
// Q = (1 + γ α log 2)/(1 − γ). The critic gets there, and the sampler's actions become uniform: variance 1/3.
TEST(SoftQLearning, LearnsTheClosedFormOfOneState) {
  SoftQLearningOptions options{.discount = 0.5,
                               .temperature = 0.5,
                               .sampler_learning_rate = 1e-3,
                               .fixed_particles = 32,
                               .updated_particles = 32,
                               .value_particles = 16};
  options.critic = {.hidden = {32, 32}, .critic_learning_rate = 3e-3, .target_interval = 50};
  SoftQLearning agent(1, 1, options, 5);
  const auto random = test_generator(6);
  for (int update = 0; update < 1500; ++update) {
    const torch::Tensor state = torch::zeros({16, 1});
    agent.update({.observations = state,
                  .actions = torch::empty({16, 1}).uniform_(-1.0, 1.0, random),
                  .rewards = torch::ones({16}),
                  .next_observations = state,
                  .continues = torch::ones({16})});
  }
  const double exact = (1.0 + 0.5 * 0.5 * std::numbers::ln2) / (1.0 - 0.5);
  const torch::Tensor grid = torch::linspace(-0.9, 0.9, 19).view({1, 19, 1});
  EXPECT_LT((agent.critic().q(torch::zeros({1, 1}), grid) - exact).abs().max().item<double>(), 0.05);
  const torch::Tensor actions =
      agent.sampler().forward(torch::zeros({1, 1}), torch::randn({1, 20'000, 1}, random)).output.tanh();
  EXPECT_NEAR(actions.mean().item<double>(), 0.0, 0.06);
  EXPECT_NEAR(actions.var().item<double>(), 1.0 / 3.0, 0.04);
}

// All is the same up to the second update, which then goes as far as the rate tells; nearly so for the sampler, which
// looks at critics that have gone less far.
TEST(SoftQLearning, LearningRatesFall) {
  const auto changes = [](double share, std::int64_t steps) {
    SoftQLearningOptions options = small_options();
    options.final_learning_rate_share = share;
    options.learning_rate_steps = steps;
    SoftQLearning agent = small_agent(options);
    const Batch batch = random_batch(4);
    agent.update(batch);
    const torch::Tensor critic = agent.critic().networks()[0].parameters().clone();
    const torch::Tensor sampler = agent.sampler().network().parameters().clone();
    agent.update(batch);
    return std::pair{(agent.critic().networks()[0].parameters() - critic).norm().item<double>(),
                     (agent.sampler().network().parameters() - sampler).norm().item<double>()};
  };
  const auto [critic, sampler] = changes(1.0, 1);
  const auto [slower_critic, slower_sampler] = changes(0.5, 2);  // at three quarters of the rate
  EXPECT_NEAR(slower_critic / critic, 0.75, 1e-9);
  EXPECT_NEAR(slower_sampler / sampler, 0.75, 1e-3);
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
  EXPECT_THAT(refused([](auto& o) { o.critic.critics = 3; }),
              ThrowsMessage<std::invalid_argument>(HasSubstr("critics")));
  EXPECT_THAT(refused([](auto& o) { o.critic.hidden = {}; }),
              ThrowsMessage<std::invalid_argument>(HasSubstr("hidden")));
  EXPECT_THAT(refused([](auto& o) { o.critic.target_rate = 0.0; }),
              ThrowsMessage<std::invalid_argument>(HasSubstr("target_rate")));
  EXPECT_THAT(refused([](auto& o) { o.value_particles = 0; }),
              ThrowsMessage<std::invalid_argument>(HasSubstr("value_particles")));
  EXPECT_THAT(refused([](auto& o) { o.policy_share = 0.0; }),
              ThrowsMessage<std::invalid_argument>(HasSubstr("policy_share must be in (0, 1], got 0")));
  EXPECT_THAT(refused([](auto& o) { o.final_learning_rate_share = 1.5; }),
              ThrowsMessage<std::invalid_argument>(HasSubstr("final_learning_rate_share must be in (0, 1], got 1.5")));
  EXPECT_THAT(refused([](auto& o) { o.policy_share_from = 3; }),
              ThrowsMessage<std::invalid_argument>(HasSubstr("policy_share_until must be at least")));
}

}  // namespace
}  // namespace softrl::continuous
