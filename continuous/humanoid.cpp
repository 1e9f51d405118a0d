#include "continuous/humanoid.hpp"

#include <algorithm>
#include <cmath>

#include <mujoco/mujoco.h>

#include "continuous/mujoco_task.hpp"

namespace softrl::continuous {
namespace {

// What both do: the observation, the costs, and the terms of the state.
class HumanoidTask : public MuJoCoTask {
 public:
  std::vector<InfoTerm> state_terms() const override {
    const int tendons = static_cast<int>(model().ntendon);
    return {{"x_position"}, {"y_position"}, {distance_name_}, {"tendon_length", tendons}, {"tendon_velocity", tendons}};
  }
  void describe(std::span<double> info) const override {
    info[0] = data().qpos[0];
    info[1] = data().qpos[1];
    info[2] = distance();
    const auto tendons = static_cast<std::ptrdiff_t>(model().ntendon);
    std::copy_n(data().ten_length, tendons, info.begin() + 3);
    std::copy_n(data().ten_velocity, tendons, info.begin() + 3 + tendons);
  }

  void observe(VectorRef observation) const override {
    const mjData& d = data();
    const auto bodies = model().nbody - 1;
    double* out = std::copy(d.qpos + skipped(), d.qpos + model().nq, observation.data());
    out = std::copy_n(d.qvel, model().nv, out);
    if (seen_.include_cinert_in_observation) out = std::copy_n(d.cinert + 10, 10 * bodies, out);
    if (seen_.include_cvel_in_observation) out = std::copy_n(d.cvel + 6, 6 * bodies, out);
    if (seen_.include_qfrc_actuator_in_observation)
      out = std::copy(d.qfrc_actuator + 6, d.qfrc_actuator + model().nv, out);
    if (seen_.include_cfrc_ext_in_observation) std::copy_n(d.cfrc_ext + 6, 6 * bodies, out);
  }

 protected:
  // Either struct of options.
  template <class Options>
  HumanoidTask(const Options& options, const char* distance_name)
      : MuJoCoTask(options.xml_file, options.frame_skip, options.reset_noise_scale, VelocityNoise::Uniform,
                   {.positions = 3, .velocities = 6}),
        seen_(options.observation),
        distance_name_(distance_name) {}

  virtual double distance() const = 0;

  int observation_size() const override {
    const auto bodies = model().nbody - 1;
    const auto size = state_size() - skipped() + seen_.include_cinert_in_observation * 10 * bodies +
                      seen_.include_cvel_in_observation * 6 * bodies +
                      seen_.include_qfrc_actuator_in_observation * (model().nv - 6) +
                      seen_.include_cfrc_ext_in_observation * 6 * bodies;
    return static_cast<int>(size);
  }

  double squared_controls() const { return Eigen::Map<const Eigen::VectorXd>(data().ctrl, model().nu).squaredNorm(); }
  double squared_forces() const {
    return Eigen::Map<const Eigen::VectorXd>(data().cfrc_ext, 6 * model().nbody).squaredNorm();
  }

 private:
  int skipped() const { return seen_.exclude_current_positions_from_observation ? 2 : 0; }

  HumanoidObservation seen_;
  const char* distance_name_;
};

double clipped(double x, const Range& range) { return std::min(std::max(x, range.low), range.high); }

class Humanoid : public HumanoidTask {
 public:
  explicit Humanoid(const HumanoidOptions& options)
      : HumanoidTask(options, "distance_from_origin"), options_(options) {}
  std::unique_ptr<TaskBody> clone() const override { return std::make_unique<Humanoid>(*this); }

  std::vector<InfoTerm> step_terms() const override {
    return {{"x_velocity"},     {"y_velocity"},  {"reward_survive"},
            {"reward_forward"}, {"reward_ctrl"}, {"reward_contact"}};
  }

  Outcome advance(const ConstVectorRef& action, std::span<double> info, Random& /*random*/) override {
    simulate(action);
    simulation_.compute_contact_forces();
    const Eigen::Vector2d centre = centre_of_mass();
    info[0] = (centre.x() - centre_.x()) / step_s();
    info[1] = (centre.y() - centre_.y()) / step_s();
    centre_ = centre;
    const double z = data().qpos[2];
    const bool healthy = options_.healthy_z_range.low < z && z < options_.healthy_z_range.high;
    info[2] = healthy ? options_.healthy_reward : 0.0;
    info[3] = options_.forward_reward_weight * info[0];
    info[4] = -options_.ctrl_cost_weight * squared_controls();
    info[5] = -clipped(options_.contact_cost_weight * squared_forces(), options_.contact_cost_range);
    return {.reward = (info[3] + info[2]) + (info[4] + info[5]),
            .terminated = !healthy && options_.terminate_when_unhealthy};
  }

