#include "continuous/training.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <stdexcept>
#include <utility>

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include "continuous/action_scale.hpp"
#include "continuous/checkpoint.hpp"
#include "continuous/run_folder.hpp"
#include "continuous/run_lock.hpp"
#include "continuous/to_tensor.hpp"

namespace softrl::continuous {
namespace {

constexpr std::size_t returns_kept = 20;

std::optional<double> mean(double sum, std::int64_t count) {
  return count == 0 ? std::nullopt : std::optional(sum / static_cast<double>(count));
}

// Torch's settings for a run, and no graphs while this lives: gradients are written out.
struct TorchSettings {
  explicit TorchSettings(const TrainingOptions& options) { at::set_num_threads(options.threads); }
  c10::InferenceMode no_graphs;
};

class Training {
 public:
  Training(TrainingState& state, RunFolder folder)
      : options_(state.options),
        state_(state),
        folder_(std::move(folder)),
        scale_(state_.environments->action_box()),
        metrics_(state_.agent->metric_names()) {}

  TrainingResult run(const ProgressObserver& observer, const StopRequest& stop) {
    checkpoint();  // From here on, whatever happens, the run can be resumed.
    while (cause_.empty() && state_.step < options_.steps && !(stop && stop())) {
      const std::int64_t before = state_.step;
      step();
      if (!cause_.empty()) break;
      for (std::int64_t i = 0; i < updates_due(before); ++i) update();
      // NaN stays in the sums, so that a look at every row finds it before it gets into a checkpoint.
      if (passed(before, options_.log_interval)) {
        check_interval();
        log(observer);
      }
      if (cause_.empty() && passed(before, options_.checkpoint_interval)) checkpoint();
    }
    if (cause_.empty()) check_interval();
    const TrainingStatus status = !cause_.empty()                ? TrainingStatus::Diverged
                                  : state_.step < options_.steps ? TrainingStatus::Interrupted
                                                                 : TrainingStatus::Finished;
    if (status != TrainingStatus::Interrupted && state_.interval.steps > 0) log(observer);
    count_seconds();
    if (cause_.empty()) checkpoint_ = save_checkpoint(folder_.path(), state_);
    write_summary(to_string(status));
    return {.status = status,
            .steps = state_.step,
            .episodes = state_.episodes,
            .mean_return = mean_return(),
            .seconds = state_.seconds,
            .cause = cause_,
            .checkpoint = checkpoint_};
  }

 private:
  // A step of every environment. None if an action is not finite, which is then the cause.
  void step() {
    const bool starting = state_.step < options_.start_steps;
    RowMatrix actions = starting ? random_actions() : agent_actions();  // [N × d]
    for (Eigen::Index i = 0; i < actions.rows(); ++i) {
      for (Eigen::Index j = 0; j < actions.cols(); ++j)
        if (!std::isfinite(actions(i, j)))
          cause_ = fmt::format("entry {} of the agent's action in environment {} after step {} is {}", j, i,
                               state_.step, actions(i, j));
    }
    if (!cause_.empty()) return;
    if (!starting) actions = state_.noise.add_to(actions, state_.exploration);
    RowMatrix in_box(actions.rows(), actions.cols());
    for (Eigen::Index i = 0; i < actions.rows(); ++i)
      in_box.row(i) = scale_.to_box(actions.row(i).transpose()).transpose();
    const VectorStep& outcome = state_.environments->step(in_box);
    for (Eigen::Index i = 0; i < actions.rows(); ++i) {
      ++state_.step;
      ++state_.interval.steps;
      state_.replay.add({.observation = state_.observations.row(i).transpose(),
                         .action = actions.row(i).transpose(),
                         .reward = outcome.rewards(i),
                         .next_observation = outcome.next_observations.row(i).transpose(),
                         .terminated = outcome.terminated(i),
                         .truncated = outcome.truncated(i)});
      state_.greatest_reward = std::max(state_.greatest_reward, std::abs(outcome.rewards(i)));
      state_.episode_returns(i) += outcome.rewards(i);
      state_.episode_lengths(i) += 1.0;
      if (outcome.terminated(i) || outcome.truncated(i)) count_episode(i);
    }
    state_.normalisation.see(outcome);
    state_.observations = outcome.observations;
  }

  RowMatrix random_actions() {
    RowMatrix actions(state_.observations.rows(), scale_.size());
    for (double& a : actions.reshaped<Eigen::RowMajor>()) a = state_.exploration.uniform(-1.0, 1.0);
    return actions;
  }

  RowMatrix agent_actions() {
    const RowMatrix at = state_.normalisation.observations(state_.observations);
    const torch::Tensor actions = state_.agent->act(to_tensor(at).to(options_.device, torch::kFloat32))
                                      .to(torch::kCPU, torch::kFloat64)
                                      .contiguous();
    return Eigen::Map<const RowMatrix>(actions.const_data_ptr<double>(), at.rows(), scale_.size());
  }

  void count_episode(Eigen::Index copy) {
    ++state_.episodes;
    state_.last_returns.push_back(state_.episode_returns(copy));
    if (state_.last_returns.size() > returns_kept) state_.last_returns.pop_front();
    ++state_.interval.episodes;
    state_.interval.returns += state_.episode_returns(copy);
    state_.interval.lengths += state_.episode_lengths(copy);
    state_.episode_returns(copy) = state_.episode_lengths(copy) = 0.0;
    state_.noise.restart(copy);
  }

  // Whether a multiple of `interval` lies in (before, now].
  bool passed(std::int64_t before, std::int64_t interval) const { return state_.step / interval > before / interval; }

