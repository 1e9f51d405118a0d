// What all solvers have in common, tested on all of them; and the law peculiar to each.
#include "tabular/solver.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tabular/examples.hpp"
#include "tabular/generators.hpp"
#include "tabular/high_precision.hpp"

namespace softrl::tabular {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double temperatures[] = {0.0, 1e-6, 1e-3, 1.0, 1e3, 1e6};

// The largest |V| there can be where every episode ends with probability `end` at least.
double scale_of(const Mdp& mdp, double temperature, double end) {
  const double reward = mdp.largest_reward() + temperature * std::log(std::max(2, mdp.largest_action_set()));
  return 1.5 + reward / (1.0 - mdp.discount() * (1.0 - end));
}

// Solves by every method. Each answer must be within its tolerance or say that it is not, and the certified intervals
// of all of them must have a point in common in every state.
void expect_agreement(const Mdp& mdp, const SolverOptions& options, const std::string& where) {
  Eigen::VectorXd lower = Eigen::VectorXd::Constant(mdp.states(), -infinity), upper = -lower;
  for (const Method method : all_methods()) {
    SCOPED_TRACE(fmt::format("{}, {}", where, to_string(method)));
    const Solution solution = solve(mdp, method, options);
    EXPECT_EQ(solution.status, Status::Converged) << to_string(solution.status) << ", " << solution.error_bound;
    EXPECT_LE(solution.error_bound, options.tolerance);
    EXPECT_LE(solution.iterations, options.max_iterations);
    if (method == Method::Auto) {
      EXPECT_EQ(solution.method, choose_method(mdp, options));
    } else {
      EXPECT_EQ(solution.method, method);
    }
    for (Index s = 0; s < mdp.states(); ++s) {
      if (mdp.is_terminal(s)) {
        EXPECT_EQ(solution.values(s), mdp.terminal_value(s));
        continue;
      }
      lower(s) = std::max(lower(s), solution.values(s) - solution.lower_gap);
      upper(s) = std::min(upper(s), solution.values(s) + solution.upper_gap);
      ASSERT_LE(lower(s), upper(s)) << "state " << s;
      const auto policy = solution.policy.segment(mdp.first_pair(s), mdp.action_count(s));
      EXPECT_GE(policy.minCoeff(), 0.0);
      EXPECT_NEAR(policy.sum(), 1.0, 1e-14);
    }
  }
}

TEST(Solver, NamesItsMethods) {
  std::vector<std::string> names;
  for (const Method method : all_methods()) {
    names.emplace_back(to_string(method));
    EXPECT_EQ(method_named(names.back()), method);
  }
  EXPECT_THAT(names,
              ElementsAre("value_iteration", "gauss_seidel", "prioritized_sweeping", "policy_iteration",
                          "krylov_policy_iteration", "modified_policy_iteration", "anderson", "topological", "auto"));
  EXPECT_FALSE(method_named("magic"));
}

// Tolerances are relative to the values here, because at temperature 10⁶ these reach 10¹¹.
TEST(Solver, AllMethodsAgreeOnRandomProcesses) {
  for (const double discount : {0.0, 0.5, 0.99, 0.999, 0.99999}) {
    for (const double temperature : temperatures) {
      for (std::uint64_t seed = 0; seed < 3; ++seed) {
        const Mdp mdp = random_mdp({.states = 12, .actions = 4, .discount = discount}, seed);
        const double tolerance = 1e-7 * scale_of(mdp, temperature, 0.0);
        expect_agreement(mdp, {.temperature = temperature, .tolerance = tolerance},
                         fmt::format("discount {}, temperature {}, seed {}", discount, temperature, seed));
      }
    }
  }
}

TEST(Solver, AllMethodsAgreeOnShortestPaths) {
  for (const double discount : {0.99999, 1.0}) {
    for (const double temperature : temperatures) {
      for (std::uint64_t seed = 0; seed < 3; ++seed) {
        const Mdp mdp =
            random_mdp({.states = 12, .actions = 4, .discount = discount, .terminal_probability = 0.1}, seed);
        const double tolerance = 1e-9 * scale_of(mdp, temperature, 0.1);
        expect_agreement(mdp, {.temperature = temperature, .tolerance = tolerance},
                         fmt::format("discount {}, temperature {}, seed {}", discount, temperature, seed));
      }
    }
  }
}

// Penalties to a random reference policy that forbids some actions.
TEST(Solver, AllMethodsAgreeOnPenalties) {
  Random random(5, "reference");
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    for (const double discount : {0.9, 1.0}) {
      const Mdp mdp = random_mdp({.states = 12, .actions = 5, .discount = discount, .terminal_probability = 0.1}, seed);
      Eigen::VectorXd reference = Eigen::VectorXd::Zero(mdp.pairs());
      for (Index s = 0; s < mdp.states(); ++s) {
        if (mdp.is_terminal(s)) continue;
        auto row = reference.segment(mdp.first_pair(s), mdp.action_count(s));
        for (Eigen::Index i = 0; i < row.size(); ++i) row(i) = i % 3 == 1 ? 0.0 : 0.1 + random.uniform();
        row /= row.sum();
      }
      const BaseMeasure measure = BaseMeasure::kl_to(mdp, reference);
      for (const double temperature : {1e-3, 1.0, 1e3}) {
        const double tolerance = 1e-9 * scale_of(mdp, temperature, 0.1);
        expect_agreement(mdp, {.temperature = temperature, .tolerance = tolerance, .base_measure = measure},
                         fmt::format("discount {}, temperature {}, seed {}", discount, temperature, seed));
      }
    }
  }
}

