#include "continuous/arms.hpp"

#include <algorithm>
#include <cmath>

#include <mujoco/mujoco.h>

#include "continuous/mujoco_task.hpp"

namespace softrl::continuous {
namespace {

// Velocities start at U(-0.005, 0.005), those of what is not the arm at 0; Gymnasium has no option for it.
constexpr double start_velocity = 0.005;

class Arm : public MuJoCoTask {
 protected:
  template <class Options>
  Arm(const Options& options, const Needs& needs)
      : MuJoCoTask(options.xml_file, options.frame_skip, 0.0, VelocityNoise::Uniform, needs) {}

  // `still` velocities, the last ones, are 0.
  Eigen::VectorXd random_velocities(Random& random, int still) const {
    Eigen::VectorXd velocities = simulation_.velocities();
    for (double& velocity : velocities) velocity += random.uniform(-start_velocity, start_velocity);
    velocities.tail(still).setZero();
    return velocities;
  }

  Eigen::Map<const Eigen::Vector3d> position(int body) const {
    return Eigen::Map<const Eigen::Vector3d>(data().xpos + 3 * body);
  }
};

class Reacher : public Arm {
 public:
  explicit Reacher(const ReacherOptions& options)
      : Arm(options, {.positions = 4, .velocities = 4}),
        options_(options),
        tip_(simulation_.body("fingertip")),
        target_(simulation_.body("target")) {}
  std::unique_ptr<TaskBody> clone() const override { return std::make_unique<Reacher>(*this); }

  std::vector<InfoTerm> step_terms() const override { return {{"reward_dist"}, {"reward_ctrl"}}; }

  // The target is uniform on the disc of radius 0.2 m.
  void start(Random& random) override {
    simulation_.reset();
    Eigen::VectorXd positions = simulation_.positions();
    for (double& angle : positions) angle += random.uniform(-0.1, 0.1);
    Eigen::Vector2d target;
    do {
      for (double& x : target) x = random.uniform(-0.2, 0.2);
    } while (target.norm() >= 0.2);
    positions.tail(2) = target;
    set(positions, random_velocities(random, 2));
  }

  Outcome advance(const ConstVectorRef& action, std::span<double> info, Random& /*random*/) override {
    simulate(action);
    info[0] = -options_.reward_dist_weight * (position(tip_) - position(target_)).norm();
    info[1] = -options_.reward_control_weight * action.squaredNorm();
    return {.reward = info[0] + info[1]};
  }

  void observe(VectorRef observation) const override {
    const double* angles = data().qpos;
    const Eigen::Vector3d to_target = position(tip_) - position(target_);
    double* out = observation.data();
    *out++ = std::cos(angles[0]);
    *out++ = std::cos(angles[1]);
    *out++ = std::sin(angles[0]);
    *out++ = std::sin(angles[1]);
    out = std::copy(data().qpos + 2, data().qpos + model().nq, out);
    out = std::copy_n(data().qvel, 2, out);
    std::copy_n(to_target.data(), 2, out);
  }

 protected:
  int observation_size() const override { return static_cast<int>(model().nq + 6); }

 private:
  ReacherOptions options_;
  int tip_, target_;
};

class Pusher : public Arm {
 public:
  explicit Pusher(const PusherOptions& options)
      : Arm(options, {.positions = 11, .velocities = 11}),
        options_(options),
        tip_(simulation_.body("tips_arm")),
        cylinder_(simulation_.body("object")),
        goal_(simulation_.body("goal")) {}
  std::unique_ptr<TaskBody> clone() const override { return std::make_unique<Pusher>(*this); }

  std::vector<InfoTerm> step_terms() const override { return {{"reward_dist"}, {"reward_ctrl"}, {"reward_near"}}; }

  // The cylinder is uniform on [-0.3, 0] × [-0.2, 0.2] m but not within 0.17 m of the goal.
  void start(Random& random) override {
    simulation_.reset();
    Eigen::VectorXd positions = simulation_.positions();
    Eigen::Vector2d cylinder;
    do {
      cylinder.x() = random.uniform(-0.3, 0.0);
      cylinder.y() = random.uniform(-0.2, 0.2);
    } while (cylinder.norm() <= 0.17);
    positions.tail(4) << cylinder, Eigen::Vector2d::Zero();
    set(positions, random_velocities(random, 4));
  }

  Outcome advance(const ConstVectorRef& action, std::span<double> info, Random& /*random*/) override {
    simulate(action);
    info[0] = -options_.reward_dist_weight * (position(cylinder_) - position(goal_)).norm();
    info[1] = -options_.reward_control_weight * action.squaredNorm();
    info[2] = -options_.reward_near_weight * (position(cylinder_) - position(tip_)).norm();
    return {.reward = info[0] + info[1] + info[2]};
  }

  void observe(VectorRef observation) const override {
    observation << simulation_.positions().head<7>(), simulation_.velocities().head<7>(), position(tip_),
        position(cylinder_), position(goal_);
  }

 protected:
  int observation_size() const override { return 23; }

 private:
  PusherOptions options_;
  int tip_, cylinder_, goal_;
};

}  // namespace

std::vector<OptionField> fields(ReacherOptions& o) {
  return {{"xml_file", &o.xml_file},
          {"frame_skip", &o.frame_skip},
          {"reward_dist_weight", &o.reward_dist_weight},
          {"reward_control_weight", &o.reward_control_weight}};
}

std::vector<OptionField> fields(PusherOptions& o) {
  return {{"xml_file", &o.xml_file},
          {"frame_skip", &o.frame_skip},
          {"reward_near_weight", &o.reward_near_weight},
          {"reward_dist_weight", &o.reward_dist_weight},
          {"reward_control_weight", &o.reward_control_weight}};
}

std::unique_ptr<TaskBody> reacher(const ReacherOptions& options) { return std::make_unique<Reacher>(options); }
std::unique_ptr<TaskBody> pusher(const PusherOptions& options) { return std::make_unique<Pusher>(options); }

}  // namespace softrl::continuous