  // As many as if every step were followed by its own.
  std::int64_t updates_due(std::int64_t before) const {
    const std::int64_t from = std::max(before, options_.start_steps - 1);
    if (state_.step <= from) return 0;
    return options_.updates * (state_.step / options_.update_interval - from / options_.update_interval);
  }

  void update() {
    const Batch batch = state_.replay.sample(options_.batch_size, state_.agent->generator(), options_.device);
    state_.interval.metrics += state_.agent->update(state_.normalisation.batch(batch));
    ++state_.interval.updates;
  }

  // The sums since the last row, or what they say of divergence.
  void check_interval() {
    const torch::Tensor sums = state_.interval.metrics.cpu();
    for (std::size_t i = 0; i < metrics_.size() && cause_.empty(); ++i)
      if (!std::isfinite(sums[static_cast<std::int64_t>(i)].item<double>()))
        cause_ = fmt::format("{} is no longer finite", metrics_[i]);
    if (!cause_.empty() || state_.interval.updates == 0) return;
    const auto at = std::find(metrics_.begin(), metrics_.end(), "q") - metrics_.begin();
    const double q = sums[at].item<double>() / static_cast<double>(state_.interval.updates);
    if (const double limit = q_limit(); std::abs(q) > limit)
      cause_ = fmt::format("q is {:.4g}, and with rewards so far it cannot be near {:.4g}", q, limit);
  }

  // See TrainingStatus::Diverged.
  double q_limit() const {
    const double reward = options_.normalise_rewards ? greatest_normalised : state_.greatest_reward;
    const double entropy = state_.agent->current_temperature() * static_cast<double>(scale_.size()) * std::numbers::ln2;
    return 1000.0 * (1.0 + reward_scale(options_) * reward + entropy) / (1.0 - discount(options_));
  }

  void count_seconds() {
    const auto now = Clock::now();
    state_.seconds += std::chrono::duration<double>(now - counted_until_).count();
    counted_until_ = now;
  }

  void log(const ProgressObserver& observer) {
    const double before = state_.seconds;
    count_seconds();
    IntervalSums& interval = state_.interval;
    MetricsRow row = {.step = state_.step,
                      .episodes = state_.episodes,
                      .mean_return = mean(interval.returns, interval.episodes),
                      .mean_length = mean(interval.lengths, interval.episodes),
                      .metrics = {},
                      .steps_per_second = static_cast<double>(interval.steps) / (state_.seconds - before),
                      .seconds = state_.seconds};
    const torch::Tensor sums = interval.metrics.cpu();
    for (std::int64_t i = 0; i < sums.size(0); ++i)
      row.metrics.push_back(mean(sums[i].item<double>(), interval.updates));
    folder_.append(row);
    interval = {.metrics = interval.metrics.zero_()};
    if (!observer) return;
    const double none = std::numeric_limits<double>::quiet_NaN();
    std::vector<Measurement> measurements{{"return", mean_return().value_or(none)}};
    for (std::size_t i = 0; i < metrics_.size(); ++i)
      measurements.push_back({metrics_[i], row.metrics[i].value_or(none)});
    measurements.push_back({"steps_per_second", row.steps_per_second});
    observer({.done = state_.step, .limit = options_.steps, .measurements = measurements});
  }

  void checkpoint() {
    count_seconds();
    checkpoint_ = save_checkpoint(folder_.path(), state_);
    write_summary("running");
  }

  std::optional<double> mean_return() const {
    const double sum = std::accumulate(state_.last_returns.begin(), state_.last_returns.end(), 0.0);
    return mean(sum, static_cast<std::int64_t>(state_.last_returns.size()));
  }

  void write_summary(const char* status) const {
    folder_.write_summary({.status = status,
                           .steps = state_.step,
                           .episodes = state_.episodes,
                           .mean_return = mean_return(),
                           .seconds = state_.seconds});
  }

  using Clock = std::chrono::steady_clock;

  TrainingOptions options_;
  TrainingState& state_;
  RunFolder folder_;
  ActionScale scale_;  // The agent's actions are in [−1, 1]^d.
  std::vector<std::string> metrics_;
  std::string cause_;                 // Of divergence; empty while there is none.
  std::filesystem::path checkpoint_;  // The newest.
  Clock::time_point counted_until_ = Clock::now();
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
                     const ProgressObserver& observer, const StopRequest& stop, CustomList environments) {
  check(options);
  check_new_run_folder(folder);
  TorchSettings settings(options);
  TrainingState state(options, std::move(environments));
  RunFolder run = RunFolder::create(folder, options, state.agent->metric_names());
  const RunLock lock(folder);
  use_replay_file(state, folder, ReplayFile::New);
  return Training(state, std::move(run)).run(observer, stop);
}

TrainingResult resume_training(const std::filesystem::path& folder, std::optional<std::int64_t> steps,
                               const ProgressObserver& observer, const StopRequest& stop, CustomList environments) {
  TrainingOptions options = RunFolder::read_options(folder);
  const RunLock lock(folder);
  options.steps = steps.value_or(options.steps);
  TorchSettings settings(options);
  TrainingState state(options, std::move(environments));
  use_replay_file(state, folder, ReplayFile::Existing);
  const std::vector<std::string> skipped = load_checkpoint(folder, state);
  if (state.step >= options.steps)
    throw std::invalid_argument(
        fmt::format("steps must be more than the {} that the run already has, got {}", state.step, options.steps));
  RunFolder run = RunFolder::reopen(folder, options, state.agent->metric_names(), state.step);
  remove_checkpoints_after(folder, state.step);
  TrainingResult result = Training(state, std::move(run)).run(observer, stop);
  result.skipped_checkpoints = skipped;
  return result;
}

}  // namespace softrl::continuous
