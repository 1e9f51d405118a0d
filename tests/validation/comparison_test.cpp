#include "validation/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <gmock/gmock.h>

#include "continuous/lqg.hpp"

namespace softrl::validation {
namespace {

using continuous::FrozenNetwork;
using continuous::TrainedRun;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double temperature_of_test = 0.3, discount_of_test = 0.9;

// The optimal policy of the linear-quadratic task, N(−K s, Σ), cut to the box of actions.
class OptimalPolicy final : public continuous::TrainedPolicy {
 public:
  explicit OptimalPolicy(const continuous::LqgSolution& solution)
      : solution_(solution), root_(solution.covariance.llt().matrixL()) {}
  Eigen::Index observation_size() const override { return 2; }
  Eigen::Index action_size() const override { return 2; }
  VectorXd sample(const VectorXd& observation, Random& random) const override {
    const Eigen::Vector2d z(random.normal(), random.normal());
    return (best(observation) + root_ * z).cwiseMax(-2.0).cwiseMin(2.0);
  }
  double log_prob(const VectorXd&, const VectorXd&) const override { return 0.0; }
  VectorXd best(const VectorXd& observation) const override { return solution_.mean_action(observation); }

 private:
  continuous::LqgSolution solution_;
  MatrixXd root_;
};

// −xᵀ H x − c of x = (s, a) as a network of one hidden layer: each square of a principal component is interpolated
// between knots 0.02 apart on [−5, 5], which is too large by at most 0.0001 times its eigenvalue.
FrozenNetwork quadratic_network(const MatrixXd& H, double c) {
  constexpr double bound = 5.0, spacing = 0.02;
  const auto knots = static_cast<Eigen::Index>(std::lround(2.0 * bound / spacing));
  const Eigen::SelfAdjointEigenSolver<MatrixXd> parts(H);
  const Eigen::Index n = H.rows();
  MatrixXd first(n * knots, n), last(1, n * knots);
  VectorXd bias(n * knots);
  double constant = -c;
  for (Eigen::Index i = 0; i < n; ++i) {
    const double weight = -parts.eigenvalues()(i);
    constant += weight * bound * bound;
    for (Eigen::Index k = 0; k < knots; ++k) {
      const double knot = -bound + spacing * static_cast<double>(k);
      first.row(i * knots + k) = parts.eigenvectors().col(i).transpose();
      bias(i * knots + k) = -knot;
      last(0, i * knots + k) = weight * (k == 0 ? -2.0 * bound + spacing : 2.0 * spacing);
    }
  }
  return {.state_weight = first.leftCols(2),
          .input_weight = first.rightCols(2),
          .first_bias = bias,
          .layers = {{.weight = last, .bias = VectorXd::Constant(1, constant)}}};
}

// A run that has learned the closed form: with A s + B a for a = 2 u of u in [−1, 1]²,
// Q(s,a) = −sᵀ Q s − aᵀ R a − γ (s'ᵀ P s' + σ² tr P + c), plus `error` and all times `scale`.
TrainedRun optimal_run(double error = 0.0, double scale = 1.0) {
  const auto& system = continuous::lqg_system();
  const auto solution = continuous::lqg_solution(temperature_of_test, discount_of_test);
  MatrixXd next(2, 4), H = MatrixXd::Zero(4, 4);
  next << system.A, 2.0 * system.B;
  H.topLeftCorner(2, 2) = system.Q;
  H.bottomRightCorner(2, 2) = 4.0 * system.R;
  H += discount_of_test * next.transpose() * solution.P * next;
  const double entropy = temperature_of_test * std::log(4.0) / (1.0 - discount_of_test);
  const double c = discount_of_test * (system.noise * system.noise * solution.P.trace() + solution.c + entropy);

  TrainedRun run{.options = {.task = "lqg"},
                 .step = 1,
                 .action_box = task_model("lqg").action_box,
                 .policy = std::make_unique<OptimalPolicy>(solution),
                 .critics = {quadratic_network(scale * H, scale * (c - error))},
                 .temperature = scale * temperature_of_test};
  run.options.agent = continuous::SoftQLearningOptions{
      .discount = discount_of_test, .reward_scale = scale, .temperature = scale * temperature_of_test};
  return run;
}

class Comparison : public ::testing::Test {
 protected:
  static TaskModel model() {
    TaskModel model = task_model("lqg");
    for (auto& axis : model.state_axes) axis.points = 41;
    model.action_cells = 15;
    return model;
  }
  static std::vector<VisitedPair> pairs(const TrainedRun& run) {
    const auto task = continuous::make_task("lqg");
    const auto evaluation = continuous::evaluate(*task, *run.policy, {.episodes = 5, .seed = 1});
    return visited_pairs(exact->model(), evaluation.trajectories, 100);
  }
  static void SetUpTestSuite() {
    const ExactOptions options{.temperature = temperature_of_test, .discount = discount_of_test};
    exact = std::make_unique<ExactSolution>(model(), options);
    coarse = std::make_unique<ExactSolution>(coarser(model()), options);
  }
  static void TearDownTestSuite() {
    exact.reset();
    coarse.reset();
  }
  static inline std::unique_ptr<ExactSolution> exact, coarse;
};

// What the critic has of the closed form, it lacks of the grid: less than refinement moves the grid's solution.
TEST_F(Comparison, FindsNoErrorInTheExactCritic) {
  const TrainedRun run = optimal_run();
  const ValueComparison values = compare_values(run, *exact, *coarse, pairs(run));
  EXPECT_EQ(values.pairs, 100);
  EXPECT_LT(values.value_rmse, values.discretisation_error);
  EXPECT_LT(values.q_rmse * values.q_range, values.discretisation_error * values.value_range);
  EXPECT_LE(values.discretisation_error, values.discretisation_worst);
  ASSERT_TRUE(values.closed_form);
  EXPECT_LT(values.closed_form->value_rmse, 0.002);
  EXPECT_LT(values.closed_form->exact_rmse, values.discretisation_error);
}

// A critic that is too large by 1 everywhere has V and Q too large by 1.
TEST_F(Comparison, FindsAConstantError) {
  const TrainedRun right = optimal_run(), wrong = optimal_run(1.0);
  const auto visited = pairs(right);
  const ValueComparison before = compare_values(right, *exact, *coarse, visited);
  const ValueComparison after = compare_values(wrong, *exact, *coarse, visited);
  EXPECT_NEAR((after.value_bias - before.value_bias) * after.value_range, 1.0, 1e-9);
  EXPECT_NEAR(after.value_rmse * after.value_range, 1.0, 0.1);
  EXPECT_NEAR(after.q_rmse * after.q_range, 1.0, 0.1);
}

// Rewards over 4, and critics that are told (s − mean) / deviation, have the same Q of the task's own.
TEST_F(Comparison, TakesNormalisationOut) {
  const TrainedRun plain = optimal_run();
  TrainedRun normalised = optimal_run(0.0, 0.25);
  std::get<continuous::SoftQLearningOptions>(normalised.options.agent).reward_scale = 1.0;
  normalised.reward_deviation = 4.0;
  const VectorXd mean = Eigen::Vector2d(0.5, -1.0), deviation = Eigen::Vector2d(3.0, 2.0);
  normalised.observation_scale = continuous::ObservationScale{.mean = mean, .deviation = deviation};
  for (auto& critic : normalised.critics) {
    critic.first_bias += critic.state_weight * mean;
    critic.state_weight = (critic.state_weight * deviation.asDiagonal()).eval();
  }
  EXPECT_DOUBLE_EQ(temperature(normalised), temperature(plain));
  const auto visited = pairs(plain);
  const ValueComparison expected = compare_values(plain, *exact, *coarse, visited);
  const ValueComparison actual = compare_values(normalised, *exact, *coarse, visited);
  EXPECT_NEAR(actual.value_rmse, expected.value_rmse, 1e-9);
  EXPECT_NEAR(actual.q_rmse, expected.q_rmse, 1e-9);
}

// Rewards times 0.25 at a quarter of the temperature are the same task.
TEST_F(Comparison, TakesTheRewardScaleOut) {
  const TrainedRun plain = optimal_run(), scaled = optimal_run(0.0, 0.25);
  EXPECT_DOUBLE_EQ(temperature(scaled), temperature(plain));
  const auto visited = pairs(plain);
  const ValueComparison expected = compare_values(plain, *exact, *coarse, visited);
  const ValueComparison actual = compare_values(scaled, *exact, *coarse, visited, 2);
  EXPECT_NEAR(actual.value_rmse, expected.value_rmse, 1e-9);
  EXPECT_NEAR(actual.q_rmse, expected.q_rmse, 1e-9);
}

// 20,000 samples in 100 cells make the divergence of the exact policy itself (100 − 1) / 40,000 = 0.0025 at most, cells
// that are hardly ever met counting less.
TEST_F(Comparison, FindsNoDivergenceOfTheExactPolicy) {
  for (const Eigen::Vector2d& state : {Eigen::Vector2d(0.0, 0.0), Eigen::Vector2d(0.5, -0.5)}) {
    const PolicyComparison policy = compare_policies(optimal_run(), *exact, state, 20'000, 1);
    EXPECT_EQ(policy.exact.size(), 100u);
    EXPECT_LT(policy.kl, 0.006);
    EXPECT_GT(policy.uniform_kl, 1.0);
    double exact_sum = 0.0, learned_sum = 0.0;
    for (const double p : policy.exact) exact_sum += p;
    for (const double p : policy.learned) learned_sum += p;
    EXPECT_NEAR(exact_sum, 1.0, 1e-12);
    EXPECT_NEAR(learned_sum, 1.0, 1e-9);
  }
}

// At temperature 0.001 most cells have probabilities that no double holds; the divergence is in thousands of nats, not
// ∞. By the law of Q it grows as 1/α.
TEST_F(Comparison, FindsDivergencesFromProbabilitiesThatUnderflow) {
  TaskModel small = Comparison::model();
  for (auto& axis : small.state_axes) axis.points = 9;
  const Eigen::Vector2d state(0.5, 0.0);
  const ExactSolution cold(small, {.temperature = 0.001, .discount = discount_of_test});
  const PolicyComparison policy = compare_policies(optimal_run(), cold, state, 1000, 1);
  EXPECT_EQ(*std::ranges::min_element(policy.exact), 0.0);
  EXPECT_TRUE(std::isfinite(policy.kl));
  EXPECT_GT(policy.kl, 100.0);
  EXPECT_GT(policy.uniform_kl, 1000.0);
}

// At temperature 0 the exact policy stays in one cell, which samples of another leave.
TEST_F(Comparison, HardSolutionMakesDivergencesInfinite) {
  TaskModel model = Comparison::model();
  for (auto& axis : model.state_axes) axis.points = 9;
  const ExactSolution hard(model, {.temperature = 0.0, .discount = discount_of_test});
  const PolicyComparison policy = compare_policies(optimal_run(), hard, Eigen::Vector2d(0.5, 0.0), 1000, 1);
  EXPECT_EQ(policy.kl, std::numeric_limits<double>::infinity());
}

TEST_F(Comparison, LearnedValueIsTheSoftValueOfLearnedQ) {
  const TrainedRun run = optimal_run();
  const Eigen::Vector2d state(0.3, 0.2);
  const auto cells = unit_cells(2, 15);
  const VectorXd q = learned_q(run, state, cells);
  EXPECT_NEAR(q(17), run.q_value(state, from_unit(run.action_box, cells.point(17))), 1e-9);
  const auto closed = exact->model().closed_form(state, temperature_of_test, discount_of_test);
  EXPECT_NEAR(learned_value(run, temperature_of_test, state, cells), closed, 0.002);
}

TEST_F(Comparison, TabulatesBothValuesAtNodes) {
  const TrainedRun run = optimal_run();
  const ValueTable table = value_table(run, *exact, tabular::StateGrid({{-0.5, 0.5, 3}, {-0.5, 0.5, 3}}), 2);
  ASSERT_EQ(table.states.size(), 9u);
  EXPECT_EQ(table.states[5], Eigen::Vector2d(0.0, 0.5));
  EXPECT_EQ(table.exact[5], exact->value(table.states[5]));
  EXPECT_NEAR(table.learned[5], exact->model().closed_form(table.states[5], temperature_of_test, discount_of_test),
              0.002);
}

// 12 steps of two episodes, 5 of them: every 2.4th.
TEST(VisitedPairs, AreAtEqualDistances) {
  const TaskModel model = task_model("lqg");
  std::vector<continuous::ContinuousTrajectory> trajectories(2);
  for (int step = 0; step < 12; ++step)
    trajectories[step < 5 ? 0 : 1].transitions.push_back({.observation = Eigen::Vector2d(0.1 * step, 0.0),
                                                          .action = Eigen::Vector2d(1.0, -2.0),
                                                          .next_observation = Eigen::Vector2d::Zero()});
  const auto pairs = visited_pairs(model, trajectories, 5);
  ASSERT_EQ(pairs.size(), 5u);
  const int expected[] = {0, 2, 4, 7, 9};
  for (std::size_t i = 0; i < 5; ++i) EXPECT_DOUBLE_EQ(pairs[i].state(0), 0.1 * expected[i]);
  EXPECT_EQ(pairs[0].action, Eigen::Vector2d(0.5, -1.0));
  EXPECT_EQ(visited_pairs(model, trajectories, 100).size(), 12u);
}

}  // namespace
}  // namespace softrl::validation
