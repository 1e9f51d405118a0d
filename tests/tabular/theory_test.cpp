#include "tabular/theory.hpp"

#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "softrl/operators.hpp"
#include "softrl/random.hpp"
#include "tabular/examples.hpp"
#include "tabular/soft_policy_iteration.hpp"
#include "tabular/theory_statements.hpp"

namespace softrl::tabular {
namespace {

using Eigen::VectorXd;

Mdp example(std::uint64_t seed = 1) {
  return random_mdp({.states = 10, .actions = 4, .discount = 0.9, .terminal_probability = seed % 2 ? 0.02 : 0.0}, seed);
}

// Every walk ends, and staying costs more than the entropy it gathers.
Mdp shortest_path(std::uint64_t seed) {
  Random random(seed, "shortest path");
  MdpBuilder builder(1.0);
  constexpr int states = 8;
  for (int s = 0; s < states; ++s) {
    builder.add_state();
    for (int a = 0; a < 3; ++a)
      builder.add_action(-3.0 - random.uniform(), {{static_cast<Index>(random.below(states)), 0.7}, {states, 0.3}});
  }
  builder.add_terminal_state(0.5);
  return std::move(builder).build();
}

std::string description(const Theorem& theorem) {
  std::string text = theorem.id + ": measured " + std::to_string(theorem.measured) + ", bound " +
                     std::to_string(theorem.bound) + (theorem.skipped.empty() ? "" : ", skipped: " + theorem.skipped);
  for (const Attainment& a : theorem.attained)
    text += "\n  " + a.on + ": " + std::to_string(a.value) + " = " + std::to_string(a.limit) + " +- " +
            std::to_string(a.rounding) + (a.holds ? "" : " NOT");
  return text;
}

void expect_no_failure(const Mdp& mdp, const TheoryOptions& options) {
  for (const Theorem& theorem : verify_theory(TheorySetting(mdp, options)))
    EXPECT_TRUE(!theorem.skipped.empty() || (theorem.holds && std::isfinite(theorem.measured)))
        << "seed " << options.seed << ", temperature " << options.temperature << ": " << description(theorem);
}

TEST(Theory, HoldsOnRandomProcesses) {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const Mdp mdp = example(seed);
    for (const double temperature : {0.02, 0.5, 10.0})
      expect_no_failure(mdp, {.temperature = temperature, .seed = seed, .trials = 6});
  }
}

// Nothing is skipped below discount 1 and above temperature 0, and what is measured is finite.
TEST(Theory, SkipsNothingOnAnOrdinaryProcess) {
  const Mdp mdp = example();
  for (const Theorem& theorem : verify_theory(TheorySetting(mdp, {.temperature = 0.5, .trials = 4}))) {
    EXPECT_EQ(theorem.skipped, "") << theorem.id;
    EXPECT_TRUE(std::isfinite(theorem.measured) && std::isfinite(theorem.bound)) << description(theorem);
    EXPECT_FALSE(theorem.plot.curves.empty()) << theorem.id;
    for (const Curve& curve : theorem.plot.curves) EXPECT_EQ(curve.x.size(), curve.y.size()) << theorem.id;
  }
}

TEST(Theory, HoldsAtTheEdgesOfTheDiscount) {
  for (const double discount : {0.0, 0.999}) expect_no_failure(example().with_discount(discount), {.trials = 3});
}

// Three coins, one after the other: nobody is under way for as long as a sweep of checks takes.
TEST(Theory, MeasuresWalksThatEndSoon) {
  MdpBuilder builder(1.0);
  for (Index s = 0; s < 3; ++s) {
    builder.add_state();
    builder.add_action(-1.0, s + 1);
    builder.add_action(-2.0, 3);
  }
  builder.add_terminal_state();
  const Mdp mdp = std::move(builder).build();
  for (const double temperature : {0.0, 0.7}) expect_no_failure(mdp, {.temperature = temperature, .trials = 3});
  // Even so a wrong answer is told from a right one.
  Operators broken = exact_operators();
  broken.visitation = [](const Problem& p, const VectorXd& policy) {
    Visitation result = visitation(p.mdp, policy);
    result.states *= 1.001;
    return result;
  };
  TheorySetting setting(mdp, {.trials = 3}, broken);
  EXPECT_GT(visitation_forward_pass(setting).measured, 1e-4);
}

TEST(Theory, HoldsFarFromTemperatureOne) {
  for (const double temperature : {1e-50, 1e-20, 1e-3, 1e3, 1e20, 1e50})
    expect_no_failure(example(), {.temperature = temperature, .trials = 3});
  for (const double temperature : {1e-50, 1e-20, 1e-6})
    expect_no_failure(shortest_path(1), {.temperature = temperature, .trials = 3});
}

// At discount 1 what rests on a contraction is skipped, the rest is measured.
TEST(Theory, MeasuresShortestPaths) {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const Mdp mdp = shortest_path(seed);
    std::set<std::string> skipped;
    for (const Theorem& theorem : verify_theory(TheorySetting(mdp, {.seed = seed, .trials = 4}))) {
      EXPECT_FALSE(theorem.failed()) << description(theorem);
      if (!theorem.skipped.empty()) skipped.insert(theorem.id);
    }
    EXPECT_THAT(skipped, ::testing::ElementsAre("cooling_limit", "heating_limit", "macqueen_porteus_encloses",
                                                "residual_bounds_error", "soft_q_iteration", "unique_fixed_point",
                                                "visitation_is_gradient"));
  }
}