// Layers of states from each of which every action leads to the next layers.
Mdp layered(int layers, int width, double discount, std::uint64_t seed) {
  Random random(seed, "layers");
  MdpBuilder builder(discount);
  for (int s = 0; s < layers * width; ++s) {
    builder.add_state();
    for (int a = 0; a < 1 + s % 3; ++a) {
      const int begin = (s / width + 1) * width, rest = layers * width + 1 - begin;
      const double p = random.uniform();
      builder.add_action(random.normal(), {{static_cast<Index>(begin + random.below(rest)), p},
                                           {static_cast<Index>(begin + random.below(rest)), 1.0 - p}});
    }
  }
  builder.add_terminal_state(2.0);
  return std::move(builder).build();
}

// A chain of rings: inside, moves go round either way or stay; one action of each ring's first state leads to the next.
Mdp rings(int count, int size, double discount, double cost) {
  MdpBuilder builder(discount);
  for (int r = 0; r < count; ++r) {
    for (int i = 0; i < size; ++i) {
      builder.add_state();
      const auto at = [&](int j) { return static_cast<Index>(r * size + (j + size) % size); };
      builder.add_action(-cost, {{at(i + 1), 0.9}, {at(i), 0.1}});
      builder.add_action(-1.3 * cost, at(i - 1));
      if (i == 0) builder.add_action(-2.0 * cost, static_cast<Index>((r + 1) * size));
    }
  }
  builder.add_terminal_state(1.0);
  return std::move(builder).build();
}

TEST(Solver, AllMethodsAgreeOnExtremesOfStructure) {
  for (const double discount : {0.9, 1.0}) {
    for (const double temperature : {0.0, 0.2}) {
      const SolverOptions options{.temperature = temperature, .tolerance = 1e-9};
      const auto where = [&](const char* what) {
        return fmt::format("{}, discount {}, temperature {}", what, discount, temperature);
      };
      expect_agreement(layered(6, 5, discount, 1), options, where("acyclic"));
      expect_agreement(rings(5, 4, discount, 1.0), options, where("chain of components"));
      expect_agreement(rings(1, 20, discount, 1.0), options, where("one component"));
      expect_agreement(corridor(8, 1.0, discount), options, where("self-loops"));
    }
  }
  MdpBuilder builder(1.0);
  builder.add_terminal_state(3.0);
  builder.add_terminal_state(-2.0);
  const Mdp ended = std::move(builder).build();
  expect_agreement(ended, {.tolerance = 1e-14}, "nothing but terminal states");
  expect_agreement(ended.with_discount(0.5), {.tolerance = 1e-14}, "nothing but terminal states");
  expect_agreement(bandit({1.0, 2.0}, 0.9), {}, "one state");
  expect_agreement(bandit({1.0}, 0.0), {}, "one state, discount 0");
}

