#include "continuous/double_integrator.hpp"

#include <algorithm>

#include "softrl/check.hpp"

namespace softrl::continuous {
namespace {

double cut(double acceleration) { return std::clamp(acceleration, -1.0, 1.0); }

class DoubleIntegrator : public TaskBody {
 public:
  std::unique_ptr<TaskBody> clone() const override { return std::make_unique<DoubleIntegrator>(*this); }

  BoxSpace observation_box() const override {
    return {.low = -double_integrator_bound, .high = double_integrator_bound};
  }
  BoxSpace action_box() const override {
    return {.low = Eigen::VectorXd::Constant(1, -1.0), .high = Eigen::VectorXd::Constant(1, 1.0)};
  }
  int state_size() const override { return 2; }
  double step_s() const override { return double_integrator_step_s; }

  void start(Random& random) override {
    state_.x() = random.uniform(-2.0, 2.0);
    state_.y() = random.uniform(-1.0, 1.0);
  }
  void start_from(const Eigen::VectorXd& state) override {
    check_in_range("state: position", state(0), -double_integrator_bound.x(), double_integrator_bound.x());
    check_in_range("state: velocity", state(1), -double_integrator_bound.y(), double_integrator_bound.y());
    state_ = state;
  }
  Outcome advance(const ConstVectorRef& action, std::span<double> /*info*/, Random& /*random*/) override {
    const double reward = double_integrator_reward(state_, action(0));
    state_ = double_integrator_move(state_, action(0));
    return {.reward = reward};
  }
  void observe(VectorRef observation) const override { observation = state_; }
  Eigen::VectorXd state() const override { return state_; }

 private:
  Eigen::Vector2d state_ = Eigen::Vector2d::Zero();
};

}  // namespace

Eigen::Vector2d double_integrator_move(const Eigen::Vector2d& state, double acceleration) {
  const double a = cut(acceleration), dt = double_integrator_step_s;
  const Eigen::Vector2d next(state.x() + state.y() * dt + a * dt * dt / 2.0, state.y() + a * dt);
  return next.cwiseMax(-double_integrator_bound).cwiseMin(double_integrator_bound);
}

double double_integrator_reward(const Eigen::Vector2d& state, double acceleration) {
  const double a = cut(acceleration);
  return -(state.x() * state.x() + 0.1 * state.y() * state.y() + 0.1 * a * a);
}

std::unique_ptr<TaskBody> double_integrator() { return std::make_unique<DoubleIntegrator>(); }

}  // namespace softrl::continuous