// A KL penalty in place of the entropy bonus, to a policy that is positive everywhere and to one that never takes some
// actions; with and without an end, from cold to hot.
TEST(Theory, HoldsUnderReferencePolicies) {
  const auto reference = [](const Mdp& mdp, std::uint64_t seed, bool everywhere) {
    Random random(seed, "reference");
    Eigen::VectorXd policy(mdp.pairs());
    for (double& p : policy) p = random.uniform(0.1, 1.0);
    for (Index s = 0; s < mdp.states(); ++s) {
      auto row = policy.segment(mdp.first_pair(s), mdp.action_count(s));
      if (!everywhere && row.size() > 1) row(0) = 0.0;
      if (row.size() > 0) row /= row.sum();
    }
    return BaseMeasure::kl_to(mdp, policy);
  };
  for (const bool everywhere : {true, false}) {
    for (const double temperature : {0.0, 0.02, 1.0, 100.0}) {
      const Mdp mdp = example(), ending = shortest_path(1);
      for (const Mdp* each : {&mdp, &ending})
        expect_no_failure(
            *each,
            {.temperature = temperature, .base_measure = reference(*each, 1, everywhere), .seed = 1, .trials = 4});
    }
  }
}

// A process at discount 1 that never ends has no solution; what needs none is measured all the same.
TEST(Theory, SkipsWhatNeedsASolutionWhereThereIsNone) {
  int measured = 0;
  const Mdp mdp = example(0).with_discount(1.0);
  for (const Theorem& theorem : verify_theory(TheorySetting(mdp, {.trials = 4}))) {
    EXPECT_FALSE(theorem.failed()) << description(theorem);
    measured += theorem.skipped.empty();
  }
  EXPECT_GE(measured, 10);
}

