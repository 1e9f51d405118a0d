#include "continuous/training.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include "continuous/checkpoint.hpp"
#include "continuous/run_folder.hpp"

namespace softrl::continuous {
namespace {

constexpr std::size_t returns_kept = 100;

// Sums since the last row of metrics.csv.
struct Interval {
  using Clock = std::chrono::steady_clock;
  Clock::time_point start = Clock::now();
  std::int64_t steps = 0, episodes = 0, updates = 0;
  double returns = 0.0, lengths = 0.0;
  SoftQLearning::Losses losses{};

  double seconds() const { return std::chrono::duration<double>(Clock::now() - start).count(); }
  static std::optional<double> mean(double sum, std::int64_t count) {
    return count == 0 ? std::nullopt : std::optional(sum / static_cast<double>(count));
  }
};

class Training {
 public:
  Training(TrainingState state, RunFolder folder)
      : options_(state.options),
        state_(std::move(state)),
        folder_(std::move(folder)),
        box_(state_.task->action_box()) {}

  TrainingResult run(const ProgressObserver& observer, const StopRequest& stop) {
    checkpoint();  // From here on, whatever happens, the run can be resumed.
    bool finite = true;
    while (state_.step < options_.steps && !(stop && stop())) {
      finite = step() && (!update_is_due() || update());
      if (!finite) break;
      if (state_.step % options_.log_interval == 0) log(observer);
      if (state_.step % options_.checkpoint_interval == 0) checkpoint();
    }
    const TrainingStatus status = !finite                        ? TrainingStatus::Diverged
                                  : state_.step < options_.steps ? TrainingStatus::Interrupted
                                                                 : TrainingStatus::Finished;
    if (interval_.steps > 0) log(observer);
    if (finite) save_checkpoint(folder_.checkpoint(), state_);
    write_summary(to_string(status));
    return {.status = status,
            .steps = state_.step,
            .episodes = state_.episodes,
            .mean_return = mean_return(),
            .seconds = state_.seconds};
  }

 private:
  // Whether the action was finite: no step is done otherwise.
  bool step() {
    const Eigen::VectorXd action = state_.step < options_.start_steps ? random_action() : policy_action();
    if (!action.allFinite()) return false;
    ++state_.step;
    auto outcome = state_.task->step(to_box(action));
    ++interval_.steps;
    ++state_.episode_length;
    state_.episode_return += outcome.reward;
    state_.replay.add({.observation = std::move(state_.observation),
                       .action = action,
                       .reward = outcome.reward,
                       .next_observation = outcome.observation,
                       .terminated = outcome.terminated,
                       .truncated = outcome.truncated});
    state_.observation = std::move(outcome.observation);
    if (outcome.terminated || outcome.truncated) end_episode();
    return true;
  }

  Eigen::VectorXd random_action() {
    Eigen::VectorXd action(box_.low.size());
    for (double& a : action) a = state_.exploration.uniform(-1.0, 1.0);
    return action;
  }

  Eigen::VectorXd policy_action() { return state_.agent.act(state_.observation); }

  Eigen::VectorXd to_box(const Eigen::VectorXd& action) const {
    return 0.5 * (box_.high + box_.low) + 0.5 * (box_.high - box_.low).cwiseProduct(action);
  }

  void end_episode() {
    ++state_.episodes;
    state_.last_returns.push_back(state_.episode_return);
    if (state_.last_returns.size() > returns_kept) state_.last_returns.pop_front();
    ++interval_.episodes;
    interval_.returns += state_.episode_return;
    interval_.lengths += static_cast<double>(state_.episode_length);
    state_.episode_return = 0.0;
    state_.episode_length = 0;
    state_.observation = state_.task->reset();
  }

  bool update_is_due() const {
    return state_.step >= options_.start_steps && state_.step % options_.update_interval == 0;
  }

  // Whether the losses were finite.
  bool update() {
    const auto losses = state_.agent.update(state_.replay.sample(options_.batch_size, state_.agent.generator()));
    if (!std::isfinite(losses.critic) || !std::isfinite(losses.q) || !std::isfinite(losses.stein)) return false;
    ++interval_.updates;
    interval_.losses.critic += losses.critic;
    interval_.losses.q += losses.q;
    interval_.losses.stein += losses.stein;
    return true;
  }

  void log(const ProgressObserver& observer) {
    const double seconds = interval_.seconds();
    state_.seconds += seconds;
    const MetricsRow row = {.step = state_.step,
                            .episodes = state_.episodes,
                            .mean_return = Interval::mean(interval_.returns, interval_.episodes),
                            .mean_length = Interval::mean(interval_.lengths, interval_.episodes),
                            .critic_loss = Interval::mean(interval_.losses.critic, interval_.updates),
                            .q = Interval::mean(interval_.losses.q, interval_.updates),
                            .stein = Interval::mean(interval_.losses.stein, interval_.updates),
                            .steps_per_second = static_cast<double>(interval_.steps) / seconds,
                            .seconds = state_.seconds};
    folder_.append(row);
    interval_ = {};
    if (!observer) return;
    const double none = std::numeric_limits<double>::quiet_NaN();
    const std::array<Measurement, 4> measurements = {{{"return", mean_return().value_or(none)},
                                                      {"critic_loss", row.critic_loss.value_or(none)},
                                                      {"q", row.q.value_or(none)},
                                                      {"steps_per_second", row.steps_per_second}}};
    observer({.done = state_.step, .limit = options_.steps, .measurements = measurements});
  }

  void checkpoint() {
    save_checkpoint(folder_.checkpoint(), state_);
    write_summary("running");
  }

  std::optional<double> mean_return() const {
    const double sum = std::accumulate(state_.last_returns.begin(), state_.last_returns.end(), 0.0);
    return Interval::mean(sum, static_cast<std::int64_t>(state_.last_returns.size()));
  }

  void write_summary(const char* status) const {
    folder_.write_summary({.status = status,
                           .steps = state_.step,
                           .episodes = state_.episodes,
                           .mean_return = mean_return(),
                           .seconds = state_.seconds});
  }

  TrainingOptions options_;
  TrainingState state_;
  RunFolder folder_;
  BoxSpace box_;  // The task's actions; the agent's are in [−1, 1]^d.
  Interval interval_;
};

}  // namespace

const char* to_string(TrainingStatus status) {
  switch (status) {
    case TrainingStatus::Finished:
      return "finished";
    case TrainingStatus::Interrupted:
      return "interrupted";
    case TrainingStatus::Diverged:
      return "diverged";
  }
  return "";
}

TrainingResult train(const TrainingOptions& options, const std::filesystem::path& folder,
                     const ProgressObserver& observer, const StopRequest& stop) {
  check(options);
  check_new_run_folder(folder);
  at::set_num_threads(options.threads);
  TrainingState state(options);
  return Training(std::move(state), RunFolder::create(folder, options)).run(observer, stop);
}

TrainingResult resume_training(const std::filesystem::path& folder, std::optional<std::int64_t> steps,
                               const ProgressObserver& observer, const StopRequest& stop) {
  TrainingOptions options = RunFolder::read_options(folder);
  options.steps = steps.value_or(options.steps);
  at::set_num_threads(options.threads);
  TrainingState state(options);
  load_checkpoint(RunFolder::checkpoint_file(folder), state);
  if (state.step >= options.steps)
    throw std::invalid_argument(
        fmt::format("steps must be more than the {} that the run already has, got {}", state.step, options.steps));
  const std::int64_t step = state.step;
  return Training(std::move(state), RunFolder::reopen(folder, options, step)).run(observer, stop);
}

}  // namespace softrl::continuous
