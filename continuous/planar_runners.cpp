#include "continuous/planar_runners.hpp"

#include <algorithm>

#include <mujoco/mujoco.h>

#include "continuous/mujoco_task.hpp"

namespace softrl::continuous {
namespace {

bool inside(double x, const Range& range) { return range.low < x && x < range.high; }

// What all three do.
class PlanarRunner : public MuJoCoTask {
 public:
  std::vector<InfoTerm> state_terms() const override { return {{"x_position"}}; }
  std::vector<InfoTerm> step_terms() const override { return {{"x_velocity"}, {"reward_forward"}, {"reward_ctrl"}}; }
  void describe(std::span<double> info) const override { info[0] = data().qpos[0]; }

  Outcome advance(const ConstVectorRef& action, std::span<double> info, Random& /*random*/) override {
    const double x = data().qpos[0];
    simulate(action);
    info[0] = (data().qpos[0] - x) / step_s();
    info[1] = forward_reward_weight_ * info[0];
    info[2] = -ctrl_cost_weight_ * action.squaredNorm();
    return {.reward = info[1] + info[2]};
  }

  void observe(VectorRef observation) const override {
    double* out = std::copy(data().qpos + skipped(), data().qpos + model().nq, observation.data());
    std::copy_n(data().qvel, model().nv, out);
  }

 protected:
  // Any of the three structs of options.
  template <class Options>
  PlanarRunner(const Options& options, VelocityNoise noise)
      : MuJoCoTask(options.xml_file, options.frame_skip, options.reset_noise_scale, noise,
                   {.positions = 3, .velocities = 1}),
        forward_reward_weight_(options.forward_reward_weight),
        ctrl_cost_weight_(options.ctrl_cost_weight),
        excludes_x_(options.exclude_current_positions_from_observation) {}

  int observation_size() const override { return state_size() - skipped(); }

 private:
  int skipped() const { return excludes_x_ ? 1 : 0; }

  double forward_reward_weight_, ctrl_cost_weight_;
  bool excludes_x_;
};

class HalfCheetah : public PlanarRunner {
 public:
  explicit HalfCheetah(const HalfCheetahOptions& options) : PlanarRunner(options, VelocityNoise::Normal) {}
  std::unique_ptr<TaskBody> clone() const override { return std::make_unique<HalfCheetah>(*this); }
};

// What can fall. The walker's health does not look at the rest of the state.
constexpr Range any{.low = -std::numeric_limits<double>::infinity(), .high = std::numeric_limits<double>::infinity()};

class Faller : public PlanarRunner {
 public:
  explicit Faller(const HopperOptions& options) : Faller(options, options.healthy_state_range) {}
  explicit Faller(const Walker2dOptions& options) : Faller(options, any) {}
  std::unique_ptr<TaskBody> clone() const override { return std::make_unique<Faller>(*this); }

  std::vector<InfoTerm> state_terms() const override { return {{"x_position"}, {"z_distance_from_origin"}}; }
  std::vector<InfoTerm> step_terms() const override {
    return {{"x_velocity"}, {"reward_forward"}, {"reward_ctrl"}, {"reward_survive"}};
  }
  void describe(std::span<double> info) const override {
    info[0] = data().qpos[0];
    info[1] = data().qpos[1] - model().qpos0[1];
  }

  Outcome advance(const ConstVectorRef& action, std::span<double> info, Random& random) override {
    PlanarRunner::advance(action, info, random);
    const bool good_health = healthy();
    info[3] = good_health ? healthy_reward_ : 0.0;
    return {.reward = info[1] + info[3] + info[2], .terminated = !good_health && terminate_when_unhealthy_};
  }

  void observe(VectorRef observation) const override {
    PlanarRunner::observe(observation);
    auto velocities = observation.tail(model().nv);
    velocities = velocities.cwiseMax(-10.0).cwiseMin(10.0);
  }

 private:
  template <class Options>
  Faller(const Options& options, const Range& state_range)
      : PlanarRunner(options, VelocityNoise::Uniform),
        state_range_(state_range),
        z_range_(options.healthy_z_range),
        angle_range_(options.healthy_angle_range),
        healthy_reward_(options.healthy_reward),
        terminate_when_unhealthy_(options.terminate_when_unhealthy) {}

  bool healthy() const {
    const auto in_range = [&](double x) { return inside(x, state_range_); };
    return inside(data().qpos[1], z_range_) && inside(data().qpos[2], angle_range_) &&
           std::all_of(data().qpos + 2, data().qpos + model().nq, in_range) &&
           std::all_of(data().qvel, data().qvel + model().nv, in_range);
  }

  Range state_range_, z_range_, angle_range_;
  double healthy_reward_;
  bool terminate_when_unhealthy_;
};

}  // namespace

std::vector<OptionField> fields(HalfCheetahOptions& o) {
  return {{"xml_file", &o.xml_file},
          {"frame_skip", &o.frame_skip},
          {"forward_reward_weight", &o.forward_reward_weight},
          {"ctrl_cost_weight", &o.ctrl_cost_weight},
          {"reset_noise_scale", &o.reset_noise_scale},
          {"exclude_current_positions_from_observation", &o.exclude_current_positions_from_observation}};
}

std::vector<OptionField> fields(HopperOptions& o) {
  return {{"xml_file", &o.xml_file},
          {"frame_skip", &o.frame_skip},
          {"forward_reward_weight", &o.forward_reward_weight},
          {"ctrl_cost_weight", &o.ctrl_cost_weight},
          {"healthy_reward", &o.healthy_reward},
          {"terminate_when_unhealthy", &o.terminate_when_unhealthy},
          {"healthy_state_range", &o.healthy_state_range},
          {"healthy_z_range", &o.healthy_z_range},
          {"healthy_angle_range", &o.healthy_angle_range},
          {"reset_noise_scale", &o.reset_noise_scale},
          {"exclude_current_positions_from_observation", &o.exclude_current_positions_from_observation}};
}

std::vector<OptionField> fields(Walker2dOptions& o) {
  return {{"xml_file", &o.xml_file},
          {"frame_skip", &o.frame_skip},
          {"forward_reward_weight", &o.forward_reward_weight},
          {"ctrl_cost_weight", &o.ctrl_cost_weight},
          {"healthy_reward", &o.healthy_reward},
          {"terminate_when_unhealthy", &o.terminate_when_unhealthy},
          {"healthy_z_range", &o.healthy_z_range},
          {"healthy_angle_range", &o.healthy_angle_range},
          {"reset_noise_scale", &o.reset_noise_scale},
          {"exclude_current_positions_from_observation", &o.exclude_current_positions_from_observation}};
}

std::unique_ptr<TaskBody> half_cheetah(const HalfCheetahOptions& options) {
  return std::make_unique<HalfCheetah>(options);
}
std::unique_ptr<TaskBody> hopper(const HopperOptions& options) { return std::make_unique<Faller>(options); }
std::unique_ptr<TaskBody> walker2d(const Walker2dOptions& options) { return std::make_unique<Faller>(options); }

}  // namespace softrl::continuous
