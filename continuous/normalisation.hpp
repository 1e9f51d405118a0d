// Observations and rewards of a common size, as Stable-Baselines3's VecNormalize has them: observations less their
// running mean over their running deviation, rewards over the running deviation of the discounted return so far,
// R ← γR + r from 0 at the start of an episode; both cut to [−10, 10]. The replay keeps what the environments said.
#pragma once
#include <Eigen/Core>

#include "continuous/environments.hpp"
#include "continuous/observation_scale.hpp"
#include "continuous/replay_buffer.hpp"
#include "continuous/running_moments.hpp"

namespace softrl::continuous {

class Normalisation {
 public:
  // Either may be off: it then changes nothing.
  Normalisation(bool observations, bool rewards, double discount, int environments, int observation_size);

  void see_start(const RowMatrix& observations);  // [N × S]
  void see(const VectorStep& step);

  RowMatrix observations(const RowMatrix& observations) const;  // [N × S] as the agent sees them
  Batch batch(const Batch& batch) const;                        // The same of transitions from the replay.

  bool on() const { return observations_ || rewards_; }
  bool normalises_observations() const { return observations_; }
  ObservationScale observation_scale() const;
  double reward_deviation() const;  // What rewards are divided by: 1 if they are not.

  // What has been seen, for checkpoints.
  struct State {
    RunningMoments observations, returns;
    Eigen::VectorXd discounted_returns;  // [N]
  };
  State state;

 private:
  bool observations_, rewards_;
  double discount_;
};

}  // namespace softrl::continuous
