// A MuJoCo model with its data, owned. Copies share the model, which never changes, and have data of their own: they
// can be stepped by different threads at once.
#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include <Eigen/Core>

struct mjModel_;
struct mjData_;

namespace softrl::continuous {

class MuJoCoModel {
 public:
  // Throws std::runtime_error with the path and MuJoCo's message if the file is missing or is not a model.
  explicit MuJoCoModel(const std::filesystem::path& xml);
  MuJoCoModel(const MuJoCoModel& other);
  MuJoCoModel& operator=(const MuJoCoModel&) = delete;

  const std::filesystem::path& file() const { return file_; }
  const mjModel_& model() const { return *model_; }
  const mjData_& data() const { return *data_; }

  using ConstMap = Eigen::Map<const Eigen::VectorXd>;
  ConstMap positions() const;   // [nq], SI units and radians; a view, as the next
  ConstMap velocities() const;  // [nv]

  // Throws std::runtime_error naming the file if there is none.
  int body(const std::string& name) const;

  // The model's own initial state, with everything that is carried from step to step cleared.
  void reset();
  // reset(), then the given state, with all that follows from it computed. This and step() throw std::runtime_error if
  // a position, velocity or acceleration is not finite or beyond 1e10: MuJoCo would begin anew without a word.
  void set_state(const Eigen::Ref<const Eigen::VectorXd>& positions,
                 const Eigen::Ref<const Eigen::VectorXd>& velocities);
  // `frames` time steps under constant `control` [nu].
  void step(const Eigen::Ref<const Eigen::VectorXd>& control, int frames);
  // Fills in data().cfrc_ext and accelerations, which a step leaves as they were.
  void compute_contact_forces();

  // Everything the simulation carries from step to step (mjSTATE_INTEGRATION).
  Eigen::VectorXd save() const;
  void load(const Eigen::Ref<const Eigen::VectorXd>& saved);

 private:
  void check_stable() const;

  struct Delete {
    void operator()(mjModel_* model) const;
    void operator()(mjData_* data) const;
  };
  std::filesystem::path file_;
  std::shared_ptr<const mjModel_> model_;
  std::unique_ptr<mjData_, Delete> data_;
};

}  // namespace softrl::continuous
