#include "continuous/sampling_policy.hpp"

#include <cmath>
#include <numbers>
#include <vector>

#include <gmock/gmock.h>

#include "continuous/task.hpp"
#include "softrl/trajectory.hpp"

namespace softrl::continuous {
namespace {

BoxSpace box(const Eigen::VectorXd& low, const Eigen::VectorXd& high) { return {.low = low, .high = high}; }

FrozenNetwork random_network(int state_size, int action_size, std::uint64_t seed) {
  Random random(seed, "network");
  const auto matrix = [&](int rows, int columns, double scale) {
    return Eigen::MatrixXd(Eigen::MatrixXd::NullaryExpr(rows, columns, [&] { return scale * random.normal(); }));
  };
  return {.state_weight = matrix(16, state_size, 0.5),
          .input_weight = matrix(16, action_size, 0.7),
          .first_bias = matrix(16, 1, 0.5),
          .layers = {{.weight = matrix(16, 16, 0.35), .bias = matrix(16, 1, 0.3)},
                     {.weight = matrix(action_size, 16, 0.5), .bias = matrix(action_size, 1, 0.3)}}};
}

// f(ξ) = ξ, written as relu(ξ) − relu(−ξ): the density of a = c + w tanh ξ is N(ξ)/(w (1 − tanh² ξ)). Out to |ξ| = 6, a
// hundred-thousandth from the box's edge, where rounding a by 4e-16 moves ξ by 2e-11 and the log density by 1e-10.
TEST(SamplingPolicy, DensityOfTheIdentityIsClosed) {
  const FrozenNetwork identity{.state_weight = Eigen::MatrixXd::Zero(2, 1),
                               .input_weight = Eigen::Vector2d(1, -1),
                               .first_bias = Eigen::VectorXd::Zero(2),
                               .layers = {{.weight = Eigen::RowVector2d(1, -1), .bias = Eigen::VectorXd::Zero(1)}}};
  const SamplingPolicy policy(identity, {}, box(Eigen::VectorXd::Constant(1, -1), Eigen::VectorXd::Constant(1, 5)));
  for (double noise = -6.03; noise < 6.1; noise += 0.37) {
    const double a = std::tanh(noise);
    const double expected =
        -0.5 * noise * noise - 0.5 * std::log(2.0 * std::numbers::pi) - std::log(3.0 * (1.0 - a * a));
    EXPECT_NEAR(policy.log_prob(Eigen::VectorXd::Zero(1), Eigen::VectorXd::Constant(1, 2.0 + 3.0 * a)), expected, 1e-8);
  }
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(policy.log_prob(Eigen::VectorXd::Zero(1), Eigen::VectorXd::Constant(1, 5.0)), -infinity);
  EXPECT_EQ(policy.log_prob(Eigen::VectorXd::Zero(1), Eigen::VectorXd::Constant(1, -1.5)), -infinity);
}

// f(ξ) = |ξ|: every u > 0 has two preimages, so the density doubles; no u < 0 has any.
TEST(SamplingPolicy, SumsOverPreimages) {
  const FrozenNetwork fold{.state_weight = Eigen::MatrixXd::Zero(2, 1),
                           .input_weight = Eigen::Vector2d(1, -1),
                           .first_bias = Eigen::VectorXd::Zero(2),
                           .layers = {{.weight = Eigen::RowVector2d(1, 1), .bias = Eigen::VectorXd::Zero(1)}}};
  const SamplingPolicy policy(fold, {}, box(Eigen::VectorXd::Constant(1, -1), Eigen::VectorXd::Constant(1, 1)));
  const double a = std::tanh(0.8);
  const double expected = std::log(2.0) - 0.32 - 0.5 * std::log(2.0 * std::numbers::pi) - std::log(1.0 - a * a);
  EXPECT_NEAR(policy.log_prob(Eigen::VectorXd::Zero(1), Eigen::VectorXd::Constant(1, a)), expected, 1e-8);
  EXPECT_EQ(policy.log_prob(Eigen::VectorXd::Zero(1), Eigen::VectorXd::Constant(1, -a)),
            -std::numeric_limits<double>::infinity());
}

// Every ξ in [−9, 9] with tanh f(ξ) = a, from the sign changes of f − u on a fine grid: f is linear between kinks, so
// the density is Σ N(ξ)/|da/dξ| with the slope of the cell.
double density_by_search(const FrozenNetwork& network, const Eigen::VectorXd& state, double action) {
  const int cells = 200'000;
  const double u = std::atanh(action), step = 18.0 / cells;
  const Eigen::VectorXd state_part = network.state_part(state);
  const auto f = [&](double noise) { return network.output(state_part, Eigen::VectorXd::Constant(1, noise))(0) - u; };
  double density = 0.0, left = f(-9.0);
  for (int i = 0; i < cells; ++i) {
    const double noise = -9.0 + step * i, right = f(noise + step);
    if ((left < 0.0) != (right < 0.0)) {
      const double slope = std::abs(right - left) / step, root = noise - left / (right - left) * step;
      density += std::exp(-0.5 * root * root) / std::sqrt(2.0 * std::numbers::pi) / slope / (1.0 - action * action);
    }
    left = right;
  }
  return density;
}

// Random networks in one dimension, at actions drawn from the policy. What Newton's method finds is never more than the
// exhaustive search finds, and on average nearly all of it: what it misses are pieces of little probability.
TEST(SamplingPolicy, FindsThePreimagesThatASearchFinds) {
  double found = 0.0;
  int count = 0;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const FrozenNetwork network = random_network(2, 1, seed);
    const SamplingPolicy policy(network, {}, box(Eigen::VectorXd::Constant(1, -1), Eigen::VectorXd::Constant(1, 1)));
    const Eigen::Vector2d state(0.3, -0.4);
    Random random(seed, "samples");
    for (int i = 0; i < 6; ++i) {
      const Eigen::VectorXd action = policy.sample(state, random);
      const double searched = density_by_search(network, state, action(0));
      const double share = std::exp(policy.log_prob(state, action)) / searched;
      EXPECT_LE(share, 1.01) << "seed " << seed << ", action " << action;
      found += share;
      ++count;
    }
  }
  EXPECT_GT(found / count, 0.98);
}

// A density integrates to 1. A network of gentle slope: no spikes that the midpoint rule would miss.
TEST(SamplingPolicy, DensityIntegratesToOne) {
  const FrozenNetwork network{
      .state_weight = Eigen::MatrixXd::Zero(3, 1),
      .input_weight = Eigen::Vector3d(1, -1, 1),
      .first_bias = Eigen::Vector3d(0, 0, -0.5),
      .layers = {{.weight = Eigen::RowVector3d(0.4, -0.9, 0.5), .bias = Eigen::VectorXd::Constant(1, 0.1)}}};
  const SamplingPolicy policy(network, {}, box(Eigen::VectorXd::Constant(1, -1), Eigen::VectorXd::Constant(1, 1)));
  const Eigen::VectorXd state = Eigen::VectorXd::Zero(1);
  const int points = 4000;
  double total = 0.0, lower_half = 0.0;
  for (int i = 0; i < points; ++i) {
    const double a = -1.0 + (2.0 * i + 1.0) / points;
    const double mass = std::exp(policy.log_prob(state, Eigen::VectorXd::Constant(1, a))) * 2.0 / points;
    total += mass;
    lower_half += a < 0.0 ? mass : 0.0;
  }
  EXPECT_NEAR(total, 1.0, 1e-3);
  // f(ξ) < 0 exactly where 0.9 ξ + 0.1 < 0 for ξ < 0: P(ξ < −1/9).
  EXPECT_NEAR(lower_half, 0.5 * std::erfc(1.0 / 9.0 / std::sqrt(2.0)), 1e-3);
  Random random(1, "samples");
  const int samples = 40'000;
  int below = 0;
  for (int i = 0; i < samples; ++i) below += policy.sample(state, random)(0) < 0.0 ? 1 : 0;
  EXPECT_NEAR(static_cast<double>(below) / samples, lower_half, 6.0 * 0.5 / std::sqrt(samples) + 1e-3);  // 6 deviations
}

// In two dimensions: the density over small squares around samples agrees with the count of samples in them, within 6
// deviations and 15 % for the midpoint rule across kinks and for preimages that are missed.
TEST(SamplingPolicy, DensityInTwoDimensionsAgreesWithCounts) {
  const SamplingPolicy policy(random_network(2, 2, 4), {}, box(Eigen::Vector2d(-1, -1), Eigen::Vector2d(1, 1)));
  const Eigen::Vector2d state(0.3, -0.4);
  Random random(1, "samples");
  const int samples = 400'000;
  std::vector<Eigen::VectorXd> actions;
  for (int i = 0; i < samples; ++i) actions.push_back(policy.sample(state, random));
  const double half = 0.05;
  for (int centre = 0; centre < 5; ++centre) {
    const Eigen::Vector2d c = actions[static_cast<std::size_t>(centre)].cwiseMax(-0.94).cwiseMin(0.94);
    int count = 0;
    for (const auto& a : actions) count += (a - c).cwiseAbs().maxCoeff() < half ? 1 : 0;
    double mass = 0.0;
    const int points = 12;
    for (int i = 0; i < points; ++i) {
      for (int j = 0; j < points; ++j) {
        const Eigen::Vector2d at =
            c + half * Eigen::Vector2d((2.0 * i + 1.0) / points - 1.0, (2.0 * j + 1.0) / points - 1.0);
        const double cell = 4.0 * half * half / (points * points);
        mass += std::exp(policy.log_prob(state, at)) * cell;
      }
    }
    const double share = static_cast<double>(count) / samples;
    EXPECT_NEAR(share, mass, 6.0 * std::sqrt(share / samples) + 0.15 * mass + 1e-4) << "square " << centre;
  }
}

TEST(SamplingPolicy, RollsOutInTheTask) {
  const auto task = make_task("multi_goal");
  const SamplingPolicy policy(random_network(2, 2, 1), {}, task->action_box());
  Random random(1, "actions"), again(1, "actions");
  const auto first = rollout(*task, policy, random, 100, 3);
  const auto second = rollout(*task, policy, again, 100, 3);
  ASSERT_EQ(first.transitions.size(), second.transitions.size());
  EXPECT_LE(first.transitions.size(), 30u);
  for (std::size_t t = 0; t < first.transitions.size(); ++t) {
    EXPECT_EQ(first.transitions[t].action, second.transitions[t].action);
    EXPECT_GT(policy.log_prob(first.transitions[t].observation, first.transitions[t].action),
              -std::numeric_limits<double>::infinity());
  }
}

// u = ξ and Q = −|a − (0.5, −0.5)|, which a critic of ReLUs has exactly along each axis: of 64 actions the best is no
// farther from there than the second nearest of those that the same number of draws would bring near it.
TEST(SamplingPolicy, BestIsTheActionOfTheGreatestQ) {
  FrozenNetwork identity{.state_weight = Eigen::MatrixXd::Zero(4, 1),
                         .input_weight = (Eigen::MatrixXd(4, 2) << 1, 0, -1, 0, 0, 1, 0, -1).finished(),
                         .first_bias = Eigen::VectorXd::Zero(4),
                         .layers = {{.weight = (Eigen::MatrixXd(2, 4) << 1, -1, 0, 0, 0, 0, 1, -1).finished(),
                                     .bias = Eigen::VectorXd::Zero(2)}}};
  FrozenNetwork critic = identity;
  critic.first_bias << -0.5, 0.5, 0.5, -0.5;  // relu(a₁ − ½) + relu(½ − a₁) = |a₁ − ½|, and so on
  critic.layers = {{.weight = Eigen::RowVector4d(-1, -1, -1, -1), .bias = Eigen::VectorXd::Zero(1)}};
  const BoxSpace unit = box(Eigen::Vector2d(-1, -1), Eigen::Vector2d(1, 1));
  const SamplingPolicy policy(identity, {critic}, unit);
  const Eigen::VectorXd state = Eigen::VectorXd::Zero(1);
  const Eigen::VectorXd best = policy.best(state);
  EXPECT_EQ(best, policy.best(state));
  EXPECT_LT(std::abs(best(0) - 0.5) + std::abs(best(1) + 0.5), 0.35);
  EXPECT_THROW(SamplingPolicy(identity, {}, unit).best(state), std::invalid_argument);
}

TEST(SamplingPolicy, NamesWhatItRefuses) {
  using testing::HasSubstr;
  using testing::ThrowsMessage;
  EXPECT_THAT(
      [] { SamplingPolicy(random_network(2, 2, 1), {}, box(Eigen::VectorXd::Zero(1), Eigen::VectorXd::Ones(1))); },
      ThrowsMessage<std::invalid_argument>(HasSubstr("noise must have 1 entries, got 2")));
  const SamplingPolicy policy(random_network(2, 2, 1), {}, box(Eigen::Vector2d(-1, -1), Eigen::Vector2d(1, 1)));
  Random random(1);
  EXPECT_THAT([&] { policy.sample(Eigen::VectorXd::Zero(3), random); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("observation must have 2 entries, got 3")));
  const Eigen::Vector2d zero = Eigen::Vector2d::Zero(), nan(NAN, 0.0);
  const auto says = [](const char* words) { return ThrowsMessage<std::invalid_argument>(HasSubstr(words)); };
  EXPECT_THAT([&] { policy.sample(nan, random); }, says("observation must be finite"));
  EXPECT_THAT([&] { policy.log_prob(nan, zero); }, says("observation must be finite"));
  EXPECT_THAT([&] { policy.log_prob(zero, nan); }, says("action must be finite"));
}

}  // namespace
}  // namespace softrl::continuous
