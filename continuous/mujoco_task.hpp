// What Gymnasium's MuJoCo tasks of version 5 share. They are Gymnasium's step for step: the same observations, rewards,
// termination, info and options; resets draw from the same distributions, not the same numbers.
//
// The model files are Gymnasium's own. Their folder is the environment variable SOFTRL_GYMNASIUM_ASSETS or, where that
// is not set, the folder of the same name chosen when this was built. An xml_file that begins with "/", "." or "~" is
// looked for outside that folder.
#pragma once
#include <filesystem>
#include <string>

#include "continuous/mujoco_model.hpp"
#include "continuous/task.hpp"

namespace softrl::continuous {

// Throws std::runtime_error, saying how to set it, if the folder does not exist.
std::filesystem::path gymnasium_assets();

// A model, a frame skip, and a state made of positions and velocities. Positions at the start are the model's own plus
// U(-scale, scale); velocities are U(-scale, scale) or, where Gymnasium has it so, N(0, scale²).
class MuJoCoTask : public TaskBody {
 public:
  BoxSpace observation_box() const override;  // [S], unbounded
  BoxSpace action_box() const override;       // [nu], the range of the controls
  int state_size() const override;            // nq + nv
  double step_s() const override;
  void start(Random& random) override;
  void start_from(const Eigen::VectorXd& state) override;
  Eigen::VectorXd state() const override;
  // Bodies lag one frame behind positions, so that a task which measures the way of a body between steps carries where
  // it was. On top of the simulation's own state: what carried() says.
  Eigen::VectorXd save() const override;
  void load(const Eigen::VectorXd& saved) override;

 protected:
  enum class VelocityNoise { Uniform, Normal };

  // The sizes without which the task would look at numbers that are not there.
  struct Needs {
    int positions = 0, velocities = 0, sites = 0;
  };
  // Throws std::invalid_argument if frame_skip < 1 or noise_scale < 0; std::runtime_error if there is no such model or
  // it is smaller than the task needs.
  MuJoCoTask(const std::string& xml_file, int frame_skip, double noise_scale, VelocityNoise noise, const Needs& needs);

  virtual int observation_size() const = 0;
  virtual void started() {}  // The state was set.
  virtual Eigen::VectorXd carried() const { return {}; }
  virtual void carry(const Eigen::Ref<const Eigen::VectorXd>& /*saved*/) {}

  const mjModel_& model() const { return simulation_.model(); }
  const mjData_& data() const { return simulation_.data(); }
  void simulate(const ConstVectorRef& action) { simulation_.step(action, frame_skip_); }
  void set(const Eigen::VectorXd& positions, const Eigen::VectorXd& velocities);

  MuJoCoModel simulation_;

 private:
  int frame_skip_;
  double noise_scale_;
  VelocityNoise noise_;
};

}  // namespace softrl::continuous
