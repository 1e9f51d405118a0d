// Copies of a task stepped at once, on several threads. Copy i draws from its own generator, so that nothing depends on
// the number of threads or on the other copies. A copy whose episode has ended begins the next one in the same step.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include <Eigen/Core>

#include "continuous/task.hpp"
#include "softrl/worker_pool.hpp"

namespace softrl::continuous {

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;  // contiguous rows

// What one step of N copies did.
struct VectorStep {
  RowMatrix next_observations;  // [N × S] where the step led: what the value of an unfinished episode is taken at
  RowMatrix observations;       // [N × S] where the copies are now: the same, or the start of the next episode
  Eigen::VectorXd rewards;      // [N]
  Eigen::Array<bool, Eigen::Dynamic, 1> terminated, truncated;  // [N]
  RowMatrix infos;                                              // [N × I] in the order of Task::info_names()
};

class VectorEnvironment {
 public:
  // Copies of `task`, made by Task::clone(). `threads` as WorkerPool. Throws std::invalid_argument if copies < 1.
  VectorEnvironment(const Task& task, int copies, int threads = 1);

  int copies() const { return static_cast<int>(tasks_.size()); }
  int threads() const { return pool_.threads(); }
  const Task& copy(int i) const { return *tasks_[static_cast<std::size_t>(i)]; }

  // Starts an episode in every copy: copy i as Task::reset(seed + i) does. Returns [N × S]; what this and step() return
  // stays valid and unchanged until the next call.
  const RowMatrix& reset(std::uint64_t seed);

  // One step of every copy under `actions` [N × d]. Throws std::invalid_argument, before any copy moves, if they have
  // another size or are not finite, and before the first reset(); std::runtime_error if a simulation becomes unstable,
  // after which only reset() helps.
  const VectorStep& step(const Eigen::Ref<const RowMatrix>& actions);

  struct Snapshot {
    std::vector<Task::Snapshot> copies;
    RowMatrix observations;
  };
  Snapshot snapshot() const;
  void restore(const Snapshot& snapshot);  // step() goes on as it would have gone on. As many copies, or it throws.
  const VectorStep& last() const { return step_; }  // What step() returned; after reset() its observations.

 private:
  std::vector<std::unique_ptr<Task>> tasks_;
  VectorStep step_;
  WorkerPool pool_;
};

}  // namespace softrl::continuous
