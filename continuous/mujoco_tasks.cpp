#include "continuous/mujoco_tasks.hpp"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <stdexcept>

#include <fmt/format.h>

#include "softrl/check.hpp"

namespace softrl::continuous {
namespace {

constexpr double pendulum_noise = 0.01;
constexpr double cheetah_noise = 0.1;

Space unbounded(Eigen::Index size) {
  const Eigen::VectorXd infinity = Eigen::VectorXd::Constant(size, std::numeric_limits<double>::infinity());
  return BoxSpace{.low = -infinity, .high = infinity};
}

Eigen::VectorXd joined(const Eigen::VectorXd& first, const Eigen::VectorXd& second) {
  Eigen::VectorXd result(first.size() + second.size());
  result << first, second;
  return result;
}

// Left to right, as NumPy adds up fewer than eight numbers, so that rewards agree to the last bit.
double sum_of_squares(const Eigen::VectorXd& x) {
  double sum = 0.0;
  for (const double value : x) sum += value * value;
  return sum;
}

}  // namespace

std::filesystem::path gymnasium_assets() {
  const char* chosen = std::getenv("SOFTRL_GYMNASIUM_ASSETS");
  const std::filesystem::path folder = chosen != nullptr ? chosen : SOFTRL_GYMNASIUM_ASSETS;
  if (!std::filesystem::is_directory(folder))
    throw std::runtime_error(
        fmt::format("{}: Gymnasium's MuJoCo models are not there; set SOFTRL_GYMNASIUM_ASSETS to "
                    "<site-packages>/gymnasium/envs/mujoco/assets",
                    folder.string()));
  return folder;
}

MuJoCoTask::MuJoCoTask(const char* model_file, int frame_skip)
    : model_(gymnasium_assets() / model_file), frame_skip_(frame_skip) {}

Space MuJoCoTask::action_space() const { return BoxSpace{.low = model_.control_low(), .high = model_.control_high()}; }

Eigen::VectorXd MuJoCoTask::reset(std::optional<std::uint64_t> seed) {
  if (seed) random_ = Random(*seed, "mujoco");
  model_.reset();
  Eigen::VectorXd positions = model_.positions();
  Eigen::VectorXd velocities = model_.velocities();
  for (double& position : positions) position += position_noise();
  for (double& velocity : velocities) velocity += velocity_noise();
  model_.set_state(positions, velocities);
  return observe();
}

Eigen::VectorXd MuJoCoTask::start_from(const Eigen::VectorXd& state) {
  check_size("state", state.size(), model_.position_size() + model_.velocity_size());
  for (const double x : state) check_finite("state", x);
  model_.set_state(state.head(model_.position_size()), state.tail(model_.velocity_size()));
  return observe();
}

InvertedPendulum::InvertedPendulum() : MuJoCoTask("inverted_pendulum.xml", 2) {}

Space InvertedPendulum::observation_space() const { return unbounded(4); }

Step<Eigen::VectorXd> InvertedPendulum::step(const Eigen::VectorXd& action) {
  model_.step(action, frame_skip_);
  Step<Eigen::VectorXd> result{.observation = observe()};
  result.terminated = !result.observation.allFinite() || std::abs(result.observation(1)) > 0.2;
  result.reward = result.terminated ? 0.0 : 1.0;
  result.info = {result.reward};
  return result;
}

Eigen::VectorXd InvertedPendulum::observe() const { return joined(model_.positions(), model_.velocities()); }
double InvertedPendulum::position_noise() { return random_.uniform(-pendulum_noise, pendulum_noise); }
double InvertedPendulum::velocity_noise() { return random_.uniform(-pendulum_noise, pendulum_noise); }

HalfCheetah::HalfCheetah() : MuJoCoTask("half_cheetah.xml", 5) {}

Space HalfCheetah::observation_space() const { return unbounded(17); }

Step<Eigen::VectorXd> HalfCheetah::step(const Eigen::VectorXd& action) {
  const double before = model_.positions()(0);
  model_.step(action, frame_skip_);
  const double after = model_.positions()(0);
  const double velocity = (after - before) / (model_.timestep_s() * frame_skip_);
  const double control_cost = 0.1 * sum_of_squares(action);
  return {
      .observation = observe(), .reward = velocity - control_cost, .info = {after, velocity, velocity, -control_cost}};
}

Eigen::VectorXd HalfCheetah::observe() const {
  return joined(model_.positions().tail(model_.position_size() - 1), model_.velocities());
}
double HalfCheetah::position_noise() { return random_.uniform(-cheetah_noise, cheetah_noise); }
double HalfCheetah::velocity_noise() { return cheetah_noise * random_.normal(); }

}  // namespace softrl::continuous
