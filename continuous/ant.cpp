#include "continuous/ant.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>
#include <mujoco/mujoco.h>

#include "continuous/mujoco_task.hpp"

namespace softrl::continuous {
namespace {

int body_number(const MuJoCoModel& simulation, const std::string& body) {
  int number = 0;
  const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), number);
  if (error != std::errc() || end != body.data() + body.size()) return simulation.body(body);
  const auto bodies = simulation.model().nbody;
  if (number < 0 || number >= bodies)
    throw std::invalid_argument(fmt::format("main_body must be in [0, {}] or a name, got {}", bodies - 1, body));
  return number;
}

class Ant : public MuJoCoTask {
  // Of all bodies from `first_body` on; body 0 is the world.
  auto clipped_forces(int first_body) const {
    const Eigen::Map<const Eigen::ArrayXd> forces(data().cfrc_ext + 6 * first_body, 6 * (model().nbody - first_body));
    return forces.max(options_.contact_force_range.low).min(options_.contact_force_range.high);
  }

 public:
  explicit Ant(const AntOptions& options)
      : MuJoCoTask(options.xml_file, options.frame_skip, options.reset_noise_scale, VelocityNoise::Normal,
                   {.positions = 3, .velocities = 1}),
        options_(options),
        main_body_(body_number(simulation_, options.main_body)) {}
  std::unique_ptr<TaskBody> clone() const override { return std::make_unique<Ant>(*this); }

  std::vector<InfoTerm> state_terms() const override {
    return {{"x_position"}, {"y_position"}, {"distance_from_origin"}};
  }
  std::vector<InfoTerm> step_terms() const override {
    return {{"x_velocity"},  {"y_velocity"},     {"reward_forward"},
            {"reward_ctrl"}, {"reward_contact"}, {"reward_survive"}};
  }
  void describe(std::span<double> info) const override {
    const double x = data().qpos[0], y = data().qpos[1];
    info[0] = x;
    info[1] = y;
    info[2] = std::sqrt(x * x + y * y);
  }

  Outcome advance(const ConstVectorRef& action, std::span<double> info, Random& /*random*/) override {
    simulate(action);
    simulation_.compute_contact_forces();
    const Eigen::Vector2d position = main_body_position();
    info[0] = (position.x() - position_.x()) / step_s();
    info[1] = (position.y() - position_.y()) / step_s();
    position_ = position;
    const bool good_health = healthy();
    info[2] = options_.forward_reward_weight * info[0];
    info[3] = -options_.ctrl_cost_weight * action.squaredNorm();
    info[4] = -options_.contact_cost_weight * clipped_forces(0).square().sum();
    info[5] = good_health ? options_.healthy_reward : 0.0;
    return {.reward = (info[2] + info[5]) + (info[3] + info[4]),
            .terminated = !good_health && options_.terminate_when_unhealthy};
  }

  void observe(VectorRef observation) const override {
    double* out = std::copy(data().qpos + skipped(), data().qpos + model().nq, observation.data());
    std::copy_n(data().qvel, model().nv, out);
    if (options_.include_cfrc_ext_in_observation) observation.tail(force_size()) = clipped_forces(1).matrix();
  }

 protected:
  int observation_size() const override {
    return state_size() - skipped() + (options_.include_cfrc_ext_in_observation ? force_size() : 0);
  }
  void started() override { position_ = main_body_position(); }
  Eigen::VectorXd carried() const override { return position_; }
  void carry(const Eigen::Ref<const Eigen::VectorXd>& saved) override { position_ = saved; }

 private:
  int skipped() const { return options_.exclude_current_positions_from_observation ? 2 : 0; }
  int force_size() const { return static_cast<int>(6 * (model().nbody - 1)); }
  Eigen::Vector2d main_body_position() const { return Eigen::Map<const Eigen::Vector2d>(data().xpos + 3 * main_body_); }

  bool healthy() const {
    const double z = data().qpos[2];
    return options_.healthy_z_range.low <= z && z <= options_.healthy_z_range.high;
  }

  AntOptions options_;
  int main_body_;
  Eigen::Vector2d position_ = Eigen::Vector2d::Zero();  // of the main body at the last step
};

}  // namespace

std::vector<OptionField> fields(AntOptions& o) {
  return {{"xml_file", &o.xml_file},
          {"frame_skip", &o.frame_skip},
          {"forward_reward_weight", &o.forward_reward_weight},
          {"ctrl_cost_weight", &o.ctrl_cost_weight},
          {"contact_cost_weight", &o.contact_cost_weight},
          {"healthy_reward", &o.healthy_reward},
          {"main_body", &o.main_body},
          {"terminate_when_unhealthy", &o.terminate_when_unhealthy},
          {"healthy_z_range", &o.healthy_z_range},
          {"contact_force_range", &o.contact_force_range},
          {"reset_noise_scale", &o.reset_noise_scale},
          {"exclude_current_positions_from_observation", &o.exclude_current_positions_from_observation},
          {"include_cfrc_ext_in_observation", &o.include_cfrc_ext_in_observation}};
}

std::unique_ptr<TaskBody> ant(const AntOptions& options) { return std::make_unique<Ant>(options); }

}  // namespace softrl::continuous
