// There is no global state: models may be shared between threads, and each thread's answer is the one it would have
// had alone, to the last bit. (In Python the solvers run without the interpreter's lock, so users do this.)
#include <array>
#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include "irl/fit.hpp"
#include "irl/generated_city.hpp"
#include "irl/likelihood.hpp"
#include "softrl/random.hpp"
#include "softrl/worker_pool.hpp"
#include "tabular/soft_policy_iteration.hpp"
#include "tabular/soft_value_iteration.hpp"

namespace softrl {
namespace {

constexpr int threads = 4;

std::array<Eigen::VectorXd, threads> at_once(const std::function<Eigen::VectorXd()>& work) {
  std::array<Eigen::VectorXd, threads> results;
  {
    std::array<std::jthread, threads> workers;
    for (std::size_t i = 0; i < threads; ++i) workers[i] = std::jthread([&, i] { results[i] = work(); });
  }
  return results;
}

// A ring of states with random rewards: one step on, or stay.
tabular::Mdp ring(int states) {
  Random random(1, "ring");
  tabular::MdpBuilder builder(0.95);
  for (int s = 0; s < states; ++s) {
    builder.add_state();
    builder.add_action(random.normal(), (s + 1) % states);
    builder.add_action(random.normal(), s);
  }
  return std::move(builder).build();
}

TEST(Threads, SolveOneMdpAtOnce) {
  const tabular::Mdp mdp = ring(200);
  for (const auto& solve : {std::function([&] { return tabular::soft_value_iteration(mdp).values; }),
                            std::function([&] { return tabular::soft_policy_iteration(mdp).values; })}) {
    const Eigen::VectorXd alone = solve();
    for (const Eigen::VectorXd& values : at_once(solve)) EXPECT_EQ(values, alone);
  }
}

// One solve on several threads of its own, of a process large enough to be divided among them.
TEST(Threads, DivideOneSolve) {
  const tabular::Mdp mdp = ring(50'000);
  const auto solve = [&](int number) {
    return tabular::soft_value_iteration(mdp, {.max_iterations = 10, .threads = number});
  };
  const auto alone = solve(1), divided = solve(threads);
  EXPECT_EQ(divided.values, alone.values);
  EXPECT_EQ(divided.policy, alone.policy);
  EXPECT_EQ(divided.error_bound, alone.error_bound);
}

TEST(Threads, FitOneDataSetAtOnce) {
  const irl::RouteData city = irl::generate_city({.rows = 5, .columns = 5, .destinations = 4, .trips = 100});
  const auto weights = [&]() -> Eigen::VectorXd {
    irl::Likelihood likelihood(city);
    return irl::fit(likelihood).weights;
  };
  const Eigen::VectorXd alone = weights();
  for (const Eigen::VectorXd& fitted : at_once(weights)) EXPECT_EQ(fitted, alone);
}

// What bodies write is seen by the caller after each loop, and by whichever thread comes to the item in the next one.
TEST(Threads, LoopsOfAPoolFollowEachOther) {
  WorkerPool pool(threads);
  std::vector<int> counts(8, 0);  // not atomic: the pool's doing
  for (int loop = 0; loop < 1000; ++loop) {
    pool.for_each(8, [&](int i) { ++counts[static_cast<std::size_t>(i)]; });
    ASSERT_EQ(counts, std::vector<int>(8, loop + 1));
  }
}

}  // namespace
}  // namespace softrl
