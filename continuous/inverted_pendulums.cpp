#include "continuous/inverted_pendulums.hpp"

#include <algorithm>
#include <cmath>

#include <mujoco/mujoco.h>

#include "continuous/mujoco_task.hpp"

namespace softrl::continuous {
namespace {

class InvertedPendulum : public MuJoCoTask {
 public:
  explicit InvertedPendulum(const InvertedPendulumOptions& options)
      : MuJoCoTask(options.xml_file, options.frame_skip, options.reset_noise_scale, VelocityNoise::Uniform,
                   {.positions = 2, .velocities = 1}) {}
  std::unique_ptr<TaskBody> clone() const override { return std::make_unique<InvertedPendulum>(*this); }

  std::vector<InfoTerm> step_terms() const override { return {{"reward_survive"}}; }

  Outcome advance(const ConstVectorRef& action, std::span<double> info, Random& /*random*/) override {
    simulate(action);
    const bool fallen = std::abs(data().qpos[1]) > 0.2;
    info[0] = fallen ? 0.0 : 1.0;
    return {.reward = info[0], .terminated = fallen};
  }

  void observe(VectorRef observation) const override {
    observation << simulation_.positions(), simulation_.velocities();
  }

 protected:
  int observation_size() const override { return state_size(); }
};

double cut(double x) { return std::clamp(x, -10.0, 10.0); }

class InvertedDoublePendulum : public MuJoCoTask {
 public:
  explicit InvertedDoublePendulum(const InvertedDoublePendulumOptions& options)
      : MuJoCoTask(options.xml_file, options.frame_skip, options.reset_noise_scale, VelocityNoise::Normal,
                   {.positions = 3, .velocities = 3, .sites = 1}),
        healthy_reward_(options.healthy_reward) {}
  std::unique_ptr<TaskBody> clone() const override { return std::make_unique<InvertedDoublePendulum>(*this); }

  std::vector<InfoTerm> step_terms() const override {
    return {{"reward_survive"}, {"distance_penalty"}, {"velocity_penalty"}};
  }

  Outcome advance(const ConstVectorRef& action, std::span<double> info, Random& /*random*/) override {
    simulate(action);
    const double x = data().site_xpos[0], z = data().site_xpos[2];  // of the tip
    const double first = data().qvel[1], second = data().qvel[2];
    const bool fallen = z <= 1.0;
    info[0] = fallen ? 0.0 : healthy_reward_;
    info[1] = -(0.01 * x * x + (z - 2.0) * (z - 2.0));
    info[2] = -(0.001 * first * first + 0.005 * second * second);
    return {.reward = info[0] + info[1] + info[2], .terminated = fallen};
  }

  void observe(VectorRef observation) const override {
    double* out = observation.data();
    *out++ = data().qpos[0];
    out = std::transform(data().qpos + 1, data().qpos + model().nq, out, [](double x) { return std::sin(x); });
    out = std::transform(data().qpos + 1, data().qpos + model().nq, out, [](double x) { return std::cos(x); });
    out = std::transform(data().qvel, data().qvel + model().nv, out, cut);
    *out = cut(data().qfrc_constraint[0]);
  }

 protected:
  int observation_size() const override { return static_cast<int>(2 * model().nq + model().nv); }

 private:
  double healthy_reward_;
};

}  // namespace

std::vector<OptionField> fields(InvertedPendulumOptions& o) {
  return {{"xml_file", &o.xml_file}, {"frame_skip", &o.frame_skip}, {"reset_noise_scale", &o.reset_noise_scale}};
}

std::vector<OptionField> fields(InvertedDoublePendulumOptions& o) {
  return {{"xml_file", &o.xml_file},
          {"frame_skip", &o.frame_skip},
          {"healthy_reward", &o.healthy_reward},
          {"reset_noise_scale", &o.reset_noise_scale}};
}

std::unique_ptr<TaskBody> inverted_pendulum(const InvertedPendulumOptions& options) {
  return std::make_unique<InvertedPendulum>(options);
}
std::unique_ptr<TaskBody> inverted_double_pendulum(const InvertedDoublePendulumOptions& options) {
  return std::make_unique<InvertedDoublePendulum>(options);
}

}  // namespace softrl::continuous
