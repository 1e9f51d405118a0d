#include "continuous/mujoco_task.hpp"

#include <cstdlib>
#include <limits>
#include <stdexcept>

#include <fmt/format.h>
#include <mujoco/mujoco.h>

#include "softrl/check.hpp"

namespace softrl::continuous {
namespace {

// As Gymnasium's expand_model_path.
std::filesystem::path model_path(const std::string& xml_file) {
  if (xml_file.starts_with('.') || xml_file.starts_with('/')) return xml_file;
  if (xml_file.starts_with("~/")) {
    const char* home = std::getenv("HOME");
    return std::filesystem::path(home != nullptr ? home : "") / xml_file.substr(2);
  }
  return gymnasium_assets() / xml_file;
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

MuJoCoTask::MuJoCoTask(const std::string& xml_file, int frame_skip, double noise_scale, VelocityNoise noise,
                       const Needs& needs)
    : simulation_(model_path(xml_file)), frame_skip_(frame_skip), noise_scale_(noise_scale), noise_(noise) {
  check_count("frame_skip", frame_skip, 1);
  check_at_least("reset_noise_scale", noise_scale, 0.0);
  const auto need = [&](const char* what, std::int64_t size, int minimum) {
    if (size < minimum)
      throw std::runtime_error(
          fmt::format("{}: this task needs {} or more {}, the model has {}", xml_file, minimum, what, size));
  };
  need("positions", model().nq, needs.positions);
  need("velocities", model().nv, needs.velocities);
  need("sites", model().nsite, needs.sites);
  need("actuators", model().nu, 1);
}

BoxSpace MuJoCoTask::observation_box() const {
  const Eigen::VectorXd infinity =
      Eigen::VectorXd::Constant(observation_size(), std::numeric_limits<double>::infinity());
  return {.low = -infinity, .high = infinity};
}

BoxSpace MuJoCoTask::action_box() const {
  const Eigen::Map<const Eigen::Matrix2Xd> range(model().actuator_ctrlrange, 2, model().nu);
  return {.low = range.row(0).transpose(), .high = range.row(1).transpose()};
}

int MuJoCoTask::state_size() const { return static_cast<int>(model().nq + model().nv); }

double MuJoCoTask::step_s() const { return model().opt.timestep * frame_skip_; }

void MuJoCoTask::set(const Eigen::VectorXd& positions, const Eigen::VectorXd& velocities) {
  simulation_.set_state(positions, velocities);
  started();
}

void MuJoCoTask::start(Random& random) {
  simulation_.reset();
  Eigen::VectorXd positions = simulation_.positions(), velocities = simulation_.velocities();
  for (double& position : positions) position += random.uniform(-noise_scale_, noise_scale_);
  for (double& velocity : velocities)
    velocity +=
        noise_ == VelocityNoise::Normal ? noise_scale_ * random.normal() : random.uniform(-noise_scale_, noise_scale_);
  set(positions, velocities);
}

void MuJoCoTask::start_from(const Eigen::VectorXd& state) { set(state.head(model().nq), state.tail(model().nv)); }

Eigen::VectorXd MuJoCoTask::state() const {
  Eigen::VectorXd state(state_size());
  state << simulation_.positions(), simulation_.velocities();
  return state;
}

Eigen::VectorXd MuJoCoTask::save() const {
  const Eigen::VectorXd simulation = simulation_.save(), own = carried();
  Eigen::VectorXd saved(simulation.size() + own.size());
  saved << simulation, own;
  return saved;
}

void MuJoCoTask::load(const Eigen::VectorXd& saved) {
  const Eigen::Index own = carried().size();
  check_size("saved state", saved.size(), mj_stateSize(&model(), mjSTATE_INTEGRATION) + own);
  simulation_.load(saved.head(saved.size() - own));
  carry(saved.tail(own));
}

}  // namespace softrl::continuous