// At every stage, against 50 digits: after few iterations, converged, and at the limit of rounding.
TEST(Solver, BoundsOfAllMethodsHoldAgainstHighPrecision) {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const Mdp mdp = random_mdp({.states = 6, .discount = 0.85, .terminal_probability = seed % 2 ? 0.1 : 0.0}, seed);
    for (const double temperature : {0.0, 0.05, 2.0}) {
      const PreciseVector truth = precise_solution(mdp, temperature);
      for (const Method method : all_methods()) {
        SCOPED_TRACE(fmt::format("{}, temperature {}, seed {}", to_string(method), temperature, seed));
        const auto bounded = [&](const SolverOptions& options) {
          const Solution solution = solve(mdp, method, options);
          EXPECT_LE(largest_excess(truth, precise(solution.values)), solution.upper_gap);
          EXPECT_LE(largest_excess(precise(solution.values), truth), solution.lower_gap);
          EXPECT_EQ(solution.error_bound, std::max(solution.lower_gap, solution.upper_gap));
          return solution;
        };
        for (const double tolerance : {1e-2, 1e-10}) {
          const Solution solution = bounded({.temperature = temperature, .tolerance = tolerance});
          EXPECT_EQ(solution.status, Status::Converged);
          EXPECT_LE(solution.error_bound, tolerance);
        }
        for (const int limit : {1, 2, 5, 20'000}) {
          const Solution solution = bounded({.temperature = temperature, .tolerance = 0.0, .max_iterations = limit});
          EXPECT_TRUE(solution.status == Status::Stalled ||
                      (solution.status == Status::IterationLimit && solution.iterations == limit));
          if (limit > 5) {
            EXPECT_EQ(solution.status, Status::Stalled);
            EXPECT_LE(solution.error_bound, 1e-12);
          }
        }
      }
    }
  }
}

TEST(Solver, AllMethodsStartWarm) {
  Random random(3, "warm");
  for (const double discount : {0.99, 1.0}) {
    const Mdp mdp = random_mdp({.states = 20, .discount = discount, .terminal_probability = 0.02}, 5);
    Eigen::VectorXd astray(mdp.states());
    for (double& value : astray) value = 1e3 * random.normal();
    for (const Method method : all_methods()) {
      SCOPED_TRACE(to_string(method));
      const SolverOptions options{.temperature = 0.3};
      const Solution cold = solve(mdp, method, options);
      SolverOptions warm_options = options;
      warm_options.initial_values = cold.values;
      const Solution warm = solve(mdp, method, warm_options);
      EXPECT_EQ(warm.status, Status::Converged);
      EXPECT_LE(warm.iterations, std::max(3, cold.iterations / 4));
      EXPECT_LE((warm.values - cold.values).cwiseAbs().maxCoeff(), warm.error_bound + cold.error_bound);
      warm_options.initial_values = astray;
      const Solution returned = solve(mdp, method, warm_options);
      EXPECT_EQ(returned.status, Status::Converged);
      EXPECT_LE((returned.values - cold.values).cwiseAbs().maxCoeff(), returned.error_bound + cold.error_bound);
    }
  }
}

// Values from which staying at the start for ever looks best, which at discount 1 no residual gives away: it is that of
// every plain sweep until the values have come down.
TEST(Solver, AllMethodsComeBackFromAPolicyWithoutEnd) {
  for (const double temperature : {0.0, 0.2}) {
    for (const double height : {20.0, 500.0}) {
      const Mdp mdp = corridor(6, 1.0, 1.0);
      Eigen::VectorXd start = Eigen::VectorXd::Zero(mdp.states());
      start(0) = height;
      expect_agreement(mdp, {.temperature = temperature, .tolerance = 1e-9, .initial_values = start},
                       fmt::format("temperature {}, height {}", temperature, height));
    }
  }
}

// At discount 1 sweeps cannot come down from there, as 1e300 − 1 is 1e300: they start anew without those values.
TEST(Solver, AllMethodsComeBackFromStartValuesBeyondReason) {
  const Mdp mdp = corridor(6, 1.0, 1.0);
  for (const double height : {1e20, 1e300, -1e300}) {
    for (const double temperature : {0.0, 0.2}) {
      const Eigen::VectorXd high = Eigen::VectorXd::Constant(mdp.states(), height);
      Eigen::VectorXd mixed = high;
      for (Index s = 0; s < mdp.states(); s += 2) mixed(s) *= -1.0;
      for (const Eigen::VectorXd& start : {high, mixed})
        expect_agreement(mdp, {.temperature = temperature, .tolerance = 1e-9, .initial_values = start},
                         fmt::format("temperature {}, height {}", temperature, height));
    }
  }
}

