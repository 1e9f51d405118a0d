// What a training run steps: environments of equal spaces, all at once. An environment whose episode has ended begins
// the next one in the same step.
#pragma once
#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include "continuous/task.hpp"
#include "softrl/environment.hpp"

namespace softrl::continuous {

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;  // contiguous rows

// What one step of N environments did.
struct VectorStep {
  RowMatrix next_observations;  // [N × S] where the step led: what the value of an unfinished episode is taken at
  RowMatrix observations;       // [N × S] where they are now: the same, or the start of the next episode
  Eigen::VectorXd rewards;      // [N]
  Eigen::Array<bool, Eigen::Dynamic, 1> terminated, truncated;  // [N]
  RowMatrix infos;                                              // [N × I] in the order of info_names()

  static VectorStep zero(int environments, Eigen::Index observation_size, Eigen::Index info_size);
};

class Environments {
 public:
  virtual ~Environments() = default;

  virtual int copies() const = 0;                       // N
  virtual const BoxSpace& observation_box() const = 0;  // [S]
  virtual const BoxSpace& action_box() const = 0;       // [d] finite bounds

  // Starts an episode in every environment, number i with seed + i. Returns [N × S]; what this and step() return stays
  // valid and unchanged until the next call.
  virtual const RowMatrix& reset(std::uint64_t seed) = 0;
  // One step of every environment under `actions` [N × d].
  virtual const VectorStep& step(const Eigen::Ref<const RowMatrix>& actions) = 0;

  struct Snapshot {
    std::vector<Task::Snapshot> copies;  // One that is not `running` holds nothing to go on from.
    RowMatrix observations;
  };
  virtual Snapshot snapshot() const = 0;
  // step() goes on as it would have gone on; where a copy holds nothing to go on from, in the episode that reset() has
  // begun. As many copies, or it throws.
  virtual void restore(const Snapshot& snapshot) = 0;

  virtual const VectorStep& last() const = 0;  // What step() returned; after reset() and restore() its observations.
};

}  // namespace softrl::continuous
