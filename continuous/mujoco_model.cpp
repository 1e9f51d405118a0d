#include "continuous/mujoco_model.hpp"

#include <array>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <mujoco/mujoco.h>

#include "softrl/check.hpp"

namespace softrl::continuous {

namespace {

// MuJoCo prints its warnings and keeps a log file of them unless somebody takes them; a library is quiet. Its handler
// belongs to the whole process: set once, and only where nobody else has set one.
void take_warnings() {
  [[maybe_unused]] static const bool taken = [] {
    if (mju_user_warning == nullptr) mju_user_warning = [](const char*) {};
    return true;
  }();
}

}  // namespace

void MuJoCoModel::Delete::operator()(mjModel_* model) const { mj_deleteModel(model); }
void MuJoCoModel::Delete::operator()(mjData_* data) const { mj_deleteData(data); }

MuJoCoModel::MuJoCoModel(const std::filesystem::path& xml) : file_(xml) {
  if (!std::filesystem::is_regular_file(xml))
    throw std::runtime_error(fmt::format("{}: no such model file", xml.string()));
  take_warnings();
  std::array<char, 1000> error{};
  model_.reset(mj_loadXML(xml.c_str(), nullptr, error.data(), static_cast<int>(error.size())), Delete());
  if (!model_) throw std::runtime_error(fmt::format("{}: {}", xml.string(), error.data()));
  data_.reset(mj_makeData(model_.get()));
  if (!data_) throw std::runtime_error(fmt::format("{}: not enough memory for the simulation", xml.string()));
}

MuJoCoModel::MuJoCoModel(const MuJoCoModel& other)
    : file_(other.file_), model_(other.model_), data_(mj_copyData(nullptr, model_.get(), other.data_.get())) {
  if (!data_) throw std::runtime_error(fmt::format("{}: not enough memory for the simulation", file_.string()));
}

MuJoCoModel::ConstMap MuJoCoModel::positions() const { return {data_->qpos, model_->nq}; }
MuJoCoModel::ConstMap MuJoCoModel::velocities() const { return {data_->qvel, model_->nv}; }

int MuJoCoModel::body(const std::string& name) const {
  const int id = mj_name2id(model_.get(), mjOBJ_BODY, name.c_str());
  if (id < 0) throw std::runtime_error(fmt::format("{}: has no body {}", file_.string(), name));
  return id;
}

void MuJoCoModel::reset() { mj_resetData(model_.get(), data_.get()); }

void MuJoCoModel::set_state(const Eigen::Ref<const Eigen::VectorXd>& positions,
                            const Eigen::Ref<const Eigen::VectorXd>& velocities) {
  check_size("positions", positions.size(), model_->nq);
  check_size("velocities", velocities.size(), model_->nv);
  reset();
  Eigen::Map<Eigen::VectorXd>(data_->qpos, model_->nq) = positions;
  Eigen::Map<Eigen::VectorXd>(data_->qvel, model_->nv) = velocities;
  mj_checkPos(model_.get(), data_.get());
  mj_checkVel(model_.get(), data_.get());
  mj_forward(model_.get(), data_.get());
  mj_checkAcc(model_.get(), data_.get());
  check_stable();
}

void MuJoCoModel::step(const Eigen::Ref<const Eigen::VectorXd>& control, int frames) {
  check_size("action", control.size(), model_->nu);
  Eigen::Map<Eigen::VectorXd>(data_->ctrl, model_->nu) = control;
  for (int frame = 0; frame < frames; ++frame) mj_step(model_.get(), data_.get());
  check_stable();
}

void MuJoCoModel::compute_contact_forces() { mj_rnePostConstraint(model_.get(), data_.get()); }

void MuJoCoModel::check_stable() const {
  for (const auto& [warning, what] : {std::pair{mjWARN_BADQPOS, "position"}, std::pair{mjWARN_BADQVEL, "velocity"},
                                      std::pair{mjWARN_BADQACC, "acceleration"}}) {
    if (data_->warning[warning].number > 0)
      throw std::runtime_error(fmt::format("the simulation is unstable: {} {} is not finite or beyond {:g}", what,
                                           data_->warning[warning].lastinfo, mjMAXVAL));
  }
}

Eigen::VectorXd MuJoCoModel::save() const {
  Eigen::VectorXd saved(mj_stateSize(model_.get(), mjSTATE_INTEGRATION));
  mj_getState(model_.get(), data_.get(), saved.data(), mjSTATE_INTEGRATION);
  return saved;
}

void MuJoCoModel::load(const Eigen::Ref<const Eigen::VectorXd>& saved) {
  check_size("saved state", saved.size(), mj_stateSize(model_.get(), mjSTATE_INTEGRATION));
  reset();  // what mj_setState leaves alone, the count of warnings among it
  mj_setState(model_.get(), data_.get(), saved.data(), mjSTATE_INTEGRATION);
}

}  // namespace softrl::continuous
