#include "irl/maxent_likelihood.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "small_mdps.hpp"

namespace softrl::irl {
namespace {

using tabular::random_mdp;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr PathModel models[] = {PathModel::MaxEntPaths, PathModel::CausalEntropy};
constexpr MdpFeatures::On kinds[] = {MdpFeatures::On::States, MdpFeatures::On::StateActions,
                                     MdpFeatures::On::Transitions};
const Horizon horizons[] = {Horizon::fixed(6), Horizon::discounted(0.8), Horizon::to_goal()};

Mdp example(std::uint64_t seed) {
  return random_mdp({.states = 5, .actions = 3, .successors = 3, .terminal_probability = 0.3}, seed);
}

// A feature of every kind and a constant, so that there are feasible weights on the way to a goal.
MdpFeatures example_features(const Mdp& mdp, MdpFeatures::On on, std::uint64_t seed) {
  MdpFeatures features = random_features(mdp, 3, on, seed);
  features.values.col(0).setOnes();
  return features;
}

// Of four steps.
Demonstration long_walk(const Mdp& mdp) {
  const auto walks = random_walks(mdp, 40, 4, 2);
  return *std::find_if(walks.begin(), walks.end(), [](const Demonstration& walk) { return walk.steps() == 4; });
}

// Central differences of step h err by about h² times a third derivative and 1e-13 / h: 1e-9 here, times the sizes.
TEST(MaxEntLikelihood, DerivativesAgreeWithFiniteDifferences) {
  const Eigen::Vector3d weights(-2.0, 0.4, -0.3);
  constexpr double h = 1e-4;
  for (const PathModel model : models)
    for (const Horizon& horizon : horizons)
      for (const MdpFeatures::On on : kinds)
        for (std::uint64_t seed = 0; seed < 3; ++seed) {
          const Mdp mdp = example(seed);
          // Six steps do not always reach a terminal state: some are cut.
          MaxEntLikelihood likelihood(mdp, example_features(mdp, on, seed), random_walks(mdp, 6, 4, seed), model,
                                      horizon);
          const auto at = likelihood.evaluate(weights);
          const auto curvature = likelihood.curvature(weights);
          ASSERT_TRUE(at && curvature);
          EXPECT_NEAR(curvature->value, at->value, 1e-9);
          EXPECT_LT((curvature->gradient - at->gradient).norm(), 1e-8);
          EXPECT_LT((curvature->scores.colwise().sum().transpose() - at->gradient).norm(), 1e-7);
          for (int j = 0; j < 3; ++j) {
            const Eigen::Vector3d step = h * Eigen::Vector3d::Unit(j);
            const auto up = likelihood.evaluate(weights + step), down = likelihood.evaluate(weights - step);
            EXPECT_NEAR((up->value - down->value) / (2 * h), at->gradient(j), 1e-5);
            EXPECT_LT(((up->gradient - down->gradient) / (2 * h) - curvature->hessian.col(j)).norm(), 1e-5);
          }
        }
}

// log P(path) = Σ log P(a|s) where moves are sure, also of paths that were cut; with a discount, weighted by it.
TEST(MaxEntLikelihood, IsTheLogLikelihoodOfActionsWhereMovesAreSure) {
  const Mdp mdp = tabular::corridor(4, 1.0, 1.0);
  ASSERT_TRUE(mdp.deterministic());
  const MdpFeatures features = random_features(mdp, 2, MdpFeatures::On::StateActions, 1);
  const auto walks = random_walks(mdp, 5, 6, 1);
  const Eigen::Vector2d weights(-0.3, 0.2);
  for (const Horizon& horizon : {Horizon::fixed(6), Horizon::discounted(0.8)}) {
    MaxEntLikelihood likelihood(mdp, features, walks, PathModel::MaxEntPaths, horizon);
    const SoftPolicy policy = likelihood.solve(weights);
    double expected = 0.0;
    for (const auto& step : likelihood.counts().steps)
      expected += std::pow(horizon.discount, step.t) * std::log(policy.policies(horizon.layer(step.t), step.choice));
    EXPECT_NEAR(likelihood.evaluate(weights)->value, expected, 1e-10);
    if (horizon.discount < 1.0) continue;
    EXPECT_NEAR(likelihood.action_log_likelihood(policy), expected, 1e-12);
  }
}

// Of demonstrations that were cut it is that of their actions, weighted by γ^t, also where moves are not sure.
TEST(MaxEntLikelihood, IsTheLogLikelihoodOfActionsWhereDemonstrationsAreCut) {
  const Eigen::Vector3d weights(-2.0, 0.4, -0.3);
  for (const Horizon& horizon : horizons)
    for (const MdpFeatures::On on : kinds) {
      const Mdp mdp = example(2);
      Demonstration cut = long_walk(mdp);
      cut.states.pop_back();
      cut.actions.pop_back();
      MaxEntLikelihood likelihood(mdp, example_features(mdp, on, 2), {cut}, PathModel::CausalEntropy, horizon);
      const SoftPolicy policy = likelihood.solve(weights);
      double expected = 0.0;
      for (const auto& step : likelihood.counts().steps)
        expected += std::pow(horizon.discount, step.t) * std::log(policy.policies(horizon.layer(step.t), step.choice));
      EXPECT_NEAR(likelihood.evaluate(weights)->value, expected, 1e-9);
    }
}

// Ziebart 2008, eq. (4): P(path) = Π P exp(θ·f) / Z, by walking all paths; L leaves the Π P of the data out.
TEST(MaxEntLikelihood, OfPathsIsTheirLogProbability) {
  const Mdp mdp = example(2);
  const MdpFeatures features = example_features(mdp, MdpFeatures::On::Transitions, 2);
  const Eigen::Vector3d weights(-0.5, 0.4, -0.3);
  const std::vector<Demonstration> walks = {long_walk(mdp)};
  MaxEntLikelihood likelihood(mdp, features, walks, PathModel::MaxEntPaths, Horizon::fixed(4));
  double z = 0.0;
  Eigen::Vector3d weighted = Eigen::Vector3d::Zero();
  each_trajectory(mdp, walks[0].states[0], 4, [&](const Trajectory& path) {
    Eigen::Vector3d counts = Eigen::Vector3d::Zero();
    for (const Index t : path.transitions) counts += features.values.row(t).transpose();
    const double p = path.move_probability * std::exp(weights.dot(counts));
    z += p;
    weighted += p * counts;
  });
  const Eigen::VectorXd counted = likelihood.counts().features.row(0).transpose();
  const auto at = likelihood.evaluate(weights);
  EXPECT_NEAR(at->value, weights.dot(counted) - std::log(z), 1e-12);
  EXPECT_LT((at->gradient - (counted - weighted / z)).norm(), 1e-12);
}

// With 1 only at goals: the same over the paths that are in a terminal state after at most four steps.
TEST(MaxEntLikelihood, OfPathsThatEndAtAGoalLeavesOutTheOthers) {
  const Mdp mdp = example(2);
  const MdpFeatures features = example_features(mdp, MdpFeatures::On::Transitions, 2);
  const Eigen::Vector3d weights(-0.5, 0.4, -0.3);
  const auto walks = random_walks(mdp, 40, 4, 2);
  const auto whole = std::find_if(walks.begin(), walks.end(), [&](const Demonstration& walk) {
    return walk.steps() > 1 && mdp.is_terminal(walk.states.back());
  });
  ASSERT_NE(whole, walks.end());
  const Horizon horizon = Horizon::fixed_to_goal(4);
  MaxEntLikelihood likelihood(mdp, features, {*whole}, PathModel::MaxEntPaths, horizon);
  double z = 0.0;
  Eigen::Vector3d weighted = Eigen::Vector3d::Zero();
  Eigen::Matrix3d squares = Eigen::Matrix3d::Zero();
  each_trajectory(mdp, whole->states[0], 4, [&](const Trajectory& path) {
    if (!mdp.is_terminal(path.states.back())) return;
    Eigen::Vector3d counts = Eigen::Vector3d::Zero();
    for (const Index t : path.transitions) counts += features.values.row(t).transpose();
    const double p = path.move_probability * std::exp(weights.dot(counts));
    z += p;
    weighted += p * counts;
    squares += p * counts * counts.transpose();
  });
  const Eigen::Vector3d counted = likelihood.counts().features.row(0).transpose(), mean = weighted / z;
  const auto at = likelihood.curvature(weights);
  EXPECT_NEAR(at->value, weights.dot(counted) - std::log(z), 1e-12);
  EXPECT_LT((at->gradient - (counted - mean)).norm(), 1e-12);
  EXPECT_LT((at->hessian + squares / z - mean * mean.transpose()).norm(), 1e-12);

  // Where none is near enough, or moves are not sure.
  const Mdp corridor = tabular::corridor(4, 1.0, 1.0);
  const Demonstration back_and_forth{.name = "slow", .states = {0, 0, 1}, .actions = {1, 0}};
  const MdpFeatures steps{.names = {"step"}, .on = MdpFeatures::On::States, .values = Eigen::VectorXd::Ones(5)};
  const auto of_corridor = [&](int limit) {
    return MaxEntLikelihood(corridor, steps, {back_and_forth}, PathModel::CausalEntropy, Horizon::fixed_to_goal(limit));
  };
  EXPECT_TRUE(of_corridor(5).evaluate(Eigen::VectorXd::Zero(1)));
  EXPECT_THAT([&] { of_corridor(4); }, ThrowsMessage<std::invalid_argument>(HasSubstr("state 1 after 2 steps")));
  EXPECT_THAT([&] { MaxEntLikelihood(mdp, features, {*whole}, PathModel::CausalEntropy, horizon); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("no policy can promise")));
}

// What the model says of the variance of the score, averaged over all trajectories that it may produce, is that
// variance: Σ P(trajectory) s sᵀ. With the horizon's end, with cuts and with a discount.
TEST(MaxEntLikelihood, ScoresVaryAsTheModelSays) {
  const Eigen::Vector2d weights(0.4, -0.6);
  const Mdp mdp = random_mdp({.states = 4, .actions = 2, .successors = 2, .terminal_probability = 0.2}, 4);
  for (const Horizon& horizon : {Horizon::fixed(4), Horizon::fixed(6), Horizon::discounted(0.7)}) {
    const MdpFeatures features = random_features(mdp, 2, MdpFeatures::On::Transitions, 4);
    MaxEntProcess process(mdp, PathModel::CausalEntropy, horizon);
    const SoftPolicy policy = process.solve(on_state_actions(mdp, features) * weights);
    Eigen::Matrix2d variance = Eigen::Matrix2d::Zero(), told = Eigen::Matrix2d::Zero();
    Eigen::Vector2d mean = Eigen::Vector2d::Zero();
    const bool cut = horizon.kind != Horizon::Kind::Fixed || horizon.steps > 4;
    const auto walks = random_walks(mdp, 20, 1, 4);
    const auto cut_walk = std::find_if(walks.begin(), walks.end(),
                                       [&](const Demonstration& walk) { return !mdp.is_terminal(walk.states.back()); });
    each_trajectory(mdp, 0, 4, [&](const Trajectory& path) {
      double probability = path.move_probability;
      Demonstration demonstration{.name = "", .states = path.states, .actions = {}};
      for (std::size_t t = 0; t < path.pairs.size(); ++t) {
        probability *= policy.policies(horizon.layer(static_cast<int>(t)), path.pairs[t]);
        demonstration.actions.push_back(mdp.action(path.pairs[t], path.states[t]));
      }
      // Of many demonstrations some are cut, if any may be: count this one as among them.
      std::vector<Demonstration> together = {demonstration};
      if (cut) together.push_back(*cut_walk);
      DemonstrationCounts counts = count(mdp, features, process, together);
      counts.features.conservativeResize(1, Eigen::NoChange);
      counts.sources.resize(1);
      counts.steps.resize(path.pairs.size());
      MaxEntLikelihood likelihood(mdp, features, counts, PathModel::CausalEntropy, horizon);
      const auto curvature = likelihood.curvature(weights);
      mean += probability * curvature->gradient;
      variance += probability * curvature->gradient * curvature->gradient.transpose();
      told += probability * curvature->score_variance;
    });
    EXPECT_LT(mean.norm(), 1e-9) << "the score of the truth is 0 on average, also where demonstrations are cut";
    EXPECT_LT((variance - told).norm(), 1e-8);
  }
}

TEST(MaxEntLikelihood, OfCausalEntropyAndPathsIsOneWhereMovesAreSure) {
  const Mdp mdp = tabular::corridor(4, 1.0, 1.0);
  const MdpFeatures features = random_features(mdp, 2, MdpFeatures::On::StateActions, 1);
  const auto walks = random_walks(mdp, 5, 6, 1);
  for (const Horizon& horizon : horizons) {
    if (horizon.kind == Horizon::Kind::ToGoal) continue;  // random features leave the domain; the process tests have it
    MaxEntLikelihood paths(mdp, features, walks, PathModel::MaxEntPaths, horizon);
    MaxEntLikelihood causal(mdp, features, walks, PathModel::CausalEntropy, horizon);
    const Eigen::Vector2d weights(-0.3, 0.2);
    EXPECT_EQ(paths.evaluate(weights)->value, causal.evaluate(weights)->value);
    EXPECT_EQ(paths.evaluate(weights)->gradient, causal.evaluate(weights)->gradient);
    EXPECT_EQ(paths.curvature(weights)->hessian, causal.curvature(weights)->hessian);
  }
}

TEST(MaxEntLikelihood, NamesWhatItRefuses) {
  const Mdp mdp = example(1);
  const auto walks = random_walks(mdp, 3, 4, 1);
  const MdpFeatures good = random_features(mdp, 2, MdpFeatures::On::States, 1);
  const auto refuses = [&](const MdpFeatures& features, const std::vector<Demonstration>& demonstrations,
                           const std::string& a, const std::string& b) {
    EXPECT_THAT([&] { MaxEntLikelihood(mdp, features, demonstrations, PathModel::CausalEntropy, Horizon::fixed(3)); },
                ThrowsMessage<std::invalid_argument>(AllOf(HasSubstr(a), HasSubstr(b))));
  };
  MdpFeatures bad = good;
  bad.on = MdpFeatures::On::Transitions;
  refuses(bad, walks, "rows of features on transitions", "");
  bad = good;
  bad.values(2, 1) = std::nan("");
  refuses(bad, walks, "feature f1", "nan at state 2");
  bad = good;
  bad.names[1] = "f0";
  refuses(bad, walks, "\"f0\"", "twice");
  bad.names[1] = "";
  refuses(bad, walks, "names of features", "empty");
  bad = good;
  bad.values.col(1) *= 1e-200;
  refuses(bad, walks, "feature f1", "must be 0 everywhere or reach 1e-100");
  refuses(good, {}, "number of demonstrations", "0");
  Demonstration lost = walks[0];
  lost.states[1] = 99;
  refuses(good, {lost}, "demonstration 0: step 0: next state", "99");
  Demonstration idle{.name = "idle", .states = {0}, .actions = {}};
  refuses(good, {idle}, "idle", "no steps");
  refuses(good, {long_walk(mdp)}, "has 4 steps", "horizon's 3");
}

}  // namespace
}  // namespace softrl::irl
