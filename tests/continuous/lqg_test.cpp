#include "continuous/lqg.hpp"

#include <cmath>
#include <numbers>

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <gmock/gmock.h>

namespace softrl::continuous {
namespace {

// E f(s) for s ~ N(mean, σ² I) in the plane, by the trapezoidal rule, whose error for a Gaussian is far below 1e-12.
template <class Function>
double gaussian_mean(const Function& f, const Eigen::Vector2d& mean, double deviation) {
  const double reach = 8.0, step = 0.4;
  double sum = 0.0, total = 0.0;
  for (double x = -reach; x <= reach; x += step) {
    for (double y = -reach; y <= reach; y += step) {
      const double weight = std::exp(-(x * x + y * y) / 2.0);
      sum += weight * f(mean + deviation * Eigen::Vector2d(x, y));
      total += weight;
    }
  }
  return sum / total;
}

// The closed form solves the soft Bellman equation V(s) = α log ∫ exp((r(s, a) + γ E V(s')) / α) da over the plane of
// actions, both integrals by brute force, and its policy has the moments of the integrand.
TEST(LqgSolution, SolvesTheSoftBellmanEquation) {
  const LinearQuadraticSystem& system = lqg_system();
  for (const double temperature : {0.1, 0.5}) {
    const double discount = 0.95;
    const LqgSolution solution = lqg_solution(temperature, discount);
    ASSERT_EQ(solution.status, Status::Converged);
    for (const Eigen::Vector2d& s :
         {Eigen::Vector2d(0.0, 0.0), Eigen::Vector2d(0.7, -0.3), Eigen::Vector2d(-1.5, 2.0)}) {
      const auto q = [&](const Eigen::Vector2d& a) {
        const auto value = [&](const Eigen::Vector2d& next) { return solution.value(next); };
        return -s.dot(system.Q * s) - a.dot(system.R * a) +
               discount * gaussian_mean(value, system.A * s + system.B * a, system.noise);
      };
      const Eigen::Vector2d centre = solution.mean_action(s);
      const double deviation = std::sqrt(solution.covariance.diagonal().maxCoeff()), step = 0.3 * deviation;
      const double highest = q(centre);
      double sum = 0.0;
      Eigen::Vector2d mean = Eigen::Vector2d::Zero();
      Eigen::Matrix2d second = Eigen::Matrix2d::Zero();
      for (double x = -8.0 * deviation; x <= 8.0 * deviation; x += step) {
        for (double y = -8.0 * deviation; y <= 8.0 * deviation; y += step) {
          const Eigen::Vector2d offset(x, y);
          const double weight = std::exp((q(centre + offset) - highest) / temperature);
          sum += weight;
          mean += weight * offset;
          second += weight * offset * offset.transpose();
        }
      }
      EXPECT_NEAR(solution.value(s), highest + temperature * std::log(sum * step * step), 1e-9);
      EXPECT_LT((mean / sum).norm(), 1e-9) << "the mean is as stated";
      EXPECT_LT((second / sum - solution.covariance).norm(), 1e-9);
    }
  }
}

// At discount 0 only the cost of the action is left: V = −sᵀQs + (α / 2) log((π α)^d / det R).
TEST(LqgSolution, WithoutAFutureIsAGaussianIntegral) {
  const LqgSolution solution = lqg_solution(0.3, 0.0);
  const double log_volume = 2.0 * std::log(std::numbers::pi * 0.3) - std::log(0.25);
  EXPECT_NEAR(solution.value(Eigen::Vector2d(1.0, 2.0)), -5.0 + 0.15 * log_volume, 1e-12);
  EXPECT_TRUE(solution.gain.isZero());
}

// A scalar Riccati equation is a quadratic one: p = q + γ a² p r / (r + γ b² p).
TEST(LqgSolution, AgreesWithTheScalarFormula) {
  const double a = 1.1, b = 0.4, q = 2.0, r = 0.7, g = 0.9;
  const auto scalar = [](double x) { return Eigen::MatrixXd::Constant(1, 1, x); };
  const LqgSolution solution =
      lqg_solution(1.0, g, {.A = scalar(a), .B = scalar(b), .Q = scalar(q), .R = scalar(r), .noise = 0.0});
  const double linear = r - g * b * b * q - g * a * a * r;
  const double p = (-linear + std::sqrt(linear * linear + 4.0 * g * b * b * q * r)) / (2.0 * g * b * b);
  EXPECT_NEAR(solution.P(0, 0), p, 1e-10);
}

// Returns of its policy, entropy bonus and noise included, average to V: here from one state, over episodes long enough
// for the rest to be nothing, within five standard errors.
TEST(LqgSolution, IsWhatItsPolicyEarnsInTheTask) {
  const double temperature = 0.1, discount = 0.8;
  const LqgSolution solution = lqg_solution(temperature, discount);
  const Eigen::Matrix2d root = solution.covariance.llt().matrixL();
  const double entropy =
      std::log(2.0 * std::numbers::pi * std::numbers::e) + 0.5 * std::log(solution.covariance.determinant());
  const auto task = make_task("lqg");
  task->reset(1);
  Random random(1, "policy");
  const int episodes = 4000;
  const Eigen::Vector2d start(0.5, -0.4);
  double sum = 0.0, squares = 0.0;
  for (int episode = 0; episode < episodes; ++episode) {
    Eigen::VectorXd s = task->set_state(start);
    double earned = 0.0, weight = 1.0;
    for (int t = 0; t < 100; ++t, weight *= discount) {
      const auto step = task->step(solution.mean_action(s) + root * Eigen::Vector2d(random.normal(), random.normal()));
      earned += weight * (step.reward + temperature * entropy);
      s = step.observation;
    }
    sum += earned;
    squares += earned * earned;
  }
  const double mean = sum / episodes, error = std::sqrt((squares / episodes - mean * mean) / episodes);
  EXPECT_NEAR(mean, solution.value(start), 5.0 * error);
}

TEST(LqgSolution, NamesTheOptionItRefuses) {
  using testing::HasSubstr;
  using testing::ThrowsMessage;
  EXPECT_THAT([] { lqg_solution(0.0, 0.9); }, ThrowsMessage<std::invalid_argument>(HasSubstr("temperature")));
  EXPECT_THAT([] { lqg_solution(1.0, 1.0); }, ThrowsMessage<std::invalid_argument>(HasSubstr("discount")));
}

}  // namespace
}  // namespace softrl::continuous
