#include "continuous/task.hpp"

#include <functional>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "continuous/ant.hpp"
#include "continuous/arms.hpp"
#include "continuous/double_integrator.hpp"
#include "continuous/humanoid.hpp"
#include "continuous/inverted_pendulums.hpp"
#include "continuous/lqg.hpp"
#include "continuous/multi_goal.hpp"
#include "continuous/pendulum.hpp"
#include "continuous/planar_runners.hpp"
#include "continuous/swimmer.hpp"
#include "softrl/nearest_name.hpp"

namespace softrl::continuous {
namespace {

int total_size(const std::vector<InfoTerm>& terms) {
  int size = 0;
  for (const InfoTerm& term : terms) size += term.size.value_or(1);
  return size;
}

}  // namespace

Task::Task(std::string name, std::unique_ptr<TaskBody> body, int time_limit)
    : name_(std::move(name)),
      body_(std::move(body)),
      time_limit_(time_limit),
      observation_box_(body_->observation_box()),
      action_box_(body_->action_box()),
      state_info_size_(total_size(body_->state_terms())),
      step_info_size_(total_size(body_->step_terms())) {
  check_count("max_episode_steps", time_limit, 1);
}

std::unique_ptr<Task> Task::clone() const {
  auto copy = std::make_unique<Task>(name_, body_->clone(), time_limit_);
  copy->random_ = random_;
  copy->elapsed_ = elapsed_;
  copy->running_ = running_;
  return copy;
}

std::vector<InfoTerm> Task::info_terms() const {
  std::vector<InfoTerm> terms = body_->state_terms();
  for (InfoTerm& term : body_->step_terms()) terms.push_back(std::move(term));
  return terms;
}

std::vector<std::string> Task::info_names() const {
  std::vector<std::string> names;
  for (const InfoTerm& term : info_terms()) {
    if (!term.size) names.push_back(term.name);
    for (int i = 0; i < term.size.value_or(0); ++i) names.push_back(fmt::format("{}[{}]", term.name, i));
  }
  return names;
}

Eigen::VectorXd Task::reset(std::optional<std::uint64_t> seed) {
  Eigen::VectorXd observation(observation_size());
  reset_into(observation, seed);
  return observation;
}

void Task::reset_into(VectorRef observation, std::optional<std::uint64_t> seed) {
  if (seed) random_ = Random(*seed, "task");
  running_ = false;  // should the start throw
  body_->start(random_);
  body_->observe(observation);
  elapsed_ = 0;
  running_ = true;
}

Step<Eigen::VectorXd> Task::step(const Eigen::VectorXd& action) {
  Step<Eigen::VectorXd> step{.observation = Eigen::VectorXd(observation_size()),
                             .info = std::vector<double>(static_cast<std::size_t>(info_size()))};
  const Outcome outcome = step_into(action, step.observation, step.info);
  step.reward = outcome.reward;
  step.terminated = outcome.terminated;
  step.truncated = outcome.truncated;
  return step;
}

Task::Outcome Task::step_into(const ConstVectorRef& action, VectorRef observation, std::span<double> info) {
  if (!running_) throw std::invalid_argument(fmt::format("{}: step() outside an episode; reset() begins one", name_));
  check_size("action", action.size(), action_size());
  check_size("observation", observation.size(), observation_size());
  check_size("info", static_cast<std::int64_t>(info.size()), info_size());
  for (Eigen::Index i = 0; i < action.size(); ++i) check_finite("action", action(i));
  running_ = false;  // should the simulation throw
  const auto state_info = info.first(static_cast<std::size_t>(state_info_size_));
  const auto [reward, terminated] = body_->advance(action, info.subspan(state_info.size()), random_);
  body_->describe(state_info);
  body_->observe(observation);
  ++elapsed_;
  const Outcome outcome{.reward = reward, .terminated = terminated, .truncated = elapsed_ >= time_limit_};
  running_ = !outcome.over();
  return outcome;
}

int Task::describe(std::span<double> info) const {
  body_->describe(info.first(static_cast<std::size_t>(state_info_size_)));
  return state_info_size_;
}

Eigen::VectorXd Task::set_state(const Eigen::VectorXd& state) {
  check_size("state", state.size(), state_size());
  for (const double x : state) check_finite("state", x);
  running_ = false;
  body_->start_from(state);
  elapsed_ = 0;
  running_ = true;
  Eigen::VectorXd observation(observation_size());
  body_->observe(observation);
  return observation;
}

Task::Snapshot Task::snapshot() const {
  return {.state = body_->save(), .elapsed = elapsed_, .running = running_, .random = random_.state()};
}

void Task::restore(const Snapshot& snapshot) {
  random_.restore(snapshot.random);
  body_->load(snapshot.state);
  elapsed_ = snapshot.elapsed;
  running_ = snapshot.running;
}

namespace {

struct Entry {
  std::string name;
  std::function<std::unique_ptr<Task>(const TaskSettings&)> make;
  std::function<std::vector<TaskOption>()> options;
};

struct NoOptions {};
std::vector<OptionField> fields(NoOptions& /*options*/) { return {}; }

// `time_limit` is Gymnasium's for its own tasks, and an option of every task beside those of its own.
template <class Options>
Entry entry(const std::string& name, int time_limit,
            const std::function<std::unique_ptr<TaskBody>(const Options&)>& make_body) {
  const auto all_fields = [](Options& options, int& limit) {
    std::vector<OptionField> all = fields(options);
    all.push_back({"max_episode_steps", &limit});
    return all;
  };
  return {.name = name,
          .make =
              [=](const TaskSettings& settings) {
                Options options;
                int limit = time_limit;
                assign(all_fields(options, limit), settings, name);
                return std::make_unique<Task>(name, make_body(options), limit);
              },
          .options =
              [=] {
                Options options;
                int limit = time_limit;
                std::vector<TaskOption> result;
                for (const OptionField& field : all_fields(options, limit))
                  result.push_back({std::string(field.name), std::string(type_of(field)), text_of(field)});
                return result;
              }};
}

const std::vector<Entry>& registry() {
  static const std::vector<Entry> entries = {
      entry<AntOptions>("Ant-v5", 1000, ant),
      entry<HalfCheetahOptions>("HalfCheetah-v5", 1000, half_cheetah),
      entry<HopperOptions>("Hopper-v5", 1000, hopper),
      entry<HumanoidOptions>("Humanoid-v5", 1000, humanoid),
      entry<HumanoidStandupOptions>("HumanoidStandup-v5", 1000, humanoid_standup),
      entry<InvertedDoublePendulumOptions>("InvertedDoublePendulum-v5", 1000, inverted_double_pendulum),
      entry<InvertedPendulumOptions>("InvertedPendulum-v5", 1000, inverted_pendulum),
      entry<PendulumOptions>("Pendulum-v1", 200, pendulum),
      entry<PusherOptions>("Pusher-v5", 100, pusher),
      entry<ReacherOptions>("Reacher-v5", 50, reacher),
      entry<SwimmerOptions>("Swimmer-v5", 1000, swimmer),
      entry<Walker2dOptions>("Walker2d-v5", 1000, walker2d),
      entry<NoOptions>("double_integrator", 100, [](const NoOptions&) { return double_integrator(); }),
      entry<NoOptions>("lqg", 100, [](const NoOptions&) { return lqg(); }),
      entry<NoOptions>("multi_goal", 30, [](const NoOptions&) { return multi_goal(); }),
      entry<NoOptions>("multi_goal_mixture", 30, [](const NoOptions&) { return multi_goal_mixture(); }),
  };
  return entries;
}

const Entry& find(const std::string& name) {
  for (const Entry& known : registry()) {
    if (known.name == name) return known;
  }
  throw std::invalid_argument(unknown_name("task", name, task_names()));
}

}  // namespace

std::vector<std::string> task_names() {
  std::vector<std::string> names;
  for (const Entry& known : registry()) names.push_back(known.name);
  return names;
}

void check_task_name(const std::string& name) { find(name); }

std::vector<TaskOption> task_options(const std::string& name) { return find(name).options(); }

std::unique_ptr<Task> make_task(const std::string& name, const TaskSettings& settings) {
  return find(name).make(settings);
}

}  // namespace softrl::continuous