// Without terminal states bounds see through a constant error, and rounding is that of the values at hand until they
// have come down.
TEST(Solver, AllMethodsComeBackFromStartValuesBeyondReasonWithoutTerminalStates) {
  for (const int states : {1, 6}) {
    for (const double discount : {0.5, 0.99}) {
      const Mdp mdp = random_mdp({.states = states, .discount = discount}, 4);
      Random random(8, "heights");
      for (const double height : {1e6, 1e12, 1e20}) {
        const Eigen::VectorXd start = Eigen::VectorXd::NullaryExpr(states, [&] { return height * random.normal(); });
        for (const double temperature : {0.0, 0.2})
          expect_agreement(
              mdp, {.temperature = temperature, .tolerance = 1e-9, .initial_values = start},
              fmt::format("{} states, discount {}, temperature {}, height {}", states, discount, temperature, height));
      }
    }
  }
}

// Where some states come back to themselves by a few moves of their own, the middle of the bounds may be far from V*
// there, and sweeps in place that were moved to it time and again came no nearer.
TEST(Solver, AllMethodsConvergeOnDeterministicGarnets) {
  const Mdp mdp = garnet({.states = 200, .branching = 1, .discount = 0.99});
  for (const double temperature : {0.0, 1.0})
    expect_agreement(mdp, {.temperature = temperature}, fmt::format("temperature {}", temperature));
}

// The news of a reward far off must not take one linear solve a state to get through.
TEST(Solver, NewtonsMethodsSwimUpALongRiver) {
  const Mdp mdp = river_swim({.states = 600, .discount = 0.999});
  for (const double temperature : {0.0, 1e-6}) {
    for (const Method method : {Method::PolicyIteration, Method::Topological}) {
      SCOPED_TRACE(fmt::format("{}, temperature {}", to_string(method), temperature));
      const Solution solution =
          solve(mdp, method, {.temperature = temperature, .tolerance = 1e-6, .max_iterations = 100});
      EXPECT_EQ(solution.status, Status::Converged);
    }
  }
}

// A pass over the components that is cut short has come to a limit, not to the end of what rounding allows.
TEST(Solver, TellsALimitFromRounding) {
  for (const Method method : all_methods()) {
    SCOPED_TRACE(to_string(method));
    const Mdp mdp = random_mdp({.states = 20, .discount = 0.999}, 1);
    const Solution solution = solve(mdp, method, {.temperature = 0.1, .tolerance = 1e-6, .max_iterations = 1});
    EXPECT_NE(solution.status, Status::Stalled) << solution.error_bound;
  }
}

// One way out, of which the reference policy makes next to no use: to rounding, it stays for ever. At temperature 0
// only the support of the reference counts; else an end costs α log 1e300.
TEST(Solver, AllMethodsFindAnEndOfNextToNoWeight) {
  MdpBuilder builder(1.0);
  builder.add_state();
  builder.add_action(-1.0, 0);
  builder.add_action(-1.0, 1);
  builder.add_terminal_state();
  const Mdp mdp = std::move(builder).build();
  const BaseMeasure measure = BaseMeasure::kl_to(mdp, Eigen::Vector2d(1.0, 1e-300));
  for (const double temperature : {0.0, 1e-3}) {
    const SolverOptions options{.temperature = temperature, .tolerance = 1e-9, .base_measure = measure};
    expect_agreement(mdp, options, fmt::format("temperature {}", temperature));
    const Solution solution = solve(mdp, Method::Auto, options);
    EXPECT_NEAR(solution.values(0), -1.0 - temperature * 300.0 * std::log(10.0), 1e-9);
  }
}

