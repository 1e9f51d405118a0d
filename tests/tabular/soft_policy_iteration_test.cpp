#include "tabular/soft_policy_iteration.hpp"

#include <cmath>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tabular/examples.hpp"
#include "tabular/high_precision.hpp"
#include "tabular/soft_value_iteration.hpp"

namespace softrl::tabular {
namespace {

// At discount 1, against 50 digits too; and value iteration must find the same.
TEST(SoftPolicyIteration, BoundsHoldAtDiscountOne) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Mdp mdp = random_mdp({.states = 6, .discount = 1.0, .terminal_probability = 0.15}, seed);
    for (const double temperature : {0.0, 0.5}) {
      const PreciseVector truth = precise_solution(mdp, temperature);
      for (const double tolerance : {1e-9, 0.0}) {
        const auto newton = soft_policy_iteration(mdp, {.temperature = temperature, .tolerance = tolerance});
        const auto sweeps = soft_value_iteration(mdp, {.temperature = temperature, .tolerance = tolerance});
        for (const Solution& result : {newton, sweeps}) {
          EXPECT_EQ(result.status, tolerance > 0.0 ? Status::Converged : Status::Stalled) << "seed " << seed;
          EXPECT_LE(largest_excess(truth, precise(result.values)), result.upper_gap);
          EXPECT_LE(largest_excess(precise(result.values), truth), result.lower_gap);
          EXPECT_LE(result.error_bound, tolerance > 0.0 ? tolerance : 1e-10);
        }
      }
    }
  }
}

// Every state leads to the next and, otherwise, back to the first: the uniform policy needs 2^n steps or 3^n to get
// through, of which rounding leaves nothing, and from half of the starts below no policy comes that ends sooner. The
// best way is straight on.
TEST(SoftPolicyIteration, RecoversFromPoliciesThatTakeForEver) {
  for (const int length : {40, 60, 700}) {
    MdpBuilder builder(1.0);
    for (int s = 0; s < length; ++s) {
      builder.add_state();
      for (int back = 0; back <= s % 2; ++back) builder.add_action(-2.0, 0);
      builder.add_action(-1.0, s + 1);
    }
    builder.add_terminal_state();
    const Mdp mdp = std::move(builder).build();
    Random random(static_cast<std::uint64_t>(length), "starts");
    for (const double height : {0.0, 1.0, 1e3, 1e6}) {
      SolverOptions options{.temperature = 0.0};
      if (height > 0.0)
        options.initial_values = Eigen::VectorXd::NullaryExpr(length + 1, [&] { return height * random.normal(); });
      for (const double temperature : {0.0, 0.1}) {
        options.temperature = temperature;
        const auto result = soft_policy_iteration(mdp, options);
        EXPECT_EQ(result.status, Status::Converged) << length << ", " << height << ", " << temperature;
        for (int s = 0; s < length && temperature == 0.0; ++s)
          EXPECT_NEAR(result.values(s), s - length, result.error_bound);
      }
    }
  }
}

// Newton's iteration count does not grow with 1/(1 − γ) as that of sweeps does.
TEST(SoftPolicyIteration, NeedsAHandfulOfIterations) {
  for (const double discount : {0.9, 0.999, 0.99999}) {
    const Mdp mdp = random_mdp({.states = 30, .discount = discount}, 7);
    const auto result = soft_policy_iteration(mdp, {.temperature = 0.2, .tolerance = 1e-3});
    EXPECT_EQ(result.status, Status::Converged);
    EXPECT_LE(result.iterations, 10) << "discount " << discount;
  }
}

TEST(SoftPolicyIteration, StartsWarm) {
  const Mdp mdp = random_mdp({.states = 20, .discount = 0.99}, 5);
  const auto cold = soft_policy_iteration(mdp, {.temperature = 0.1});
  const auto warm = soft_policy_iteration(mdp, {.temperature = 0.1, .initial_values = cold.values});
  EXPECT_EQ(warm.status, Status::Converged);
  EXPECT_EQ(warm.iterations, 1);
}

TEST(SoftPolicyIteration, NeverClaimsAnInfiniteValue) {
  EXPECT_EQ(soft_policy_iteration(corridor(4, -0.1, 1.0), {.temperature = 0.5}).status, Status::Infeasible);
  EXPECT_EQ(soft_policy_iteration(corridor(4, -0.1, 1.0), {.temperature = 0.0}).status, Status::Infeasible);
  EXPECT_EQ(soft_policy_iteration(bandit({-1.0, -2.0}, 1.0)).status, Status::Infeasible);
  // At the border of feasibility (see the same test for value iteration) no bound exists.
  const auto border = soft_policy_iteration(corridor(4, 0.0, 1.0), {.temperature = 0.5, .max_iterations = 40});
  EXPECT_NE(border.status, Status::Converged);
  EXPECT_TRUE(std::isinf(border.error_bound));
}

TEST(SoftPolicyIteration, TellsItsProgress) {
  std::vector<double> bounds;
  const auto result = soft_policy_iteration(random_mdp({}, 1), {.progress = [&](const Progress& progress) {
                                              ASSERT_EQ(progress.measurements[1].name, "error_bound");
                                              bounds.push_back(progress.measurements[1].value);
                                              EXPECT_EQ(progress.done, static_cast<std::int64_t>(bounds.size()));
                                            }});
  ASSERT_EQ(static_cast<int>(bounds.size()), result.iterations);
  EXPECT_LE(bounds.back(), 1e-8);
}

TEST(SoftPolicyIteration, NamesTheOptionItRefuses) {
  using ::testing::HasSubstr;
  using ::testing::ThrowsMessage;
  const Mdp mdp = bandit({1.0}, 0.5);
  EXPECT_THAT([&] { soft_policy_iteration(mdp, {.temperature = -1.0}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("temperature")));
  EXPECT_THAT([&] { soft_policy_iteration(mdp, {.max_iterations = 0}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("max_iterations")));
  EXPECT_THAT([&] { soft_policy_iteration(mdp, {.tolerance = NAN}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("tolerance")));
}

}  // namespace
}  // namespace softrl::tabular