 protected:
  double distance() const override { return std::hypot(data().qpos[0], data().qpos[1]); }
  void started() override { centre_ = centre_of_mass(); }
  Eigen::VectorXd carried() const override { return centre_; }
  void carry(const Eigen::Ref<const Eigen::VectorXd>& saved) override { centre_ = saved; }

 private:
  Eigen::Vector2d centre_of_mass() const {
    const Eigen::Map<const Eigen::VectorXd> masses(model().body_mass, model().nbody);
    const Eigen::Map<const Eigen::Matrix3Xd> positions(data().xipos, 3, model().nbody);
    return positions.topRows<2>() * masses / masses.sum();
  }

  HumanoidOptions options_;
  Eigen::Vector2d centre_ = Eigen::Vector2d::Zero();  // of mass, at the last step
};

class HumanoidStandup : public HumanoidTask {
 public:
  explicit HumanoidStandup(const HumanoidStandupOptions& options)
      : HumanoidTask(options, "z_distance_from_origin"), options_(options) {}
  std::unique_ptr<TaskBody> clone() const override { return std::make_unique<HumanoidStandup>(*this); }

  std::vector<InfoTerm> step_terms() const override {
    return {{"reward_linup"}, {"reward_quadctrl"}, {"reward_impact"}};
  }

  Outcome advance(const ConstVectorRef& action, std::span<double> info, Random& /*random*/) override {
    simulate(action);
    simulation_.compute_contact_forces();
    info[0] = data().qpos[2] / model().opt.timestep;
    info[1] = -options_.ctrl_cost_weight * squared_controls();
    info[2] = -clipped(options_.impact_cost_weight * squared_forces(), options_.impact_cost_range);
    return {.reward = info[0] + info[1] + info[2] + 1.0};
  }

 protected:
  double distance() const override { return data().qpos[2] - model().qpos0[2]; }

 private:
  HumanoidStandupOptions options_;
};

void append(std::vector<OptionField>& fields, HumanoidObservation& o) {
  fields.insert(fields.end(),
                {{"exclude_current_positions_from_observation", &o.exclude_current_positions_from_observation},
                 {"include_cinert_in_observation", &o.include_cinert_in_observation},
                 {"include_cvel_in_observation", &o.include_cvel_in_observation},
                 {"include_qfrc_actuator_in_observation", &o.include_qfrc_actuator_in_observation},
                 {"include_cfrc_ext_in_observation", &o.include_cfrc_ext_in_observation}});
}

}  // namespace

std::vector<OptionField> fields(HumanoidOptions& o) {
  std::vector<OptionField> fields = {{"xml_file", &o.xml_file},
                                     {"frame_skip", &o.frame_skip},
                                     {"forward_reward_weight", &o.forward_reward_weight},
                                     {"ctrl_cost_weight", &o.ctrl_cost_weight},
                                     {"contact_cost_weight", &o.contact_cost_weight},
                                     {"contact_cost_range", &o.contact_cost_range},
                                     {"healthy_reward", &o.healthy_reward},
                                     {"terminate_when_unhealthy", &o.terminate_when_unhealthy},
                                     {"healthy_z_range", &o.healthy_z_range},
                                     {"reset_noise_scale", &o.reset_noise_scale}};
  append(fields, o.observation);
  return fields;
}

std::vector<OptionField> fields(HumanoidStandupOptions& o) {
  std::vector<OptionField> fields = {{"xml_file", &o.xml_file},
                                     {"frame_skip", &o.frame_skip},
                                     {"uph_cost_weight", &o.uph_cost_weight},
                                     {"ctrl_cost_weight", &o.ctrl_cost_weight},
                                     {"impact_cost_weight", &o.impact_cost_weight},
                                     {"impact_cost_range", &o.impact_cost_range},
                                     {"reset_noise_scale", &o.reset_noise_scale}};
  append(fields, o.observation);
  return fields;
}

std::unique_ptr<TaskBody> humanoid(const HumanoidOptions& options) { return std::make_unique<Humanoid>(options); }
std::unique_ptr<TaskBody> humanoid_standup(const HumanoidStandupOptions& options) {
  return std::make_unique<HumanoidStandup>(options);
}

}  // namespace softrl::continuous
