#include "continuous/swimmer.hpp"

#include <algorithm>
#include <cmath>

#include <mujoco/mujoco.h>

#include "continuous/mujoco_task.hpp"

namespace softrl::continuous {
namespace {

class Swimmer : public MuJoCoTask {
 public:
  explicit Swimmer(const SwimmerOptions& options)
      : MuJoCoTask(options.xml_file, options.frame_skip, options.reset_noise_scale, VelocityNoise::Uniform,
                   {.positions = 2, .velocities = 2}),
        options_(options) {}
  std::unique_ptr<TaskBody> clone() const override { return std::make_unique<Swimmer>(*this); }

  std::vector<InfoTerm> state_terms() const override {
    return {{"x_position"}, {"y_position"}, {"distance_from_origin"}};
  }
  std::vector<InfoTerm> step_terms() const override {
    return {{"x_velocity"}, {"y_velocity"}, {"reward_forward"}, {"reward_ctrl"}};
  }
  void describe(std::span<double> info) const override {
    const double x = data().qpos[0], y = data().qpos[1];
    info[0] = x;
    info[1] = y;
    info[2] = std::sqrt(x * x + y * y);
  }

  Outcome advance(const ConstVectorRef& action, std::span<double> info, Random& /*random*/) override {
    const double x = data().qpos[0], y = data().qpos[1];
    simulate(action);
    info[0] = (data().qpos[0] - x) / step_s();
    info[1] = (data().qpos[1] - y) / step_s();
    info[2] = options_.forward_reward_weight * info[0];
    info[3] = -options_.ctrl_cost_weight * action.squaredNorm();
    return {.reward = info[2] + info[3]};
  }

  void observe(VectorRef observation) const override {
    double* out = std::copy(data().qpos + skipped(), data().qpos + model().nq, observation.data());
    std::copy_n(data().qvel, model().nv, out);
  }

 protected:
  int observation_size() const override { return state_size() - skipped(); }

 private:
  int skipped() const { return options_.exclude_current_positions_from_observation ? 2 : 0; }

  SwimmerOptions options_;
};

}  // namespace

std::vector<OptionField> fields(SwimmerOptions& o) {
  return {{"xml_file", &o.xml_file},
          {"frame_skip", &o.frame_skip},
          {"forward_reward_weight", &o.forward_reward_weight},
          {"ctrl_cost_weight", &o.ctrl_cost_weight},
          {"reset_noise_scale", &o.reset_noise_scale},
          {"exclude_current_positions_from_observation", &o.exclude_current_positions_from_observation}};
}

std::unique_ptr<TaskBody> swimmer(const SwimmerOptions& options) { return std::make_unique<Swimmer>(options); }

}  // namespace softrl::continuous
