// One update of an agent: milliseconds, and the floating-point operations of its matrix products in a second.
//
// Products of [n × k] and [k × m] count 2 n k m. Per update of soft Q-learning, with R rows of particles (batch times
// particles) and a forward pass of a network on R rows F(R): the target F(R_value); fixed particles F(R_fixed) of the
// sampler, F(R_fixed) of the critic and once more back to the action; updated particles F(R_updated), and twice that
// back to the parameters; the critics' own fit is small beside these.
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>

#include "continuous/freed_memory.hpp"
#include "continuous/generator.hpp"
#include "continuous/replay_buffer.hpp"
#include "continuous/soft_actor_critic.hpp"
#include "continuous/soft_q_learning.hpp"

namespace softrl::continuous {
namespace {

constexpr int observations = 17, actions = 6;  // HalfCheetah's

Batch batch_of(int size) {
  return {.observations = torch::randn({size, observations}),
          .actions = torch::rand({size, actions}) * 2.0 - 1.0,
          .rewards = torch::randn({size}),
          .next_observations = torch::randn({size, observations}),
          .continues = torch::ones({size})};
}

// Of a forward pass: the layers behind the first on all rows, the state's part of the first on the states.
double forward(const std::vector<int>& hidden, double states, double rows, int inputs, int outputs) {
  double flops = 2.0 * states * observations * hidden[0] + 2.0 * rows * inputs * hidden[0];
  for (std::size_t i = 1; i < hidden.size(); ++i) flops += 2.0 * rows * hidden[i - 1] * hidden[i];
  return flops + 2.0 * rows * hidden.back() * outputs;
}

double flops_of(const SoftQLearningOptions& o, double batch) {
  const auto critic = [&](double rows) { return forward(o.critic.hidden, batch, rows, actions, 1); };
  const auto sampler = [&](double rows) { return forward(o.critic.hidden, batch, rows, actions, actions); };
  const double fit = 3.0 * critic(batch);
  return o.critic.critics * (critic(batch * o.value_particles) + 2.0 * critic(batch * o.fixed_particles) + fit) +
         sampler(batch * o.fixed_particles) + 3.0 * sampler(batch * o.updated_particles);
}

double flops_of(const SoftActorCriticOptions& o, double batch) {
  const double critic = forward(o.critic.hidden, batch, batch, actions, 1);
  const double actor = forward(o.critic.hidden, batch, batch, 0, 2 * actions);
  return o.critic.critics * (critic + 3.0 * critic + 2.0 * critic) + actor + 3.0 * actor;
}

template <class Agent, class Options>
void run(benchmark::State& state, const Options& options, int batch_size) {
  at::set_num_threads(static_cast<int>(state.range(0)));
  Agent agent(observations, actions, options, 1);
  const Batch batch = batch_of(batch_size);
  for (auto _ : state) benchmark::DoNotOptimize(agent.update(batch));
  const double flops = flops_of(options, batch_size);
  state.counters["GFLOP"] = flops / 1e9;
  state.counters["GFLOP/s"] = benchmark::Counter(flops / 1e9, benchmark::Counter::kIsIterationInvariantRate);
}

void soft_q_learning_of_the_paper(benchmark::State& state) {
  run<SoftQLearning>(state, SoftQLearningOptions{.value_particles = 32}, 64);
}

void soft_q_learning_16_particles(benchmark::State& state) {
  SoftQLearningOptions options{.fixed_particles = 16, .updated_particles = 16, .value_particles = 16};
  options.critic = {.hidden = {128, 128}, .critics = 2, .target_interval = 1, .target_rate = 0.005};
  run<SoftQLearning>(state, options, 128);
}

void soft_actor_critic_256(benchmark::State& state) { run<SoftActorCritic>(state, SoftActorCriticOptions{}, 256); }

void soft_actor_critic_64(benchmark::State& state) {
  SoftActorCriticOptions options;
  options.critic.hidden = {64, 64};
  run<SoftActorCritic>(state, options, 100);
}

// The same products by Torch, one after the other, and nothing else.
void matrix_products(benchmark::State& state) {
  at::set_num_threads(static_cast<int>(state.range(0)));
  const torch::Tensor a = torch::randn({2048, 200}), b = torch::randn({200, 200});
  torch::Tensor c = torch::empty({2048, 200});
  for (auto _ : state) at::mm_out(c, a, b);
  state.counters["GFLOP/s"] =
      benchmark::Counter(2.0 * 2048 * 200 * 200 / 1e9, benchmark::Counter::kIsIterationInvariantRate);
}

// A batch of 256 transitions of Humanoid (348 numbers of state, 17 of action) out of 100,000, against a copy of as many
// bytes, from as large a block: neither is in a cache.
void replay_batch(benchmark::State& state) {
  at::set_num_threads(1);
  ReplayBuffer replay(100'000, 348, 17);
  const Transition<Eigen::VectorXd, Eigen::VectorXd> t{.observation = Eigen::VectorXd::Zero(348),
                                                       .action = Eigen::VectorXd::Zero(17),
                                                       .reward = 0.0,
                                                       .next_observation = Eigen::VectorXd::Zero(348)};
  for (int i = 0; i < 100'000; ++i) replay.add(t);
  const at::Generator generator = make_generator(torch::kCPU, 1, "replay_batch");
  for (auto _ : state) benchmark::DoNotOptimize(replay.sample(256, generator));
}

void copy_of_a_batch(benchmark::State& state) {
  at::set_num_threads(1);
  const std::int64_t width = ReplayBuffer::row_width(348, 17);
  const torch::Tensor rows = torch::zeros({100'000, width});
  std::int64_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(rows.narrow(0, at, 256).clone());
    at = (at + 256) % (100'000 - 256);
  }
}

BENCHMARK(soft_q_learning_of_the_paper)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(soft_q_learning_16_particles)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(soft_actor_critic_256)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(soft_actor_critic_64)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(replay_batch)->Unit(benchmark::kMicrosecond);
BENCHMARK(copy_of_a_batch)->Unit(benchmark::kMicrosecond);
BENCHMARK(matrix_products)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace softrl::continuous

int main(int argc, char** argv) {
  softrl::continuous::keep_freed_memory();
  const c10::InferenceMode no_graphs;
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
