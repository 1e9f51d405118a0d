#include "continuous/task.hpp"

#include <functional>
#include <map>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "continuous/mujoco_tasks.hpp"
#include "continuous/multi_goal.hpp"

namespace softrl::continuous {

Task::Task(std::string name, std::unique_ptr<TaskBody> body, int time_limit)
    : Task(std::move(name), *body, body, time_limit) {}

Task::Task(std::string name, TaskBody& body, std::unique_ptr<TaskBody>& owner, int time_limit)
    : TimeLimit(std::move(owner), time_limit), name_(std::move(name)), body_(&body), time_limit_(time_limit) {}

int Task::observation_size() const { return static_cast<int>(std::get<BoxSpace>(observation_space()).low.size()); }

int Task::action_size() const { return static_cast<int>(action_box().low.size()); }

BoxSpace Task::action_box() const { return std::get<BoxSpace>(action_space()); }

Eigen::VectorXd Task::reset(std::optional<std::uint64_t> seed) {
  Eigen::VectorXd observation = TimeLimit::reset(seed);
  running_ = true;
  return observation;
}

Step<Eigen::VectorXd> Task::step(const Eigen::VectorXd& action) {
  if (!running_) throw std::invalid_argument(fmt::format("{}: step() outside an episode; reset() begins one", name_));
  auto step = TimeLimit::step(action);
  running_ = !step.terminated && !step.truncated;
  return step;
}

Eigen::VectorXd Task::set_state(const Eigen::VectorXd& state) {
  Eigen::VectorXd observation = body_->start_from(state);
  elapsed_ = 0;
  running_ = true;
  return observation;
}

Task::Snapshot Task::snapshot() const {
  return {.state = body_->save(),
          .elapsed = elapsed_,
          .running = running_,
          .random = std::as_const(*body_).random().state()};
}

void Task::restore(const Snapshot& snapshot) {
  body_->random().restore(snapshot.random);
  body_->load(snapshot.state);
  elapsed_ = snapshot.elapsed;
  running_ = snapshot.running;
}

namespace {

using Maker = std::function<std::unique_ptr<Task>()>;

const std::map<std::string, Maker>& registry() {
  static const std::map<std::string, Maker> tasks = {
      {"multi_goal", [] { return std::make_unique<Task>("multi_goal", std::make_unique<MultiGoal>(), 30); }},
      {"InvertedPendulum-v5",
       [] { return std::make_unique<Task>("InvertedPendulum-v5", std::make_unique<InvertedPendulum>(), 1000); }},
      {"HalfCheetah-v5",
       [] { return std::make_unique<Task>("HalfCheetah-v5", std::make_unique<HalfCheetah>(), 1000); }},
  };
  return tasks;
}

}  // namespace

std::vector<std::string> task_names() {
  std::vector<std::string> names;
  for (const auto& [name, maker] : registry()) names.push_back(name);
  return names;
}

void check_task_name(const std::string& name) {
  if (!registry().contains(name))
    throw std::invalid_argument(fmt::format("unknown task {} (known: {})", name, fmt::join(task_names(), ", ")));
}

std::unique_ptr<Task> make_task(const std::string& name) {
  check_task_name(name);
  return registry().at(name)();
}

}  // namespace softrl::continuous