TEST(Solver, AllMethodsTellTheirProgress) {
  const Mdp mdp = random_mdp({.states = 20, .discount = 0.95}, 1);
  for (const Method method : all_methods()) {
    SCOPED_TRACE(to_string(method));
    std::vector<double> bounds;
    const SolverOptions options{.max_iterations = 5000, .progress = [&](const Progress& progress) {
                                  ASSERT_EQ(progress.measurements.size(), 2U);
                                  EXPECT_EQ(progress.measurements[0].name, "residual");
                                  EXPECT_EQ(progress.measurements[1].name, "error_bound");
                                  EXPECT_EQ(progress.limit, 5000);
                                  bounds.push_back(progress.measurements[1].value);
                                  EXPECT_EQ(progress.done, static_cast<std::int64_t>(bounds.size()));
                                }};
    const Solution solution = solve(mdp, method, options);
    ASSERT_EQ(static_cast<int>(bounds.size()), solution.iterations);
    EXPECT_LE(bounds.back(), 1e-8);
  }
}

// Walking on and on is worth infinitely much in the first two, the third has no end, and the fourth lies on the border,
// where values grow without end but ever slower.
TEST(Solver, NoMethodClaimsAnInfiniteValue) {
  for (const Method method : all_methods()) {
    SCOPED_TRACE(to_string(method));
    EXPECT_EQ(solve(corridor(4, -0.1, 1.0), method, {.temperature = 0.5}).status, Status::Infeasible);
    EXPECT_EQ(solve(corridor(4, -0.1, 1.0), method, {.temperature = 0.0}).status, Status::Infeasible);
    EXPECT_EQ(solve(bandit({-1.0, -2.0}, 1.0), method).status, Status::Infeasible);
    const Solution border = solve(corridor(4, 0.0, 1.0), method, {.temperature = 0.5, .max_iterations = 500});
    EXPECT_EQ(border.status, Status::Infeasible);
    EXPECT_TRUE(std::isinf(border.error_bound));
    EXPECT_TRUE(border.values.allFinite());
  }
}

TEST(Solver, NoMethodHandsOutValuesThatOverflowed) {
  for (const Method method : all_methods()) {
    SCOPED_TRACE(to_string(method));
    for (const double reward : {-1e308, 1e308}) {
      for (const Mdp& mdp : {bandit({reward, reward}, 0.95), corridor(5, reward, 0.999)}) {
        const Solution solution = solve(mdp, method);
        EXPECT_EQ(solution.status, Status::Stalled);
        EXPECT_TRUE(std::isinf(solution.error_bound));
        EXPECT_TRUE(solution.values.allFinite());
      }
    }
  }
}

TEST(Solver, EveryMethodNamesTheOptionItRefuses) {
  const Mdp mdp = bandit({1.0}, 0.5);
  for (const Method method : all_methods()) {
    SCOPED_TRACE(to_string(method));
    const auto refuses = [&](const SolverOptions& options, const char* name) {
      EXPECT_THAT([&] { solve(mdp, method, options); }, ThrowsMessage<std::invalid_argument>(HasSubstr(name)));
    };
    refuses({.temperature = -1.0}, "temperature must be finite and at least 0, got -1");
    refuses({.tolerance = -1e-3}, "tolerance");
    refuses({.max_iterations = 0}, "max_iterations must be at least 1, got 0");
    refuses({.initial_values = Eigen::Vector2d(0.0, 0.0)}, "initial_values must have 1 entries, got 2");
    refuses({.base_measure = {.log_weights = Eigen::Vector2d(0.0, 0.0)}}, "base measure must have 1 entries, got 2");
  }
}

TEST(Solver, ChoosesByStructure) {
  EXPECT_EQ(choose_method(layered(6, 5, 0.9, 1)), Method::Topological);
  EXPECT_EQ(choose_method(rings(5, 4, 0.9, 1.0)), Method::Topological);
  EXPECT_EQ(choose_method(rings(1, 20, 0.9, 1.0)), Method::PolicyIteration);
  EXPECT_EQ(choose_method(rings(1, 5000, 0.999, 1.0)), Method::KrylovPolicyIteration);
  EXPECT_EQ(choose_method(rings(1, 5000, 1.0, 1.0)), Method::ModifiedPolicyIteration);
  EXPECT_EQ(choose_method(garnet({.states = 5000, .actions = 4, .branching = 5, .discount = 0.999})),
            Method::ValueIteration);
}

