#include "continuous/vector_environment.hpp"

#include <span>

#include "softrl/check.hpp"

namespace softrl::continuous {
namespace {

Eigen::Map<Eigen::VectorXd> row(RowMatrix& matrix, int i) { return {matrix.row(i).data(), matrix.cols()}; }

}  // namespace

VectorEnvironment::VectorEnvironment(const Task& task, int copies, int threads) : pool_(threads) {
  check_count("copies", copies, 1);
  for (int i = 0; i < copies; ++i) tasks_.push_back(task.clone());
  step_ = VectorStep::zero(copies, task.observation_size(), task.info_size());
}

const RowMatrix& VectorEnvironment::reset(std::uint64_t seed) {
  pool_.for_each(copies(), [this, seed](int i) {
    tasks_[static_cast<std::size_t>(i)]->reset_into(row(step_.observations, i), seed + static_cast<std::uint64_t>(i));
  });
  return step_.observations;
}

const VectorStep& VectorEnvironment::step(const Eigen::Ref<const RowMatrix>& actions) {
  check_size("rows of actions", actions.rows(), copies());
  check_size("action", actions.cols(), copy(0).action_size());
  for (Eigen::Index i = 0; i < actions.rows(); ++i) {
    for (Eigen::Index j = 0; j < actions.cols(); ++j) check_finite("action", actions(i, j));
  }
  pool_.for_each(copies(), [this, &actions](int i) {
    Task& task = *tasks_[static_cast<std::size_t>(i)];
    const Eigen::Map<const Eigen::VectorXd> action(actions.row(i).data(), actions.cols());
    const std::span info(step_.infos.row(i).data(), static_cast<std::size_t>(step_.infos.cols()));
    const Task::Outcome outcome = task.step_into(action, row(step_.next_observations, i), info);
    step_.rewards(i) = outcome.reward;
    step_.terminated(i) = outcome.terminated;
    step_.truncated(i) = outcome.truncated;
    if (outcome.over())
      task.reset_into(row(step_.observations, i));
    else
      step_.observations.row(i) = step_.next_observations.row(i);
  });
  return step_;
}

Environments::Snapshot VectorEnvironment::snapshot() const {
  Snapshot snapshot{.copies = {}, .observations = step_.observations};
  for (const auto& task : tasks_) snapshot.copies.push_back(task->snapshot());
  return snapshot;
}

void VectorEnvironment::restore(const Snapshot& snapshot) {
  check_size("snapshot", static_cast<std::int64_t>(snapshot.copies.size()), copies());
  check_size("observations of a snapshot", snapshot.observations.size(), step_.observations.size());
  for (std::size_t i = 0; i < tasks_.size(); ++i) tasks_[i]->restore(snapshot.copies[i]);
  step_.observations = snapshot.observations;
}

}  // namespace softrl::continuous
