// A sweep of the Bellman backup on a slippery grid (four actions; 0.8 as intended, 0.1 to each side), soft and hard,
// against what bounds it: the memory that a plain copy of the same bytes moves on the same number of threads. On a busy
// machine compare the columns of CPU time, and the smallest of several repetitions.
#include <cstring>
#include <vector>

#include <benchmark/benchmark.h>

#include "softrl/parallel.hpp"
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

// What a sweep reads and writes: rewards, successors, probabilities, offsets of states, values in and out. Offsets of
// rows are not read where all are of one length, as here.
std::int64_t bytes(const Mdp& mdp) {
  return static_cast<std::int64_t>(mdp.pairs()) * 8 + static_cast<std::int64_t>(mdp.transitions()) * (4 + 8) +
         static_cast<std::int64_t>(mdp.states()) * (4 + 8 + 8);
}

void sweep(benchmark::State& state) {
  const Mdp mdp = slippery_torus(static_cast<Index>(state.range(0)));
  const BaseMeasure counting;
  Bellman bellman(mdp, static_cast<double>(state.range(1)), counting, static_cast<int>(state.range(2)));
  Eigen::VectorXd values = Eigen::VectorXd::Zero(mdp.states()), next = values;
  for (auto _ : state) {
    benchmark::DoNotOptimize(bellman.optimal_sweep(values, next));
    values.swap(next);
  }
  state.SetBytesProcessed(state.iterations() * bytes(mdp));
}

void copy(benchmark::State& state) {
  const auto size = static_cast<std::ptrdiff_t>(bytes(slippery_torus(static_cast<Index>(state.range(0))))) / 2;
  std::vector<char> from(static_cast<std::size_t>(size), 1), to(static_cast<std::size_t>(size), 2);
  for (auto _ : state) {
    parallel_for(static_cast<int>(state.range(1)), size, size / 64, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      std::memcpy(to.data() + begin, from.data() + begin, static_cast<std::size_t>(end - begin));
    });
    benchmark::DoNotOptimize(to.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * 2 * size);
}

BENCHMARK(copy)
    ->ArgNames({"n", "threads"})
    ->ArgsProduct({{1000}, {1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->MeasureProcessCPUTime();
BENCHMARK(sweep)
    ->ArgNames({"n", "temperature", "threads"})
    ->ArgsProduct({{1000}, {1, 0}, {1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->MeasureProcessCPUTime();

}  // namespace
}  // namespace softrl::tabular
