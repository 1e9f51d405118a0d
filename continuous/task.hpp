// A continuous task that a run can interrupt and take up again: an environment with a time limit, a state that can be
// set, and a snapshot of everything that its future depends on.
//
//     const auto task = make_task("Ant-v5", {{"ctrl_cost_weight", "0.2"}});
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "continuous/task_options.hpp"
#include "softrl/environment.hpp"
#include "softrl/random.hpp"

namespace softrl::continuous {

using ConstVectorRef = Eigen::Ref<const Eigen::VectorXd>;
using VectorRef = Eigen::Ref<Eigen::VectorXd>;

// One entry of a step's info: a number, or an array where it has a size (which may be 0).
struct InfoTerm {
  std::string name;
  std::optional<int> size = std::nullopt;
};

// What a task is made of. Task below checks what comes in from outside: actions and states reach a body with the right
// size and finite. The references are contiguous, rows of a batch among them; nothing here allocates from step to step.
class TaskBody {
 public:
  struct Outcome {
    double reward = 0.0;
    bool terminated = false;
  };

  virtual ~TaskBody() = default;
  virtual std::unique_ptr<TaskBody> clone() const = 0;  // In the same state, independent of this one.

  virtual BoxSpace observation_box() const = 0;  // [S]
  virtual BoxSpace action_box() const = 0;       // [d] finite bounds
  virtual int state_size() const = 0;            // of what start_from() takes
  virtual double step_s() const { return 0.0; }  // Simulated seconds in a step; 0 where time has no unit.

  virtual void start(Random& random) = 0;                     // An episode, in a random state.
  virtual void start_from(const Eigen::VectorXd& state) = 0;  // In this one. std::invalid_argument if it is none.
  virtual Outcome advance(const ConstVectorRef& action, std::span<double> info, Random& random) = 0;
  virtual void observe(VectorRef observation) const = 0;  // [S]
  virtual Eigen::VectorXd state() const = 0;              // start_from(state()) starts here.

  // A step's info is what describe() knows of a state, also at the start of an episode, and then what advance() writes.
  virtual std::vector<InfoTerm> state_terms() const { return {}; }
  virtual std::vector<InfoTerm> step_terms() const { return {}; }
  virtual void describe(std::span<double> /*info*/) const {}

  // The numbers that, with the actions, determine the rest of the episode; random numbers apart.
  virtual Eigen::VectorXd save() const { return state(); }
  virtual void load(const Eigen::VectorXd& saved) { start_from(saved); }
};

class Task : public ContinuousEnvironment {
 public:
  Task(std::string name, std::unique_ptr<TaskBody> body, int time_limit);

  // Of the same name and limit, in the same state, independent of this one.
  std::unique_ptr<Task> clone() const;

  const std::string& name() const { return name_; }
  int time_limit() const { return time_limit_; }  // Steps after which an episode is truncated.
  double step_s() const { return body_->step_s(); }
  int observation_size() const { return static_cast<int>(observation_box_.low.size()); }
  int action_size() const { return static_cast<int>(action_box_.low.size()); }
  int state_size() const { return body_->state_size(); }
  int info_size() const { return state_info_size_ + step_info_size_; }
  const BoxSpace& observation_box() const { return observation_box_; }  // [S]
  const BoxSpace& action_box() const { return action_box_; }            // [d] finite bounds
  Space observation_space() const override { return observation_box_; }
  Space action_space() const override { return action_box_; }

  std::vector<InfoTerm> state_terms() const { return body_->state_terms(); }  // The first of info_terms().
  std::vector<InfoTerm> info_terms() const;
  std::vector<std::string> info_names() const override;  // Arrays entry by entry: "tendon_length[0]".

  Eigen::VectorXd reset(std::optional<std::uint64_t> seed = std::nullopt) override;

  // Throws std::invalid_argument before the first reset() and after the end of an episode, and if `action` has another
  // size or is not finite; std::runtime_error if the simulation becomes unstable, after which only reset() and
  // set_state() help.
  Step<Eigen::VectorXd> step(const Eigen::VectorXd& action) override;

  // Starts an episode in `state` instead of a random one and returns the observation. Multi-goal: the position [2];
  // MuJoCo: positions and velocities [nq + nv]. Throws std::invalid_argument if the size is wrong or a number is not
  // finite.
  Eigen::VectorXd set_state(const Eigen::VectorXd& state);
  Eigen::VectorXd state() const { return body_->state(); }  // set_state(state()) starts an episode here.

  // The same three into memory of the caller's: observation [S], info [info_size()].
  struct Outcome {
    double reward = 0.0;
    bool terminated = false;
    bool truncated = false;
    bool over() const { return terminated || truncated; }
  };
  void reset_into(VectorRef observation, std::optional<std::uint64_t> seed = std::nullopt);
  Outcome step_into(const ConstVectorRef& action, VectorRef observation, std::span<double> info);
  // Writes the numbers of state_terms(), which an episode has already at its start; returns how many they are.
  int describe(std::span<double> info) const;

  struct Snapshot {
    Eigen::VectorXd state;
    int elapsed = 0;
    bool running = false;
    std::string random;
  };
  Snapshot snapshot() const;
  void restore(const Snapshot& snapshot);  // step() goes on as it would have gone on after snapshot().

 private:
  std::string name_;
  std::unique_ptr<TaskBody> body_;
  int time_limit_;
  BoxSpace observation_box_, action_box_;
  int state_info_size_, step_info_size_;
  Random random_{0, "task"};
  int elapsed_ = 0;       // Steps of this episode so far.
  bool running_ = false;  // An episode has begun and not ended.
};

// The tasks by name, as `softrl tasks` lists them: Gymnasium's MuJoCo tasks of version 5 and Pendulum-v1, and our own.
std::vector<std::string> task_names();

void check_task_name(const std::string& name);  // Throws std::invalid_argument with the nearest name.

// One option of a task, with its default as text.
struct TaskOption {
  std::string name;
  std::string type;  // As type_of().
  std::string value;
};
std::vector<TaskOption> task_options(const std::string& name);  // Throws as check_task_name().

// With options by name, see task_options(); all tasks know max_episode_steps, their time limit. Throws
// std::invalid_argument, with the nearest name, if there is no such task or option, and for values out of range;
// std::runtime_error if the model file is missing or is not a model that the task can use.
std::unique_ptr<Task> make_task(const std::string& name, const TaskSettings& settings = {});

}  // namespace softrl::continuous
