#include "continuous/lqg.hpp"

#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

#include <Eigen/Cholesky>

#include "softrl/check.hpp"

namespace softrl::continuous {
namespace {

constexpr double action_bound = 2.0;
constexpr double start_deviation = 0.4;

class Lqg : public TaskBody {
 public:
  std::unique_ptr<TaskBody> clone() const override { return std::make_unique<Lqg>(*this); }

  BoxSpace observation_box() const override {
    const Eigen::VectorXd infinity = Eigen::Vector2d::Constant(std::numeric_limits<double>::infinity());
    return {.low = -infinity, .high = infinity};
  }
  BoxSpace action_box() const override {
    return {.low = Eigen::Vector2d::Constant(-action_bound), .high = Eigen::Vector2d::Constant(action_bound)};
  }
  int state_size() const override { return 2; }

  void start(Random& random) override {
    for (double& x : state_) x = start_deviation * random.normal();
  }
  void start_from(const Eigen::VectorXd& state) override { state_ = state; }

  Outcome advance(const ConstVectorRef& action, std::span<double> /*info*/, Random& random) override {
    const LinearQuadraticSystem& system = lqg_system();
    const Eigen::Vector2d a = action.cwiseMax(-action_bound).cwiseMin(action_bound);
    const double reward = -(state_.dot(system.Q * state_) + a.dot(system.R * a));
    state_ = (system.A * state_ + system.B * a).eval();
    for (double& x : state_) x += system.noise * random.normal();
    return {.reward = reward};
  }
  void observe(VectorRef observation) const override { observation = state_; }
  Eigen::VectorXd state() const override { return state_; }

 private:
  Eigen::Vector2d state_ = Eigen::Vector2d::Zero();
};

}  // namespace

const LinearQuadraticSystem& lqg_system() {
  static const LinearQuadraticSystem system = [] {
    Eigen::Matrix2d turn;
    turn << std::cos(0.3), -std::sin(0.3), std::sin(0.3), std::cos(0.3);
    const Eigen::Matrix2d identity = Eigen::Matrix2d::Identity();
    return LinearQuadraticSystem{
        .A = 0.95 * turn, .B = 0.5 * identity, .Q = identity, .R = 0.5 * identity, .noise = 0.1};
  }();
  return system;
}

LqgSolution lqg_solution(double temperature, double discount, const LinearQuadraticSystem& system) {
  check_positive("temperature", temperature);
  check_in_range("discount", discount, 0.0, 1.0);
  if (discount == 1.0) throw std::invalid_argument("discount must be below 1, got 1");
  const auto& [A, B, Q, R, noise] = system;
  LqgSolution solution{.status = Status::IterationLimit, .P = Q, .c = 0.0, .gain = {}, .covariance = {}};
  Eigen::LLT<Eigen::MatrixXd> M;
  for (int iteration = 0; iteration < 100'000 && solution.status != Status::Converged; ++iteration) {
    const Eigen::MatrixXd& P = solution.P;
    M.compute(R + discount * B.transpose() * P * B);
    solution.gain = discount * M.solve(B.transpose() * P * A);
    Eigen::MatrixXd next = Q + discount * A.transpose() * P * (A - B * solution.gain);
    next = ((next + next.transpose()) / 2.0).eval();
    const double moved = (next - P).cwiseAbs().maxCoeff();
    if (moved <= 1e-14 * next.cwiseAbs().maxCoeff()) solution.status = Status::Converged;
    solution.P = next;
  }
  const auto d = R.rows();
  M.compute(R + discount * B.transpose() * solution.P * B);
  solution.gain = discount * M.solve(B.transpose() * solution.P * A);
  solution.covariance = temperature / 2.0 * M.solve(Eigen::MatrixXd::Identity(d, d));
  const double log_det = 2.0 * Eigen::MatrixXd(M.matrixL()).diagonal().array().log().sum();
  const double log_volume = static_cast<double>(d) * std::log(std::numbers::pi * temperature) - log_det;
  solution.c = (discount * noise * noise * solution.P.trace() - temperature / 2.0 * log_volume) / (1.0 - discount);
  return solution;
}

double LqgSolution::value(const Eigen::VectorXd& state) const { return -state.dot(P * state) - c; }
Eigen::VectorXd LqgSolution::mean_action(const Eigen::VectorXd& state) const { return -gain * state; }

std::unique_ptr<TaskBody> lqg() { return std::make_unique<Lqg>(); }

}  // namespace softrl::continuous
