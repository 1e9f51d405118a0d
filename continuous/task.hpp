// A continuous task that a run can interrupt and take up again: an environment with a time limit, a state that can be
// set, and a snapshot of everything that its future depends on.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "softrl/environment.hpp"
#include "softrl/random.hpp"

namespace softrl::continuous {

// What a task's body implements besides reset() and step().
class TaskBody : public ContinuousEnvironment {
 public:
  // Starts an episode in `state` instead of a random one and returns the observation. Multi-goal: the position [2];
  // MuJoCo: positions and velocities [nq + nv]. Throws std::invalid_argument if the size is wrong.
  virtual Eigen::VectorXd start_from(const Eigen::VectorXd& state) = 0;

  // The numbers that, with the actions, determine the rest of the episode; random numbers apart.
  virtual Eigen::VectorXd save() const = 0;
  virtual void load(const Eigen::VectorXd& saved) = 0;

  virtual Random& random() = 0;  // What reset() draws from.
  virtual const Random& random() const = 0;
};

class Task : public TimeLimit<Eigen::VectorXd, Eigen::VectorXd> {
 public:
  Task(std::string name, std::unique_ptr<TaskBody> body, int time_limit);

  const std::string& name() const { return name_; }
  int time_limit() const { return time_limit_; }
  int observation_size() const;
  int action_size() const;
  BoxSpace action_box() const;  // [d] finite bounds.

  Eigen::VectorXd reset(std::optional<std::uint64_t> seed = std::nullopt) override;
  // Throws std::invalid_argument before the first reset() and after the end of an episode.
  Step<Eigen::VectorXd> step(const Eigen::VectorXd& action) override;
  Eigen::VectorXd set_state(const Eigen::VectorXd& state);  // As TaskBody::start_from.

  struct Snapshot {
    Eigen::VectorXd state;
    int elapsed = 0;
    bool running = false;
    std::string random;
  };
  Snapshot snapshot() const;
  void restore(const Snapshot& snapshot);  // step() goes on as it would have gone on after snapshot().

 private:
  Task(std::string name, TaskBody& body, std::unique_ptr<TaskBody>& owner, int time_limit);

  std::string name_;
  TaskBody* body_;  // Owned by the base class.
  int time_limit_;
  bool running_ = false;  // An episode has begun and not ended.
};

// The tasks by name: multi_goal, InvertedPendulum-v5, HalfCheetah-v5.
std::vector<std::string> task_names();

void check_task_name(const std::string& name);  // Throws std::invalid_argument, listing the known ones.

// Throws std::invalid_argument, listing the known ones, if there is no task `name`; std::runtime_error if its model
// file is missing.
std::unique_ptr<Task> make_task(const std::string& name);

}  // namespace softrl::continuous