// From V ≤ TV, sweeps of either kind only rise towards V*, and sweeps in place rise faster: T is monotone. With rewards
// ≥ 0 and terminal values 0, V = 0 is such a start and the certified lower bound is the last sweep itself.
TEST(GaussSeidel, RisesAtLeastAsFastAsValueIterationFromBelow) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed, "rising");
    MdpBuilder builder(0.97);
    for (int s = 0; s < 15; ++s) {
      builder.add_state();
      for (int a = 0; a < 3; ++a)
        builder.add_action(
            random.uniform(),
            {{static_cast<Index>(random.below(15)), 0.6}, {static_cast<Index>(random.below(15)), 0.3}, {15, 0.1}});
    }
    builder.add_terminal_state();
    const Mdp mdp = std::move(builder).build();
    Eigen::VectorXd before = Eigen::VectorXd::Zero(15);
    for (int limit = 1; limit < 40; ++limit) {
      const SolverOptions options{.temperature = 0.4, .tolerance = 0.0, .max_iterations = limit};
      const Solution in_place = solve(mdp, Method::GaussSeidel, options);
      const Solution plain = solve(mdp, Method::ValueIteration, options);
      const Eigen::VectorXd reached = in_place.values.head(15).array() - in_place.lower_gap;
      const Eigen::VectorXd plainly = plain.values.head(15).array() - plain.lower_gap;
      EXPECT_GE((reached - before).minCoeff(), -1e-12) << "seed " << seed << ", " << limit << " iterations";
      EXPECT_GE((reached - plainly).minCoeff(), -1e-12) << "seed " << seed << ", " << limit << " iterations";
      before = reached;
    }
  }
}

// A prize at the end of a corridor is the only news: value iteration passes it on by one state a sweep, the queue by
// one state a backup, which is all it takes at temperature 0.
TEST(PrioritizedSweeping, FollowsTheNewsAlone) {
  const int length = 200;
  MdpBuilder builder(0.99);
  for (int s = 0; s < length; ++s) {
    builder.add_state();
    builder.add_action(s == length - 1 ? 1.0 : 0.0, s + 1);
    builder.add_action(0.0, std::max(s - 1, 0));
  }
  builder.add_terminal_state();
  const Mdp mdp = std::move(builder).build();
  const SolverOptions options{.temperature = 0.0, .tolerance = 1e-10};
  const Solution queue = solve(mdp, Method::PrioritizedSweeping, options);
  EXPECT_LE(queue.iterations, 6);
  EXPECT_GE(solve(mdp, Method::ValueIteration, options).iterations, length);
  for (int s = 0; s < length; ++s) EXPECT_NEAR(queue.values(s), std::pow(0.99, length - 1 - s), queue.error_bound);
}

// Newton's iterations hardly depend on the discount; and that takes no more optimal sweeps than one for each.
TEST(ModifiedPolicyIteration, NeedsFewOptimalSweeps) {
  for (const double discount : {0.99, 0.9999}) {
    const Mdp mdp = random_mdp({.states = 60, .discount = discount, .terminal_probability = 1e-3}, 7);
    const SolverOptions options{.temperature = 0.2, .tolerance = 1e-6};
    const Solution newton = solve(mdp, Method::ModifiedPolicyIteration, options);
    const Solution sweeps = solve(mdp, Method::ValueIteration, options);
    EXPECT_EQ(newton.status, Status::Converged);
    EXPECT_LE(5 * newton.iterations, sweeps.iterations) << "discount " << discount;
  }
}

// The safeguard's promise: after n sweeps one has had a residual of at most 20 γ^((n−1)/2) times the first one's (the
// spread that is spoken of lies between once and twice the residual where there are terminal states).
TEST(Anderson, KeepsItsPromise) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const double discount = seed % 2 ? 0.9 : 0.99;
    const Mdp mdp = random_mdp({.states = 30, .actions = 4, .discount = discount, .terminal_probability = 1e-3}, seed);
    for (const double temperature : {0.0, 0.1}) {
      double first = 0.0, best = infinity;
      solve(mdp, Method::Anderson,
            {.temperature = temperature, .tolerance = 1e-6, .progress = [&](const Progress& progress) {
               const double residual = progress.measurements[0].value;
               const auto n = static_cast<double>(progress.done);
               if (progress.done == 1) first = residual;
               best = std::min(best, residual);
               EXPECT_LE(best, 20.0 * std::pow(discount, 0.5 * (n - 1.0)) * first) << "seed " << seed << ", n " << n;
             }});
    }
  }
}

