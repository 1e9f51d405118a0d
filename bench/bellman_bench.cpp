// A sweep of the soft Bellman backup on a slippery grid (four actions; 0.8 as intended, 0.1 to each side) against what
// bounds it: the memory that a plain copy of the same bytes moves, and the exponentials that any soft sweep needs.
#include <cmath>
#include <cstring>
#include <vector>

#include <benchmark/benchmark.h>

#include "tabular/bellman.hpp"

namespace softrl::tabular {
namespace {

// n × n torus: every state has four actions with three successors.
Mdp slippery_torus(Index n) {
  MdpArrays arrays;
  arrays.discount = 0.99;
  arrays.action_offsets.push_back(0);
  arrays.successor_offsets.push_back(0);
  const auto state = [n](Index row, Index column) { return (row + n) % n * n + (column + n) % n; };
  for (Index row = 0; row < n; ++row) {
    for (Index column = 0; column < n; ++column) {
      const Index around[] = {state(row - 1, column), state(row, column + 1), state(row + 1, column),
                              state(row, column - 1)};
      for (int a = 0; a < 4; ++a) {
        arrays.rewards.push_back(row == 0 && column == 0 ? 1.0 : 0.0);
        arrays.successors.insert(arrays.successors.end(), {around[(a + 3) % 4], around[a], around[(a + 1) % 4]});
        arrays.probabilities.insert(arrays.probabilities.end(), {0.1, 0.8, 0.1});
        arrays.successor_offsets.push_back(static_cast<Index>(arrays.successors.size()));
      }
      arrays.action_offsets.push_back(static_cast<Index>(arrays.rewards.size()));
    }
  }
  return Mdp(std::move(arrays));
}

// What a sweep reads and writes: rewards, offsets, successors, probabilities, values in and out.
std::int64_t bytes(const Mdp& mdp) {
  return static_cast<std::int64_t>(mdp.pairs()) * (8 + 4) + static_cast<std::int64_t>(mdp.transitions()) * (4 + 8) +
         static_cast<std::int64_t>(mdp.states()) * (4 + 8 + 8);
}

void sweep(benchmark::State& state) {
  const Mdp mdp = slippery_torus(static_cast<Index>(state.range(0)));
  const BaseMeasure counting;
  Bellman bellman(mdp, state.range(1) == 0 ? 0.0 : 1.0, counting);
  Eigen::VectorXd values = Eigen::VectorXd::Zero(mdp.states()), next = values;
  for (auto _ : state) {
    benchmark::DoNotOptimize(bellman.optimal_sweep(values, next));
    values.swap(next);
  }
  state.SetBytesProcessed(state.iterations() * bytes(mdp));
}

void copy(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(bytes(slippery_torus(static_cast<Index>(state.range(0))))) / 2;
  std::vector<char> from(size, 1), to(size, 2);
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), size);
    benchmark::DoNotOptimize(to.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(2 * size));
}

void exponentials(benchmark::State& state) {
  std::vector<double> x(static_cast<std::size_t>(4 * state.range(0) * state.range(0)), -0.3);
  for (auto _ : state) {
    double sum = 0.0;
    for (const double value : x) sum += std::exp(value);
    benchmark::DoNotOptimize(sum);
  }
}

BENCHMARK(copy)->ArgNames({"n"})->Args({1000})->Unit(benchmark::kMillisecond);
BENCHMARK(exponentials)->ArgNames({"n"})->Args({1000})->Unit(benchmark::kMillisecond);
BENCHMARK(sweep)->ArgNames({"n", "soft"})->Args({1000, 1})->Args({1000, 0})->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace softrl::tabular
