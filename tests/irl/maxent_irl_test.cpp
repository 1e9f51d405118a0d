#include "irl/maxent_irl.hpp"

#include <cmath>
#include <filesystem>
#include <limits>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irl/gridworld_features.hpp"
#include "small_mdps.hpp"
#include "softrl/operators.hpp"
#include "tabular/gridworld.hpp"

namespace softrl::irl {
namespace {

using tabular::Gridworld;
using tabular::MdpBuilder;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

constexpr PathModel models[] = {PathModel::MaxEntPaths, PathModel::CausalEntropy};

// From state 0, action 0 (feature 1) or action 1 (feature 0), and the end.
Mdp fork() {
  MdpBuilder builder(1.0);
  builder.add_state();
  builder.add_action(0.0, 1);
  builder.add_action(0.0, 1);
  builder.add_terminal_state();
  return std::move(builder).build();
}

MdpFeatures fork_feature() {
  return {.names = {"first"}, .on = MdpFeatures::On::StateActions, .values = Eigen::Vector2d(1.0, 0.0)};
}

std::vector<Demonstration> choices(int first, int all) {
  std::vector<Demonstration> result;
  for (int d = 0; d < all; ++d)
    result.push_back({.name = fmt::format("{}", d), .states = {0, 1}, .actions = {d < first ? 0 : 1}});
  return result;
}

// The binary logit: θ = log(p / (1 − p)), −H = n p (1 − p), and the sandwich is the same; at every horizon.
TEST(MaxEntIrl, OfAForkHasAClosedForm) {
  for (const Horizon& horizon : {Horizon::fixed(1), Horizon::discounted(0.9), Horizon::to_goal()})
    for (const Optimiser optimiser : {Optimiser::Lbfgs, Optimiser::ExponentiatedGradient})
      for (const int first : {3, 20, 33}) {
        MaxEntLikelihood likelihood(fork(), fork_feature(), choices(first, 40), PathModel::CausalEntropy, horizon);
        const MaxEntFit fit = maxent_irl(likelihood, {.optimiser = optimiser, .tolerance = 1e-10});
        const double p = first / 40.0, error = 1.0 / std::sqrt(40 * p * (1 - p));
        EXPECT_EQ(fit.status, Status::Converged);
        EXPECT_NEAR(fit.weights(0), std::log(p / (1 - p)), 2e-5 * error);  // gain ≤ 1e-10 nats is within 1.5e-5 errors
        EXPECT_NEAR(std::sqrt(fit.covariance(0, 0)), error, 1e-4 * error);
        EXPECT_NEAR(std::sqrt(fit.robust_covariance(0, 0)), error, 1e-4 * error);
        EXPECT_NEAR(fit.log_likelihood, first * std::log(p) + (40 - first) * std::log(1 - p), 1e-9);
        EXPECT_NEAR(fit.uniform_log_likelihood, 40 * std::log(0.5), 1e-12);
        EXPECT_NEAR(fit.counted_features(0), p, 1e-15);
        EXPECT_LT(fit.feature_mismatch, 1e-5);
        EXPECT_THAT(fit.warnings, IsEmpty());
      }
}

// Features of the shipped gridworlds: a constant, and entering each kind of tile. Their true rewards are in their span.
struct World {
  Gridworld world;
  Mdp mdp;
  MdpFeatures features;
  Eigen::VectorXd truth;  // [k]
};

World shipped(const std::string& name) {
  const Gridworld world =
      tabular::read_gridworld(std::filesystem::path(SOFTRL_SOURCE_DIR) / "examples/gridworlds" / (name + ".toml"));
  World result{.world = world, .mdp = tabular::gridworld_mdp(world), .features = {}, .truth = {}};
  result.features.on = MdpFeatures::On::Transitions;
  std::vector<Eigen::VectorXd> columns = {Eigen::VectorXd::Ones(result.mdp.transitions())};
  std::vector<double> truth = {-world.step_cost};
  result.features.names = {"step"};
  for (const auto& [symbol, tile] : world.legend) {
    bool is_there = false;
    for (const std::string& row : world.map) is_there = is_there || row.find(symbol) != std::string::npos;
    if (!is_there) continue;
    columns.push_back(entering(world, result.mdp, symbol));
    truth.push_back(tile.reward);
    result.features.names.push_back(std::string(1, symbol));
  }
  result.features.values.resize(result.mdp.transitions(), static_cast<Eigen::Index>(columns.size()));
  for (std::size_t j = 0; j < columns.size(); ++j)
    result.features.values.col(static_cast<Eigen::Index>(j)) = columns[j];
  result.truth = Eigen::VectorXd::Map(truth.data(), static_cast<Eigen::Index>(truth.size()));
  return result;
}

Index start_of(const Mdp& mdp) {
  Index start = 0;
  mdp.initial_distribution().maxCoeff(&start);
  return start;
}

// What infinitely many demonstrations of the rewards θ show: their expected features, exactly.
DemonstrationCounts expected_counts(const World& w, PathModel model, const Horizon& horizon,
                                    const Eigen::VectorXd& weights) {
  DemonstrationCounts counts{.features = RowMatrix::Zero(1, w.features.count()),
                             .sources = {{{.step = 0, .state = start_of(w.mdp), .weight = 1.0}}},
                             .steps = {}};
  MaxEntLikelihood likelihood(w.mdp, w.features, counts, model, horizon);
  counts.features.row(0) = -likelihood.evaluate(weights)->gradient.transpose();
  return counts;
}

// From expected features alone, the learned behaviour is the demonstrated one: state frequencies within 1e-6. The
// rewards are worth 0.3 of the file's, and at most 6 in size, so that no behaviour is certain.
TEST(MaxEntIrl, RecoversBehaviourOnTheShippedGridworlds) {
  for (const std::string name : {"cliff", "four_rooms", "slippery"})
    for (const PathModel model : models)
      for (const Horizon& horizon : {Horizon::fixed(40), Horizon::discounted(0.95), Horizon::to_goal()}) {
        SCOPED_TRACE(fmt::format("{} {} {}", name, to_string(model), static_cast<int>(horizon.kind)));
        const World w = shipped(name);
        Eigen::VectorXd truth = (0.3 * w.truth).cwiseMax(-6.0).cwiseMin(6.0);
        truth(0) = -1.5;  // what a step must cost so that wandering does not pay: more than log 4 nats of entropy
        const DemonstrationCounts counts = expected_counts(w, model, horizon, truth);
        MaxEntLikelihood likelihood(w.mdp, w.features, counts, model, horizon);
        const MaxEntFit fit = maxent_irl(likelihood);
        EXPECT_EQ(fit.status, Status::Converged);
        const Eigen::VectorXd demonstrated = likelihood.expected_visits(likelihood.solve(truth));
        EXPECT_LT((fit.expected_visits - demonstrated).cwiseAbs().maxCoeff(), 1e-6);
        EXPECT_LT(fit.feature_mismatch, 1e-8);
        for (int j = 0; j < w.features.count(); ++j)
          EXPECT_NEAR(fit.weights(j), truth(j), fit.estimated[static_cast<std::size_t>(j)] ? 1e-3 : 20.0);
      }
}

// From n sampled demonstrations. Matched features match the return under the true reward, which is θ* · f: the learned
// policy's expected return is the demonstrations' mean return, within Hoeffding's distance of the expert's,
// range · sqrt(log(2/δ) / 2n), but for δ = 1e-7 each (three worlds: 3e-7 in all). The return is computed from the
// rewards in the file. Five standard errors would be closer, but their error depends on the tails.
TEST(MaxEntIrl, EarnsTheDemonstratedReturn) {
  constexpr int steps = 30, n = 2000;
  for (const std::string name : {"cliff", "four_rooms", "slippery"}) {
    SCOPED_TRACE(name);
    const World w = shipped(name);
    MaxEntProcess expert(w.mdp, PathModel::CausalEntropy, Horizon::fixed(steps));
    const Eigen::VectorXd rewards = Eigen::VectorXd::NullaryExpr(
        w.mdp.pairs(), [&](Eigen::Index k) { return w.mdp.reward(static_cast<Index>(k)) / 2.0; });
    const SoftPolicy shown = expert.solve(rewards);
    const auto demonstrations = simulate(w.mdp, expert, shown, {.count = n, .seed = 11});
    const auto expected_return = [&](const SoftPolicy& policy) {
      const auto visits = expert.visits(policy, {{.step = 0, .state = start_of(w.mdp), .weight = 1.0}});
      double sum = 0.0;
      for (std::size_t t = 0; t < visits.size(); ++t)
        for (Index s = 0; s < w.mdp.states(); ++s)
          for (Index k = w.mdp.first_pair(s); k < w.mdp.first_pair(s + 1); ++k)
            sum += visits[t](s) * policy.policies(static_cast<int>(t), k) * w.mdp.reward(k);
      return sum;
    };
    MaxEntLikelihood likelihood(w.mdp, w.features, demonstrations, PathModel::CausalEntropy, Horizon::fixed(steps));
    const MaxEntFit fit = maxent_irl(likelihood);
    EXPECT_EQ(fit.status, Status::Converged);
    // A demonstration costs at most `steps` steps and puddles, and gains or loses one final tile.
    double puddle = 0.0;
    for (const auto& [symbol, tile] : w.world.legend)
      if (!tile.terminal) puddle = std::min(puddle, tile.reward);
    const double range = steps * (w.world.step_cost - puddle) + w.truth.tail(w.truth.size() - 1).maxCoeff() -
                         std::min(0.0, w.truth.minCoeff());
    const double sampling_error = range * std::sqrt(std::log(2.0 / 1e-7) / (2.0 * n));
    EXPECT_NEAR(expected_return(fit.policy), expected_return(shown), sampling_error);
    EXPECT_NEAR(expected_return(fit.policy), w.truth.dot(fit.counted_features), 1e-5 * range);
    EXPECT_LT(sampling_error, 0.1 * range) << "or it would say little";
  }
}

// Errors of 300 fits of 200 demonstrations each, in units of the standard errors they state: the mean of z² is 1 within
// 5.1 sqrt(2 / 300) = 0.42 but for a chance of 4e-7, if z were normal; 200 demonstrations make it so to about 0.1.
TEST(MaxEntIrl, StandardErrorsAreTheErrorsOfRepeatedFits) {
  const Mdp mdp = tabular::random_mdp({.states = 4, .actions = 3, .successors = 2, .terminal_probability = 0.1}, 9);
  const MdpFeatures features = random_features(mdp, 2, MdpFeatures::On::StateActions, 9);
  const Eigen::Vector2d truth(0.6, -0.4);
  for (const Horizon& horizon : {Horizon::fixed(8), Horizon::discounted(0.8)}) {
    MaxEntProcess process(mdp, PathModel::CausalEntropy, horizon);
    const SoftPolicy policy = process.solve(features.values * truth);
    constexpr int fits = 300;
    Eigen::Vector2d squares = Eigen::Vector2d::Zero(), robust_squares = Eigen::Vector2d::Zero();
    for (std::uint64_t seed = 0; seed < fits; ++seed) {
      MaxEntLikelihood likelihood(mdp, features,
                                  simulate(mdp, process, policy, {.count = 200, .max_steps = 8, .seed = seed}),
                                  PathModel::CausalEntropy, horizon);
      const MaxEntFit fit = maxent_irl(likelihood);
      ASSERT_EQ(fit.status, Status::Converged);
      const Eigen::Vector2d error = fit.weights - truth;
      squares += error.cwiseAbs2().cwiseQuotient(fit.covariance.diagonal()) / fits;
      robust_squares += error.cwiseAbs2().cwiseQuotient(fit.robust_covariance.diagonal()) / fits;
    }
    for (int j = 0; j < 2; ++j) {
      EXPECT_NEAR(squares(j), 1.0, 0.55);
      EXPECT_NEAR(robust_squares(j), 1.0, 0.55);
    }
  }
}

// At the maximum of L − l1 ‖θ‖₁ − ½ l2 ‖θ‖² the slope of L is l1 sign(θ) + l2 θ, and at most l1 where θ is 0.
TEST(MaxEntIrl, PenaltiesBalanceTheSlope) {
  const Mdp mdp = tabular::random_mdp({.states = 6, .actions = 3, .successors = 3, .terminal_probability = 0.1}, 2);
  const MdpFeatures features = random_features(mdp, 5, MdpFeatures::On::StateActions, 2);
  // The expected features of somebody's weights, so that there is a maximum.
  DemonstrationCounts counts{.features = RowMatrix::Zero(1, 5), .sources = {{{0, 0, 1.0}}}, .steps = {}};
  MaxEntLikelihood somebody(mdp, features, counts, PathModel::CausalEntropy, Horizon::fixed(10));
  counts.features.row(0) = -somebody.evaluate(Eigen::VectorXd::Constant(5, 0.5))->gradient.transpose();
  MaxEntLikelihood likelihood(mdp, features, counts, PathModel::CausalEntropy, Horizon::fixed(10));
  const auto slope_at = [&](const MaxEntFit& fit) { return likelihood.evaluate(fit.weights)->gradient; };
  const MaxEntFit plain = maxent_irl(likelihood);
  EXPECT_LT(slope_at(plain).norm(), 1e-6);
  EXPECT_LT((plain.weights.array() - 0.5).abs().maxCoeff(), 1e-4);
  const MaxEntFit ridge = maxent_irl(likelihood, {.penalty = {.l2 = 3.0}});
  EXPECT_LT((slope_at(ridge) - 3.0 * ridge.weights).norm(), 1e-6);
  EXPECT_LT(ridge.weights.norm(), plain.weights.norm());
  EXPECT_NEAR(ridge.objective, likelihood.evaluate(ridge.weights)->value - 1.5 * ridge.weights.squaredNorm(), 1e-9);

  const Eigen::VectorXd slope_at_zero = likelihood.evaluate(Eigen::VectorXd::Zero(5))->gradient;
  const double l1 = 0.6 * slope_at_zero.cwiseAbs().maxCoeff();
  const MaxEntFit lasso = maxent_irl(likelihood, {.penalty = {.l1 = l1}});
  EXPECT_EQ(lasso.status, Status::Converged);
  int zeros = 0;
  for (int j = 0; j < 5; ++j) {
    if (lasso.weights(j) == 0.0) {
      ++zeros;
      EXPECT_LE(std::abs(slope_at(lasso)(j)), l1);
      EXPECT_FALSE(lasso.estimated[static_cast<std::size_t>(j)]);
    } else {
      EXPECT_NEAR(slope_at(lasso)(j), std::copysign(l1, lasso.weights(j)), 1e-4 * l1);
    }
  }
  EXPECT_GT(zeros, 0);
  EXPECT_LT(zeros, 5);
}

// Features in other units: the weights are in the inverse units, and the search takes about as long.
TEST(MaxEntIrl, UnitsOfFeaturesDoNotMatter) {
  const Mdp mdp = tabular::random_mdp({.states = 20, .actions = 4, .terminal_probability = 0.05}, 1);
  const MdpFeatures features = random_features(mdp, 4, MdpFeatures::On::StateActions, 1);
  const Eigen::Vector4d units(1.0, 10.0, 100.0, 1000.0);
  MdpFeatures in_units = features;
  in_units.values *= units.asDiagonal();
  const auto walks = random_walks(mdp, 50, 20, 1);
  MaxEntLikelihood likelihood(mdp, features, walks, PathModel::MaxEntPaths, Horizon::fixed(20));
  MaxEntLikelihood other(mdp, in_units, walks, PathModel::MaxEntPaths, Horizon::fixed(20));
  for (const Optimiser optimiser : {Optimiser::Lbfgs, Optimiser::ExponentiatedGradient}) {
    const MaxEntFit a = maxent_irl(likelihood, {.optimiser = optimiser}),
                    b = maxent_irl(other, {.optimiser = optimiser});
    EXPECT_EQ(a.status, Status::Converged);
    EXPECT_EQ(b.status, Status::Converged);
    EXPECT_LT((a.weights - b.weights.cwiseProduct(units)).norm(), 1e-5);
    EXPECT_LE(b.iterations, a.iterations + 10);
  }
  // Under an L1 penalty, which is on the weights in user's units, the search has one scale for all of them.
  const MaxEntFit lasso = maxent_irl(other, {.penalty = {.l1 = 5.0}});
  EXPECT_EQ(lasso.status, Status::Converged);
  const Eigen::VectorXd slope = other.evaluate(lasso.weights)->gradient;
  for (int j = 0; j < 4; ++j) {
    if (lasso.weights(j) == 0.0)
      EXPECT_LE(std::abs(slope(j)), 5.0);
    else
      EXPECT_NEAR(slope(j), std::copysign(5.0, lasso.weights(j)), 1e-3);
  }
}

TEST(MaxEntIrl, BothOptimisersFindTheSame) {
  const Mdp mdp = tabular::random_mdp({.states = 6, .actions = 3, .successors = 3, .terminal_probability = 0.2}, 5);
  MdpFeatures features = random_features(mdp, 3, MdpFeatures::On::Transitions, 5);
  features.values.col(0).setOnes();
  for (const PathModel model : models)
    for (const Horizon& horizon : {Horizon::fixed(12), Horizon::to_goal()}) {
      const int steps = horizon.kind == Horizon::Kind::Fixed ? horizon.steps : 500;  // or until a terminal state
      MaxEntLikelihood likelihood(mdp, features, random_walks(mdp, 30, steps, 5), model, horizon);
      const MaxEntFit a = maxent_irl(likelihood, {.penalty = {.l2 = 0.1}});
      const MaxEntFit b = maxent_irl(
          likelihood, {.penalty = {.l2 = 0.1}, .optimiser = Optimiser::ExponentiatedGradient, .max_iterations = 5000});
      EXPECT_EQ(a.status, Status::Converged);
      EXPECT_EQ(b.status, Status::Converged);
      EXPECT_NEAR(a.objective, b.objective, 2e-8);
      EXPECT_LT((a.weights - b.weights).norm(), 1e-2);
      EXPECT_GT(b.iterations, a.iterations);
    }
}

// All demonstrations agree, so that only the penalty makes a maximum, at n f / (1 + exp(f θ)) = l2 θ: whatever the size
// f of the feature, if the curvature l2 is above the rounding error of n f². The slope errs by about 1e-15 n f.
TEST(MaxEntIrl, APenaltyMakesAMaximum) {
  for (const double size : {1e-3, 1.0, 1e3})
    for (const double l2 : {1e-3, 1.0, 1e4, 1e8}) {
      SCOPED_TRACE(fmt::format("size {}, l2 {}", size, l2));
      MdpFeatures feature = fork_feature();
      feature.values *= size;
      MaxEntLikelihood likelihood(fork(), feature, choices(40, 40), PathModel::CausalEntropy, Horizon::to_goal());
      const MaxEntFit fit = maxent_irl(likelihood, {.penalty = {.l2 = l2}});
      double low = 0.0, high = 40.0 * size / l2;
      for (int i = 0; i < 200; ++i) {
        const double middle = 0.5 * (low + high);
        (40.0 * size / (1.0 + std::exp(size * middle)) > l2 * middle ? low : high) = middle;
      }
      EXPECT_EQ(fit.status, Status::Converged);
      EXPECT_THAT(fit.warnings, IsEmpty());
      EXPECT_NEAR(fit.weights(0), low, 1e-9 * low + 1e-15 * 40.0 * size / l2);
    }
}

// By luck, all demonstrations end up where no policy can be sure to go: half of the moves do.
TEST(MaxEntIrl, SaysWhenLuckIsBeyondAnyPolicy) {
  MdpBuilder builder(1.0);
  builder.add_state();
  builder.add_action(0.0, {{1, 0.5}, {2, 0.5}});
  builder.add_action(0.0, {{1, 0.4}, {2, 0.6}});
  builder.add_terminal_state();
  builder.add_terminal_state();
  const Mdp mdp = std::move(builder).build();
  const MdpFeatures lucky{
      .names = {"lucky"}, .on = MdpFeatures::On::Transitions, .values = Eigen::Vector4d(1, 0, 1, 0)};
  MaxEntLikelihood likelihood(mdp, lucky, {{.name = "a", .states = {0, 1}, .actions = {0}}}, PathModel::CausalEntropy,
                              Horizon::to_goal());
  const MaxEntFit fit = maxent_irl(likelihood);
  EXPECT_NE(fit.status, Status::Converged);
  EXPECT_THAT(fit.warnings, testing::Contains(HasSubstr("no policy can reach")));
  const MaxEntFit cured = maxent_irl(likelihood, {.penalty = {.l2 = 0.1}});
  EXPECT_EQ(cured.status, Status::Converged);
  EXPECT_THAT(cured.warnings, IsEmpty());
}

// Where moves are not sure and demonstrations are cut, the objective is the log-likelihood of their actions: at most 0,
// but not concave. No fit may end below what its search has seen.
TEST(MaxEntIrl, ClimbsWithDemonstrationsThatAreCut) {
  for (const Horizon& horizon : {Horizon::fixed(30), Horizon::discounted(0.95), Horizon::to_goal()})
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      SCOPED_TRACE(fmt::format("kind {}, seed {}", static_cast<int>(horizon.kind), seed));
      const Mdp mdp = tabular::random_mdp({.states = 8, .actions = 3, .terminal_probability = 0.1}, seed);
      MdpFeatures features = random_features(mdp, 3, MdpFeatures::On::StateActions, seed);
      features.values.col(0).setOnes();
      MaxEntLikelihood likelihood(mdp, features, random_walks(mdp, 40, 3, seed), PathModel::CausalEntropy, horizon);
      double best = -std::numeric_limits<double>::infinity();
      const MaxEntFit fit =
          maxent_irl(likelihood, {.start = {{"f0", -2.0}, {"f1", 0.3}}, .progress = [&](const Progress& progress) {
                                    best = std::max(best, progress.measurements[0].value);
                                  }});
      EXPECT_EQ(fit.status, Status::Converged);
      EXPECT_LE(fit.objective, 0.0);
      EXPECT_GE(fit.objective, best - 1e-9 * std::abs(best));
      EXPECT_LT(fit.feature_mismatch, 1e-6);
      if (horizon.discount == 1.0) {
        EXPECT_NEAR(fit.objective, fit.log_likelihood, 1e-9);
      }
    }
}

// The first step of the search crosses 0 and is held there, where the slope is far above the penalty.
TEST(MaxEntIrl, IsNotConvergedWhereASlopeExceedsTheL1Penalty) {
  MaxEntLikelihood likelihood(fork(), fork_feature(), choices(30, 40), PathModel::CausalEntropy, Horizon::to_goal());
  const MaxEntFit cut =
      maxent_irl(likelihood, {.start = {{"first", -1e-9}}, .penalty = {.l1 = 1.0}, .max_iterations = 1});
  ASSERT_EQ(cut.weights(0), 0.0);
  EXPECT_EQ(cut.status, Status::IterationLimit);
  // Half of 40 are expected at 0: the slope is 30 − 20, less 1 of the penalty; the curvature 40 / 4.
  EXPECT_NEAR(cut.remaining_gain, 0.5 * 9.0 * 9.0 / 10.0, 1e-9);
  const MaxEntFit zero = maxent_irl(likelihood, {.penalty = {.l1 = 11.0}});
  EXPECT_EQ(zero.weights(0), 0.0);
  EXPECT_EQ(zero.status, Status::Converged) << "there the penalty holds it";
}

TEST(MaxEntIrl, SaysWhatTheDemonstrationsCannotTell) {
  const Mdp mdp = tabular::random_mdp({.states = 5, .actions = 3}, 3);
  const auto walks = random_walks(mdp, 20, 10, 3);
  MdpFeatures features = random_features(mdp, 4, MdpFeatures::On::StateActions, 3);
  features.names = {"good", "constant", "nowhere", "good_too"};
  features.values.col(1).setOnes();
  features.values.col(2).setZero();
  features.values.col(3) = -3.0 * features.values.col(0);
  // All paths of a fixed horizon without terminal states are equally long.
  MaxEntLikelihood likelihood(mdp, features, walks, PathModel::CausalEntropy, Horizon::fixed(10));
  const MaxEntFit fit = maxent_irl(likelihood);
  EXPECT_EQ(fit.status, Status::Converged);
  ASSERT_EQ(fit.warnings.size(), 3u);
  EXPECT_THAT(fit.warnings[0], HasSubstr("nowhere is 0 everywhere"));
  EXPECT_THAT(fit.warnings, testing::Contains(HasSubstr("good, good_too one by one")));
  EXPECT_THAT(fit.warnings, testing::Contains(HasSubstr("do not determine constant")));
  EXPECT_EQ(fit.estimated, std::vector<bool>(4, false));
  EXPECT_LT(fit.feature_mismatch, 1e-8);

  const MaxEntFit cured = maxent_irl(likelihood, {.fixed = {{"constant", 0.0}, {"nowhere", 0.0}, {"good_too", 0.0}}});
  EXPECT_THAT(cured.warnings, IsEmpty());
  EXPECT_NEAR(cured.objective, fit.objective, 1e-7) << "what cannot be told costs nothing";
  EXPECT_EQ(cured.covariance(1, 1), 0.0);

  MaxEntLikelihood unanimous(fork(), fork_feature(), choices(40, 40), PathModel::CausalEntropy, Horizon::to_goal());
  const MaxEntFit runaway = maxent_irl(unanimous);
  EXPECT_THAT(runaway.warnings, testing::ElementsAre(HasSubstr("do not determine first")));
  EXPECT_GT(runaway.weights(0), 5.0);
  EXPECT_TRUE(std::isnan(runaway.covariance(0, 0)));
}

// The maximum of laps around a state of two moves is at the edge of where the path sum is finite: fits step back.
TEST(MaxEntIrl, StepsBackFromTheEdgeOfTheDomain) {
  const Mdp mdp = tabular::corridor(1, 1.0, 1.0);
  MdpFeatures features{.names = {"step"}, .on = MdpFeatures::On::States, .values = Eigen::Vector2d(1.0, 0.0)};
  Demonstration laps{.name = "laps", .states = {0}, .actions = {}};
  for (int lap = 0; lap < 100; ++lap) {
    laps.states.push_back(0);
    laps.actions.push_back(1);
  }
  laps.states.push_back(1);
  laps.actions.push_back(0);
  MaxEntLikelihood likelihood(mdp, features, {laps}, PathModel::CausalEntropy, Horizon::to_goal());
  const MaxEntFit fit = maxent_irl(likelihood);
  EXPECT_EQ(fit.status, Status::Converged);
  // P(n laps) = x^n (1 − x) with x = e^θ, so that x = n / (n + 1).
  EXPECT_NEAR(fit.weights(0), std::log(100.0 / 101.0), 1e-5);
  EXPECT_GT(fit.infeasible_trials, 0);
}

TEST(MaxEntIrl, StopsAtTheLimitAndPassesOnWhatTheObserverThrows) {
  const Mdp mdp = tabular::random_mdp({.states = 6, .terminal_probability = 0.2}, 5);
  MaxEntLikelihood likelihood(mdp, random_features(mdp, 3, MdpFeatures::On::States, 5), random_walks(mdp, 30, 12, 5),
                              PathModel::CausalEntropy, Horizon::fixed(12));
  std::vector<double> told;
  const MaxEntFit fit = maxent_irl(likelihood, {.max_iterations = 2, .progress = [&](const Progress& progress) {
                                                  EXPECT_EQ(progress.measurements[0].name, "objective");
                                                  told.push_back(progress.measurements[0].value);
                                                }});
  EXPECT_EQ(fit.status, Status::IterationLimit);
  EXPECT_EQ(fit.newton_steps, 0);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_NEAR(told[1], fit.objective, 1e-9);
  EXPECT_THROW(maxent_irl(likelihood, {.progress = [](const Progress&) { throw std::runtime_error("stop"); }}),
               std::runtime_error);
}

TEST(MaxEntIrl, NamesTheOptionItRefuses) {
  MaxEntLikelihood likelihood(fork(), fork_feature(), choices(3, 9), PathModel::CausalEntropy, Horizon::to_goal());
  const auto refuses = [&](const MaxEntIrlOptions& options, const std::string& a, const std::string& b) {
    EXPECT_THAT([&] { maxent_irl(likelihood, options); },
                ThrowsMessage<std::invalid_argument>(AllOf(HasSubstr(a), HasSubstr(b))));
  };
  refuses({.start = {{"speed", 1.0}}}, "start", "unknown weight \"speed\" (weights: first)");
  refuses({.penalty = {.l1 = -1.0}}, "l1", "-1");
  refuses({.penalty = {.l2 = std::nan("")}}, "l2", "nan");
  refuses({.penalty = {.l1 = 1.0}, .optimiser = Optimiser::ExponentiatedGradient}, "l1", "exponentiated gradient");
  refuses({.tolerance = 0.0}, "tolerance", "0");
  refuses({.max_iterations = 0, .prefix = "--"}, "--max-iterations", "0");
  refuses({.start = {{"first", 1.0}}, .fixed = {{"first", 1.0}}}, "first=1 is fixed", "");

  const Mdp mdp = tabular::corridor(2, 1.0, 1.0);
  MdpFeatures goal{.names = {"goal"}, .on = MdpFeatures::On::States, .values = Eigen::Vector3d(0.0, 1.0, 0.0)};
  MaxEntLikelihood free_steps(mdp, goal, random_walks(mdp, 3, 50, 1), PathModel::CausalEntropy, Horizon::to_goal());
  EXPECT_THAT([&] { maxent_irl(free_steps); }, ThrowsMessage<std::invalid_argument>(AllOf(
                                                   HasSubstr("start: no feasible weights"), HasSubstr("constant"))));
  EXPECT_THAT(
      [&] {
        maxent_irl(free_steps, {.fixed = {{"goal", 1.0}}});
      },
      ThrowsMessage<std::invalid_argument>(HasSubstr("fix: no feasible weights")));
}

}  // namespace
}  // namespace softrl::irl
