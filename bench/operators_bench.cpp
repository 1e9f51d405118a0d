// The soft value of a row of n actions, against the limit of any implementation: n exponentials and a maximum.
#include <cmath>
#include <vector>

#include <benchmark/benchmark.h>

#include "softrl/operators.hpp"
#include "softrl/random.hpp"

namespace softrl {
namespace {

std::vector<double> row(std::int64_t n) {
  Random random(1, "bench");
  std::vector<double> q(static_cast<std::size_t>(n));
  for (double& x : q) x = random.normal();
  return q;
}

void soft_value_row(benchmark::State& state) {
  const auto q = row(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(soft_value(q, 0.5));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void boltzmann_policy_row(benchmark::State& state) {
  const auto q = row(state.range(0));
  std::vector<double> policy(q.size());
  for (auto _ : state) benchmark::DoNotOptimize(boltzmann_policy(q, 0.5, {}, policy));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void exponentials_alone(benchmark::State& state) {
  const auto q = row(state.range(0));
  for (auto _ : state) {
    double sum = 0.0;
    for (const double x : q) sum += std::exp(x);
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(exponentials_alone)->Arg(4)->Arg(16)->Arg(441);
BENCHMARK(soft_value_row)->Arg(4)->Arg(16)->Arg(441);
BENCHMARK(boltzmann_policy_row)->Arg(4)->Arg(16)->Arg(441);

}  // namespace
}  // namespace softrl
