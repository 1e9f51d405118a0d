// A MuJoCo model with its data, owned: mjModel and mjData live as long as this does.
#pragma once
#include <filesystem>
#include <memory>

#include <Eigen/Core>

struct mjModel_;
struct mjData_;

namespace softrl::continuous {

class MuJoCoModel {
 public:
  // Throws std::runtime_error with the path and MuJoCo's message if the file is missing or is not a model.
  explicit MuJoCoModel(const std::filesystem::path& xml);

  int position_size() const;  // nq
  int velocity_size() const;  // nv
  int control_size() const;   // nu
  double timestep_s() const;
  Eigen::VectorXd control_low() const;   // [nu]
  Eigen::VectorXd control_high() const;  // [nu]

  Eigen::VectorXd positions() const;   // [nq], SI units and radians
  Eigen::VectorXd velocities() const;  // [nv]

  // The model's own initial state, with everything that is carried from step to step cleared.
  void reset();
  // reset(), then the given state, with all that follows from it computed. This and step() throw std::runtime_error if
  // a position, velocity or acceleration is not finite or beyond 1e10: MuJoCo would begin anew without a word.
  void set_state(const Eigen::VectorXd& positions, const Eigen::VectorXd& velocities);
  // `frames` time steps under constant `control` [nu].
  void step(const Eigen::VectorXd& control, int frames);

  // Everything the simulation carries from step to step (mjSTATE_INTEGRATION).
  Eigen::VectorXd save() const;
  void load(const Eigen::VectorXd& saved);

 private:
  void check_stable() const;

  struct Delete {
    void operator()(mjModel_* model) const;
    void operator()(mjData_* data) const;
  };
  std::unique_ptr<mjModel_, Delete> model_;
  std::unique_ptr<mjData_, Delete> data_;
};

}  // namespace softrl::continuous