// And it is worth it where value iteration crawls along.
TEST(Anderson, NeedsFewerSweepsThanValueIteration) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Mdp mdp = random_mdp({.states = 50, .discount = 0.999, .terminal_probability = 1e-4}, seed);
    const SolverOptions options{.temperature = 1.0, .tolerance = 1e-6};
    EXPECT_LE(4 * solve(mdp, Method::Anderson, options).iterations,
              solve(mdp, Method::ValueIteration, options).iterations);
  }
}

// One backup a state, so that the full sweep that follows changes nothing at all.
TEST(Topological, SolvesAnAcyclicProcessInOnePass) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    for (const double discount : {0.99999, 1.0}) {
      const Solution solution = solve(layered(30, 4, discount, seed), Method::Topological, {.temperature = 0.3});
      EXPECT_EQ(solution.status, Status::Converged);
      EXPECT_EQ(solution.iterations, 1);
      EXPECT_EQ(solution.residual, 0.0);
    }
  }
}

// Waiting costs next to nothing, but for long: V = −1e-12 / 1e-7, while a residual of 1e-12 looks like precision
// enough.
TEST(Topological, AsksForMoreWhereASmallResidualIsALargeError) {
  MdpBuilder builder(1.0);
  builder.add_state();
  builder.add_action(-1e-12, {{0, 1.0 - 1e-7}, {1, 1e-7}});
  builder.add_terminal_state();
  const Mdp mdp = std::move(builder).build();
  const Solution solution = solve(mdp, Method::Topological, {.temperature = 0.0, .tolerance = 1e-9});
  EXPECT_EQ(solution.status, Status::Converged);
  EXPECT_NEAR(solution.values(0), -1e-5, 1e-9);
}

// Errors pass from ring to ring, yet the whole is certified.
TEST(Topological, SolvesALongChainOfComponents) {
  const Mdp mdp = rings(300, 5, 1.0, 1.0);
  const Solution chain = solve(mdp, Method::Topological, {.temperature = 0.2, .tolerance = 1e-7});
  const Solution whole = solve(mdp, Method::PolicyIteration, {.temperature = 0.2, .tolerance = 1e-7});
  EXPECT_EQ(chain.status, Status::Converged);
  EXPECT_LE((chain.values - whole.values).cwiseAbs().maxCoeff(), chain.error_bound + whole.error_bound);
}

// Two slippery floors of 6,400 states, the second behind the last corner of the first. Sweeps alone would take some
// 1/(1 − γ) of them, and no limit on passes keeps Newton's method from its turn.
TEST(Topological, SolvesLargeComponents) {
  constexpr Index n = 80;
  MdpBuilder builder(0.9999);
  for (Index floor = 0; floor < 2; ++floor) {
    for (Index cell = 0; cell < n * n; ++cell) {
      const Index row = cell / n, column = cell % n, corner = floor * n * n;
      const auto to = [&](Index r, Index c) { return corner + std::clamp(r, 0, n - 1) * n + std::clamp(c, 0, n - 1); };
      const Index around[] = {to(row - 1, column), to(row, column + 1), to(row + 1, column), to(row, column - 1)};
      builder.add_state();
      if (cell == n * n - 1) {
        builder.add_action(-1.0, {{corner + n * n, 1.0}});
        continue;
      }
      for (std::size_t a = 0; a < 4; ++a)
        builder.add_action(-1.0, {{around[(a + 3) % 4], 0.1}, {around[a], 0.8}, {around[(a + 1) % 4], 0.1}});
    }
  }
  builder.add_terminal_state();
  const Mdp mdp = std::move(builder).build();
  for (const double temperature : {0.0, 0.1}) {
    const SolverOptions options{.temperature = temperature, .tolerance = 1e-7, .max_iterations = 20};
    const Solution chain = solve(mdp, Method::Topological, options);
    const Solution whole = solve(mdp, Method::KrylovPolicyIteration, options);
    EXPECT_EQ(chain.status, Status::Converged) << temperature;
    EXPECT_EQ(whole.status, Status::Converged) << temperature;
    EXPECT_LE((chain.values - whole.values).cwiseAbs().maxCoeff(), chain.error_bound + whole.error_bound);
  }
}

}  // namespace
}  // namespace softrl::tabular
