// Copies of a task stepped at once, on several threads. Copy i draws from its own generator, so that nothing depends on
// the number of threads or on the other copies. A copy whose episode has ended begins the next one in the same step.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include <Eigen/Core>

#include "continuous/environments.hpp"
#include "continuous/task.hpp"
#include "softrl/worker_pool.hpp"

namespace softrl::continuous {

class VectorEnvironment final : public Environments {
 public:
  // Copies of `task`, made by Task::clone(). `threads` as WorkerPool. Throws std::invalid_argument if copies < 1.
  VectorEnvironment(const Task& task, int copies, int threads = 1);

  int copies() const override { return static_cast<int>(tasks_.size()); }
  int threads() const { return pool_.threads(); }
  const Task& copy(int i) const { return *tasks_[static_cast<std::size_t>(i)]; }
  const BoxSpace& observation_box() const override { return copy(0).observation_box(); }
  const BoxSpace& action_box() const override { return copy(0).action_box(); }

  const RowMatrix& reset(std::uint64_t seed) override;  // Copy i as Task::reset(seed + i) does.

  // Throws std::invalid_argument, before any copy moves, if the actions have another size or are not finite, and before
  // the first reset(); std::runtime_error if a simulation becomes unstable, after which only reset() helps.
  const VectorStep& step(const Eigen::Ref<const RowMatrix>& actions) override;

  Snapshot snapshot() const override;
  void restore(const Snapshot& snapshot) override;
  const VectorStep& last() const override { return step_; }

 private:
  std::vector<std::unique_ptr<Task>> tasks_;
  VectorStep step_;
  WorkerPool pool_;
};

}  // namespace softrl::continuous
