#include "continuous/pendulum.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "softrl/check.hpp"

namespace softrl::continuous {
namespace {

constexpr double pi = std::numbers::pi;
constexpr double max_speed = 8.0;
constexpr double max_torque = 2.0;
constexpr double time_step = 0.05;

// Into [−π, π), by the same operations as Gymnasium's (x + π) % (2 π) − π.
double normalized(double angle) {
  double turned = std::fmod(angle + pi, 2.0 * pi);
  if (turned < 0.0) turned += 2.0 * pi;
  return turned - pi;
}

class Pendulum : public TaskBody {
 public:
  explicit Pendulum(const PendulumOptions& options) : g_(options.g) { check_finite("g", g_); }
  std::unique_ptr<TaskBody> clone() const override { return std::make_unique<Pendulum>(*this); }

  BoxSpace observation_box() const override {
    const Eigen::Vector3d high(1.0, 1.0, max_speed);
    return {.low = -high, .high = high};
  }
  BoxSpace action_box() const override {
    return {.low = Eigen::VectorXd::Constant(1, -max_torque), .high = Eigen::VectorXd::Constant(1, max_torque)};
  }
  int state_size() const override { return 2; }
  double step_s() const override { return time_step; }

  void start(Random& random) override {
    angle_ = random.uniform(-pi, pi);
    speed_ = random.uniform(-1.0, 1.0);
  }
  void start_from(const Eigen::VectorXd& state) override {
    check_in_range("state: angular speed", state(1), -max_speed, max_speed);
    angle_ = state(0);
    speed_ = state(1);
  }

  Outcome advance(const ConstVectorRef& action, std::span<double> /*info*/, Random& /*random*/) override {
    const double torque = std::clamp(action(0), -max_torque, max_torque);
    const double angle = normalized(angle_);
    const double cost = angle * angle + 0.1 * (speed_ * speed_) + 0.001 * (torque * torque);
    const double acceleration = 3.0 * g_ / 2.0 * std::sin(angle_) + 3.0 * torque;
    speed_ = std::clamp(speed_ + acceleration * time_step, -max_speed, max_speed);
    angle_ += speed_ * time_step;
    return {.reward = -cost};
  }

  void observe(VectorRef observation) const override { observation << std::cos(angle_), std::sin(angle_), speed_; }
  Eigen::VectorXd state() const override { return Eigen::Vector2d(angle_, speed_); }

 private:
  double g_;
  double angle_ = 0.0, speed_ = 0.0;  // rad and rad/s
};

}  // namespace

std::vector<OptionField> fields(PendulumOptions& o) { return {{"g", &o.g}}; }

std::unique_ptr<TaskBody> pendulum(const PendulumOptions& options) { return std::make_unique<Pendulum>(options); }

}  // namespace softrl::continuous
