#include "tabular/theory.hpp"

#include <cmath>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tabular/examples.hpp"
#include "tabular/soft_policy_iteration.hpp"
#include "tabular/soft_value_iteration.hpp"

namespace softrl::tabular {
namespace {

using Eigen::VectorXd;

Mdp example(std::uint64_t seed = 1) {
  return random_mdp({.states = 10, .actions = 4, .discount = 0.9, .terminal_probability = seed % 2 ? 0.02 : 0.0}, seed);
}

TEST(Theory, HoldsOnRandomProcesses) {
  for (std::uint64_t seed = 0; seed < 25; ++seed) {
    const Mdp mdp = example(seed);
    for (const double temperature : {0.02, 0.5, 10.0}) {
      for (const Theorem& theorem : verify_theory(TheorySetting(mdp, {.temperature = temperature, .seed = seed})))
        EXPECT_TRUE(theorem.holds) << theorem.id << " at seed " << seed << ", temperature " << temperature
                                   << ": measured " << theorem.measured << ", bound " << theorem.bound;
    }
  }
}

TEST(Theory, HoldsAtTheEdgesOfTheDiscount) {
  for (const double discount : {0.0, 0.999}) {
    const Mdp mdp = example().with_discount(discount);
    for (const Theorem& theorem : verify_theory(TheorySetting(mdp, {.temperature = 0.5, .trials = 3})))
      EXPECT_TRUE(theorem.holds) << theorem.id << " at discount " << discount << ": measured " << theorem.measured
                                 << ", bound " << theorem.bound;
  }
}

// Each statement must notice when what it speaks about is broken: here by as little as a few per cent.
class BrokenTheory : public ::testing::Test {
 protected:
  const Mdp mdp = example();
  const TheoryOptions options{.temperature = 0.5};
  const BaseMeasure counting;
  const Bellman bellman{mdp, options.temperature, counting};
  Operators operators = exact_operators(mdp, options.temperature);

  TheorySetting setting() const { return TheorySetting(mdp, options, operators); }
  void expect_fails(Theorem (*statement)(const TheorySetting&)) const {
    EXPECT_TRUE(statement(TheorySetting(mdp, options)).holds) << "holds when nothing is broken";
    const Theorem theorem = statement(setting());
    EXPECT_FALSE(theorem.holds) << theorem.id << ": measured " << theorem.measured << ", bound " << theorem.bound;
  }
};

// A discount larger by 3 per cent than the process says.
TEST_F(BrokenTheory, FailsToContract) {
  operators.optimal_backup = [&](const VectorXd& q) { return VectorXd(1.03 * bellman.optimal_backup(q)); };
  expect_fails(optimal_backup_contraction);
  expect_fails(constant_shift);
  operators.policy_backup = [&](const VectorXd& policy, const VectorXd& q) {
    return VectorXd(1.03 * bellman.policy_backup(policy, q));
  };
  expect_fails(policy_backup_contraction);
}

// The minimum in place of the maximum over actions is still monotone; a sign slip is not.
TEST_F(BrokenTheory, FailsToBeMonotone) {
  operators.optimal_backup = [&](const VectorXd& q) { return VectorXd(bellman.optimal_backup(-q)); };
  expect_fails(optimal_backup_monotonicity);
  operators.policy_backup = [&](const VectorXd& policy, const VectorXd& q) {
    return VectorXd(bellman.policy_backup(policy, q) - 0.2 * q);
  };
  expect_fails(policy_backup_monotonicity);
}

// Damping without weights that sum to one keeps the memory of the start.
TEST_F(BrokenTheory, FailsToForgetTheStart) {
  operators.optimal_backup = [](const VectorXd& q) { return q; };
  expect_fails(unique_fixed_point);
  operators.optimal_backup = [&](const VectorXd& q) { return VectorXd(0.9 * q + 0.1 * bellman.optimal_backup(q)); };
  expect_fails(unique_fixed_point);
}

// Mellowmax, the hard maximum, and a forgotten temperature in the policy: the usual slips.
TEST_F(BrokenTheory, FailsTheVariationalIdentity) {
  operators.state_values = [&](const VectorXd& q) { return Bellman(mdp, 0.0, counting).state_values(q); };
  expect_fails(variational_identity);
  operators = exact_operators(mdp, options.temperature);
  operators.boltzmann = [&](const VectorXd& q) { return Bellman(mdp, 1.0, counting).boltzmann(q); };
  expect_fails(variational_identity);
}

TEST_F(BrokenTheory, FailsToImprove) {
  operators.boltzmann = [&](const VectorXd& q) { return Bellman(mdp, 5.0, counting).boltzmann(q); };
  expect_fails(policy_improvement);
  expect_fails(policy_iteration_rate);
}

// A policy with slightly the wrong temperature improves at first, but not to the optimum.
TEST_F(BrokenTheory, FailsToConvergeQuadratically) {
  operators.boltzmann = [&](const VectorXd& q) { return Bellman(mdp, 0.55, counting).boltzmann(q); };
  expect_fails(policy_iteration_rate);
}

TEST_F(BrokenTheory, FailsToCool) {
  // A solver that takes the bonus twice as large.
  operators.solve = [&](double at) { return soft_policy_iteration(mdp, {.temperature = 20.0 * at}); };
  expect_fails(cooling_limit);
  // One whose "soft" value is that of the KL penalty, below the hard one.
  operators.solve = [&](double at) {
    return soft_policy_iteration(
        mdp, {.temperature = at, .base_measure = BaseMeasure::kl_to(mdp, base_policy(mdp, counting))});
  };
  expect_fails(cooling_limit);
}

TEST_F(BrokenTheory, FailsToEnclose) {
  // The bound of the last step without the factor 1/(1 − γ), the classic mistake.
  operators.bounds = [](const Sweep& sweep) { return Gap{sweep.smallest_change, sweep.largest_change}; };
  expect_fails(macqueen_porteus_encloses);
}

// NaN never passes.
TEST_F(BrokenTheory, FailsOnNan) {
  operators.optimal_backup = [](const VectorXd& q) { return VectorXd::Constant(q.size(), NAN); };
  expect_fails(optimal_backup_contraction);
  expect_fails(optimal_backup_monotonicity);
  expect_fails(constant_shift);
  expect_fails(unique_fixed_point);
}

TEST(Theory, RefusesWhereItDoesNotApply) {
  using ::testing::HasSubstr;
  using ::testing::ThrowsMessage;
  const Mdp mdp = example(), undiscounted = mdp.with_discount(1.0);
  EXPECT_THAT([&] { TheorySetting(undiscounted, {}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("discount must be below 1")));
  EXPECT_THAT([&] { TheorySetting(mdp, {.temperature = 0.0}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("temperature")));
  EXPECT_THAT([&] { TheorySetting(mdp, {.trials = 0}); }, ThrowsMessage<std::invalid_argument>(HasSubstr("trials")));
}

}  // namespace
}  // namespace softrl::tabular