// Beyond what is factorised, linear systems and all are solved by iteration.
TEST(Theory, MeasuresLargeProcessesByIteration) {
  const Mdp mdp = random_mdp({.states = 3500, .actions = 8, .successors = 8, .discount = 0.8}, 1);
  ASSERT_GT(mdp.transitions(), 60'000);
  const std::set<std::string_view> by_iteration{
      "residual_bounds_error", "macqueen_porteus_encloses", "cooling_limit",      "kl_charges_action_counts",
      "composition_bounds",    "soft_q_iteration",          "policy_improvement", "visitation_forward_pass"};
  const TheorySetting setting(mdp, {.temperature = 0.5, .trials = 2});
  for (const Statement& statement : all_statements()) {
    if (!by_iteration.contains(statement.id)) continue;
    const Theorem theorem = statement.measure(setting);
    EXPECT_EQ(theorem.skipped, "") << theorem.id;
    EXPECT_TRUE(theorem.holds) << description(theorem);
  }
}

TEST(Theory, HoldsAtTemperatureZero) {
  const Mdp mdp = example();
  for (const Theorem& theorem : verify_theory(TheorySetting(mdp, {.temperature = 0.0, .trials = 6}))) {
    EXPECT_FALSE(theorem.failed()) << description(theorem);
    if (theorem.id == "optimal_backup_contraction" || theorem.id == "policy_improvement") {
      EXPECT_TRUE(theorem.holds) << description(theorem);
    }
  }
}

// The registry and the theorems agree on names, and every chapter is there in order.
TEST(Theory, ListsWhatItMeasures) {
  const Mdp mdp = example();
  const auto theorems = verify_theory(TheorySetting(mdp, {.trials = 1}));
  ASSERT_EQ(theorems.size(), all_statements().size());
  std::set<std::string_view> ids;
  int group = 1;
  for (std::size_t i = 0; i < theorems.size(); ++i) {
    EXPECT_EQ(theorems[i].id, all_statements()[i].id);
    EXPECT_TRUE(ids.insert(all_statements()[i].id).second) << theorems[i].id;
    EXPECT_GE(all_statements()[i].group, group);
    group = all_statements()[i].group;
  }
  EXPECT_EQ(group, static_cast<int>(theory_groups().size()));
}

TEST(Theory, TellsItsProgress) {
  std::int64_t last = -1;
  const std::int64_t count = static_cast<std::int64_t>(all_statements().size());
  bool gap = false;
  const Mdp mdp = example();
  verify_theory(TheorySetting(mdp, {.trials = 1}), [&](const Progress& progress) {
    EXPECT_GE(progress.done, last);
    EXPECT_EQ(progress.limit, count);
    last = progress.done;
    for (const Measurement& m : progress.measurements) gap = gap || m.name == "error_bound";
  });
  EXPECT_EQ(last, count);
  EXPECT_TRUE(gap);
}

// Breaks: each makes something in the operators wrong by a few per cent, or by a slip that is often made.
using Break = std::function<void(Operators&)>;

// The optimal backup as if the discount were 3 per cent larger.
void inflate(Operators& operators) {
  operators.action_values = [exact = operators.action_values](const Problem& p, const VectorXd& values) {
    return VectorXd(1.03 * exact(p, values));
  };
}

// A sign slip in the look-ahead.
void negate(Operators& operators) {
  operators.action_values = [exact = operators.action_values](const Problem& p, const VectorXd& values) {
    return exact(p, -values);
  };
}

// The policy of another temperature.
Break warmer_policy(double factor) {
  return [factor](Operators& operators) {
    operators.boltzmann = [exact = operators.boltzmann, factor](const Problem& p, const VectorXd& q) {
      return exact({.mdp = p.mdp, .temperature = factor * p.temperature, .measure = p.measure}, q);
    };
  };
}

// The soft value of another temperature.
Break warmer_value(double factor) {
  return [factor](Operators& operators) {
    operators.state_values = [exact = operators.state_values, factor](const Problem& p, const VectorXd& q) {
      return exact({.mdp = p.mdp, .temperature = factor * p.temperature, .measure = p.measure}, q);
    };
  };
}

// A bonus of another size where a policy is evaluated.
void warmer_evaluation(Operators& operators) {
  operators.evaluate = [exact = operators.evaluate](const Problem& p, const VectorXd& policy) {
    return exact({.mdp = p.mdp, .temperature = 1.1 * p.temperature, .measure = p.measure}, policy);
  };
}

// A solver that takes the bonus too large.
Break warmer_by(double factor) {
  return [factor](Operators& operators) {
    operators.solve = [exact = operators.solve, factor](const Problem& p, const ProgressObserver& progress) {
      return exact({.mdp = p.mdp, .temperature = factor * p.temperature, .measure = p.measure}, progress);
    };
  };
}
void warmer_solution(Operators& operators) { warmer_by(1.05)(operators); }

// A solver that forgets the base measure.
void unmeasured_solution(Operators& operators) {
  operators.solve = [exact = operators.solve](const Problem& p, const ProgressObserver& progress) {
    return exact({.mdp = p.mdp, .temperature = p.temperature, .measure = {}}, progress);
  };
}

// A solver that stops early and certifies all the same.
void unfinished_solution(Operators& operators) {
  operators.solve = [exact = operators.solve](const Problem& p, const ProgressObserver& progress) {
    Solution solution = exact(p, progress);
    solution.values.array() += 1e-3;
    return solution;
  };
}

// The bound of the last step without the factor 1/(1 − γ), the classic mistake.
void classic_bounds(Operators& operators) {
  operators.bounds = [](const Problem&, const Sweep& sweep) {
    return Gap{sweep.smallest_change, sweep.largest_change};
  };
}

// A solver of linear systems that takes the discount for 1/2.
void short_visitation(Operators& operators) {
  operators.visitation = [exact = operators.visitation](const Problem& p, const VectorXd& policy) {
    const Mdp other = p.mdp.with_discount(0.5);
    return exact({.mdp = other, .temperature = p.temperature, .measure = p.measure}, policy);
  };
}

// The expectation of the exponential, as over paths, in place of the expectation.
void optimistic(Operators& operators) {
  operators.action_values = [](const Problem& p, const VectorXd& values) {
    VectorXd q(p.mdp.pairs());
    const VectorXd weights = (values / p.temperature).array().exp();
    for (Index k = 0; k < p.mdp.pairs(); ++k)
      q(k) = p.mdp.reward(k) + p.mdp.discount() * p.temperature * std::log(p.mdp.expectation(k, as_span(weights)));
    return q;
  };
}

// A check of existence that takes the bonus 5 per cent too large.
void warmer_existence(Operators& operators) {
  operators.existence = [exact = operators.existence](const Problem& p) {
    return exact({.mdp = p.mdp, .temperature = 1.05 * p.temperature, .measure = p.measure});
  };
}

// Learning for another temperature.
void warmer_learning(Operators& operators) {
  operators.learn = [exact = operators.learn](const Problem& p, const SoftQLearningOptions& options) {
    SoftQLearningOptions other = options;
    other.temperature.initial *= 1.1;
    return exact(p, other);
  };
}

// An iteration that keeps a share of what it had.
void remember(Operators& operators) {
  operators.state_values = [exact = operators.state_values](const Problem& p, const VectorXd& q) {
    return VectorXd(exact(p, q).array() + 0.05 * q(0));
  };
}

const std::map<std::string, Break>& breaks() {
  static const std::map<std::string, Break> all{
      {"optimal_backup_contraction", inflate},
      {"policy_backup_contraction", inflate},
      {"optimal_backup_monotonicity", negate},
      {"policy_backup_monotonicity", negate},
      {"optimal_backup_shift", inflate},
      {"policy_backup_shift", inflate},
      {"unique_fixed_point", remember},
      {"residual_bounds_error", warmer_solution},
      {"soft_bellman_equation", warmer_value(1.1)},
      {"optimal_policy_is_boltzmann", warmer_policy(1.1)},
      {"macqueen_porteus_encloses", classic_bounds},
      {"variational_identity", warmer_value(1.1)},
      {"unique_maximiser", warmer_policy(1.5)},
      {"policy_improvement", warmer_policy(5.0)},
      {"policy_iteration_converges", warmer_policy(1.1)},
      {"policy_iteration_rate", warmer_policy(1.1)},
      {"cooling_limit", warmer_solution},
      {"cooling_by_entropy", warmer_evaluation},
      {"heating_limit", warmer_solution},
      {"kl_charges_action_counts", unmeasured_solution},
      {"kl_shift", unmeasured_solution},
      {"kl_is_no_shift", unmeasured_solution},
      {"composition_bounds", unfinished_solution},
      {"composed_policy_regret", warmer_policy(1.1)},
      {"maxent_beats_exploration", warmer_policy(1.1)},
      {"exploration_falls_short", warmer_solution},
      {"gradient_one_step", warmer_policy(1.1)},
      {"gradient_n_step", warmer_policy(1.1)},
      {"gradient_td_lambda", warmer_policy(1.1)},
      {"natural_gradient", inflate},
      {"proper_entropy_gradient", warmer_evaluation},
      {"naive_entropy_bonus", warmer_policy(1.1)},
      {"visitation_forward_pass", short_visitation},
      {"visitation_monte_carlo", short_visitation},
      {"visitation_is_gradient", short_visitation},
      {"log_partition_gradient", short_visitation},
      {"feature_matching", short_visitation},
      {"label_bias", warmer_solution},
      {"paths_equal_causal", warmer_solution},
      {"paths_differ_from_causal", optimistic},
      {"path_sum_exists", warmer_by(1.001)},  // by more, the solution near the boundary does not exist
      {"path_sum_of_model", warmer_existence},
      {"spectral_radius_bounds", warmer_existence},
      {"soft_q_iteration", inflate},
      {"sampled_q_iteration", warmer_value(3.0)},  // more than what the few samples leave open
      {"soft_q_learning_rounds", warmer_learning},
  };
  return all;
}

class BrokenTheory : public ::testing::TestWithParam<std::string> {};

TEST_P(BrokenTheory, Fails) {
  const Mdp mdp = example();
  const TheoryOptions options{.temperature = 0.5, .trials = 10};
  for (const Statement& statement : all_statements()) {
    if (statement.id != GetParam()) continue;
    const Theorem sound = statement.measure(TheorySetting(mdp, options));
    EXPECT_TRUE(sound.holds) << "holds when nothing is broken: " << description(sound);
    ASSERT_TRUE(breaks().contains(GetParam())) << "there is no break for " << GetParam();
    Operators operators = exact_operators();
    breaks().at(GetParam())(operators);
    const Theorem broken = statement.measure(TheorySetting(mdp, options, operators));
    EXPECT_TRUE(broken.failed()) << description(broken);
    // For what it measures, not for want of a number.
    EXPECT_TRUE(std::isfinite(broken.bound) && !std::isnan(broken.measured)) << description(broken);
  }
}

std::vector<std::string> all_ids() {
  std::vector<std::string> ids;
  for (const Statement& statement : all_statements()) ids.emplace_back(statement.id);
  return ids;
}

INSTANTIATE_TEST_SUITE_P(Each, BrokenTheory, ::testing::ValuesIn(all_ids()),
                         [](const auto& parameter) { return parameter.param; });

// NaN never passes.
// A learner that learns nothing makes no mistake either, but it does not contract.
TEST(Theory, AsksOfLearningThatItLearns) {
  Operators idle = exact_operators();
  idle.learn = [learn = idle.learn](const Problem& p, const SoftQLearningOptions& options) {
    SoftQLearningResult result = learn(p, options);
    result.action_values = options.initial_action_values;
    result.updates.setZero();
    return result;
  };
  const Mdp mdp = example();
  EXPECT_TRUE(soft_q_learning_rounds(TheorySetting(mdp, {})).holds);
  EXPECT_TRUE(soft_q_learning_rounds(TheorySetting(mdp, {}, idle)).failed());
}

TEST(Theory, FailsOnNan) {
  const Mdp mdp = example();
  Operators operators = exact_operators();
  const auto nan = [](Index size) { return VectorXd(VectorXd::Constant(size, NAN)); };
  operators.action_values = [=](const Problem& p, const VectorXd&) { return nan(p.mdp.pairs()); };
  operators.policy_values = [=](const Problem& p, const VectorXd&, const VectorXd&) { return nan(p.mdp.states()); };
  for (const Statement& statement : all_statements()) {
    if (statement.group == 1 || statement.group == 3) {
      EXPECT_TRUE(statement.measure(TheorySetting(mdp, {.trials = 2}, operators)).failed()) << statement.id;
    }
  }
}

TEST(Theory, RefusesWhereItDoesNotApply) {
  using ::testing::HasSubstr;
  using ::testing::ThrowsMessage;
  const Mdp mdp = example();
  EXPECT_THAT([&] { TheorySetting(mdp, {.temperature = -1.0}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("temperature")));
  EXPECT_THAT([&] { TheorySetting(mdp, {.temperature = 1e-300}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("temperature must be 0 or from 1e-50")));
  EXPECT_THAT([&] { TheorySetting(mdp, {.trials = 0}); }, ThrowsMessage<std::invalid_argument>(HasSubstr("trials")));
  MdpBuilder builder(0.9);
  builder.add_terminal_state();
  const Mdp ended = std::move(builder).build();
  EXPECT_THAT([&] { TheorySetting(ended, {}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("every state is terminal")));
}

}  // namespace
}  // namespace softrl::tabular
