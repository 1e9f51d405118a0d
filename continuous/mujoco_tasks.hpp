// Gymnasium's MuJoCo tasks, version 5: the same observations, rewards, termination and reset noise, step for step.
// Resets draw from the same distributions as Gymnasium's, not the same numbers.
//
// The model files are Gymnasium's own. Their folder is the environment variable SOFTRL_GYMNASIUM_ASSETS or, where that
// is not set, the folder of the same name chosen when this was built.
#pragma once
#include <filesystem>

#include "continuous/mujoco_model.hpp"
#include "continuous/task.hpp"

namespace softrl::continuous {

// Throws std::runtime_error, saying how to set it, if the folder does not exist.
std::filesystem::path gymnasium_assets();

// What the two tasks share: a model, a frame skip, and a state made of positions and velocities.
class MuJoCoTask : public TaskBody {
 public:
  Space action_space() const override;
  Eigen::VectorXd reset(std::optional<std::uint64_t> seed = std::nullopt) override;
  Eigen::VectorXd start_from(const Eigen::VectorXd& state) override;  // [nq + nv]
  Eigen::VectorXd save() const override { return model_.save(); }
  void load(const Eigen::VectorXd& saved) override { model_.load(saved); }
  Random& random() override { return random_; }
  const Random& random() const override { return random_; }

 protected:
  MuJoCoTask(const char* model_file, int frame_skip);
  virtual Eigen::VectorXd observe() const = 0;
  // Noise of one position and of one velocity at the start of an episode.
  virtual double position_noise() = 0;
  virtual double velocity_noise() = 0;

  MuJoCoModel model_;
  int frame_skip_;
  Random random_{0, "mujoco"};
};

// Balance a pole on a cart: observation [4] is cart position, pole angle and their velocities; one force in [−3, 3];
// reward 1 while |angle| ≤ 0.2. Info: reward_survive.
class InvertedPendulum : public MuJoCoTask {
 public:
  InvertedPendulum();
  Space observation_space() const override;
  std::vector<std::string> info_names() const override { return {"reward_survive"}; }
  Step<Eigen::VectorXd> step(const Eigen::VectorXd& action) override;

 protected:
  Eigen::VectorXd observe() const override;
  double position_noise() override;
  double velocity_noise() override;
};

// Run forward: observation [17] is all positions but the first, then all velocities; six torques in [−1, 1]; reward is
// the forward speed minus 0.1 |a|². Never terminates. Info: x_position, x_velocity, reward_forward, reward_ctrl.
class HalfCheetah : public MuJoCoTask {
 public:
  HalfCheetah();
  Space observation_space() const override;
  std::vector<std::string> info_names() const override {
    return {"x_position", "x_velocity", "reward_forward", "reward_ctrl"};
  }
  Step<Eigen::VectorXd> step(const Eigen::VectorXd& action) override;

 protected:
  Eigen::VectorXd observe() const override;
  double position_noise() override;
  double velocity_noise() override;
};

}  // namespace softrl::continuous
