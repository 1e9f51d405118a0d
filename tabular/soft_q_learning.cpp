#include "tabular/soft_q_learning.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "softrl/check.hpp"
#include "softrl/operators.hpp"
#include "softrl/random.hpp"

namespace softrl::tabular {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::span<const double> row_of(const DenseTable& table, int row) {
  if (table.size() == 0) return {};
  return {table.data() + row * table.cols(), static_cast<std::size_t>(table.cols())};
}

int count_of(const Space& space, std::string_view name) {
  const auto* discrete = std::get_if<DiscreteSpace>(&space);
  if (!discrete) throw std::invalid_argument(fmt::format("environment: its {} space is not discrete", name));
  return discrete->n;
}

// A schedule falls from its first value, or rises to its floor: its range is between the two.
void check_schedule(const std::string& name, const Schedule& schedule, double low, double high) {
  check_in_range(name + ".initial", schedule.initial, low, high);
  check_at_least(name + ".exponent", schedule.exponent, 0.0);
  check_positive(name + ".scale", schedule.scale);
  check_in_range(name + ".floor", schedule.floor, 0.0, high);
}

void check_options(const SoftQLearningOptions& options, int states, int actions) {
  constexpr double largest = std::numeric_limits<double>::max();
  check_in_range("discount", options.discount, 0.0, 1.0);
  check_schedule("temperature", options.temperature, 0.0, largest);
  check_schedule("step_size", options.step_size, std::numeric_limits<double>::min(), 1.0);
  check_schedule("exploration", options.exploration, 0.0, 1.0);
  check_count("backup_steps", options.backup_steps, 1);
  check_in_range("lambda", options.lambda, 0.0, 1.0);
  check_count("segment_steps", options.segment_steps, 0);
  check_count("steps", options.steps, 1);
  const auto check_table = [&](const std::string& name, const DenseTable& table) {
    if (table.size() == 0) return;
    check_size("rows of " + name, table.rows(), states);
    check_size("columns of " + name, table.cols(), actions);
  };
  check_table("log_weights", options.log_weights);
  check_table("initial_action_values", options.initial_action_values);
  for (const double x : options.log_weights.reshaped()) {
    if (!(x < infinity)) throw std::invalid_argument(fmt::format("log_weights must be below +inf, got {}", x));
  }
  for (const double x : options.initial_action_values.reshaped()) check_finite("initial_action_values", x);
}

// Chooses actions, in a storage that lasts.
class Actor {
 public:
  Actor(const DenseTable& q, const DenseTable& log_weights, std::uint64_t seed)
      : q_(q), log_weights_(log_weights), random_(seed, "actions"), row_(static_cast<std::size_t>(q.cols())) {}

  struct Choice {
    int action;
    bool exploratory;
  };
  Choice choose(int state, double temperature, double exploration) {
    const bool explores = random_.uniform() < exploration;
    const auto weights = row_of(log_weights_, state);
    if (explores) {
      for (std::size_t a = 0; a < row_.size(); ++a) row_[a] = weights.empty() || weights[a] != -infinity ? 1.0 : 0.0;
    } else {
      boltzmann_policy(row_of(q_, state), temperature, weights, row_);
    }
    if (std::all_of(row_.begin(), row_.end(), [](double p) { return p == 0.0; }))
      throw std::invalid_argument(fmt::format("log_weights: no action of state {} is available", state));
    return {.action = random_.categorical(row_), .exploratory = explores};
  }

 private:
  const DenseTable& q_;
  const DenseTable& log_weights_;
  Random random_;
  std::vector<double> row_;
};

}  // namespace

double Schedule::at(std::int64_t n) const {
  if (exponent == 0.0) return std::max(floor, initial);
  return std::max(floor, initial * std::pow(1.0 + static_cast<double>(n) / scale, -exponent));
}

std::vector<double> soft_q_targets(std::span<const SampledStep> segment, const DenseTable& q,
                                   const DenseTable& log_weights, const SoftBackup& backup) {
  const std::size_t length = segment.size();
  std::vector<double> targets(length), deltas(length), policy(static_cast<std::size_t>(q.cols()));
  for (std::size_t t = 0; t < length; ++t) {
    const auto& step = segment[t].transition;
    const double next = step.terminated ? 0.0
                                        : soft_value(row_of(q, step.next_observation), backup.temperature,
                                                     row_of(log_weights, step.next_observation));
    targets[t] = step.reward + backup.discount * next;
    if (t == 0 || backup.steps == 1) continue;
    const auto weights = row_of(log_weights, step.observation);
    const double value = boltzmann_policy(row_of(q, step.observation), backup.temperature, weights, policy);
    const double bonus = backup.temperature == 0.0 ? 0.0 : -backup.temperature * divergence(policy, weights);
    deltas[t] = targets[t] + bonus - value;
  }
  for (std::size_t t = 0; t < length; ++t) {
    const std::size_t end = std::min(length, t + static_cast<std::size_t>(backup.steps));
    double weight = 1.0;
    for (std::size_t later = t + 1; later < end && !segment[later].exploratory; ++later) {
      weight *= backup.discount * backup.lambda;
      targets[t] += weight * deltas[later];
    }
  }
  return targets;
}

SoftQLearningResult soft_q_learning(DiscreteEnvironment& environment, const SoftQLearningOptions& options) {
  const int states = count_of(environment.observation_space(), "observation");
  const int actions = count_of(environment.action_space(), "action");
  check_options(options, states, actions);

  SoftQLearningResult result{.episodes = 0,
                             .action_values = options.initial_action_values,
                             .policy = DenseTable(states, actions),
                             .values = Eigen::VectorXd(states),
                             .updates = {}};
  if (result.action_values.size() == 0) result.action_values.setZero(states, actions);
  result.updates.setZero(states, actions);
  DenseTable& q = result.action_values;
  Actor actor(q, options.log_weights, options.seed);

  const std::int64_t report_interval = std::max<std::int64_t>(options.steps / 1000, 1);
  std::int64_t next_report = report_interval, updates = 0;
  double residuals = 0.0;
  const int segment_steps = options.segment_steps == 0 ? options.backup_steps : options.segment_steps;
  std::vector<SampledStep> segment;
  int state = -1;  // −1 between episodes.
  std::int64_t done = 0;
  while (done < options.steps) {
    const double temperature = options.temperature.at(done);
    segment.clear();
    while (static_cast<int>(segment.size()) < segment_steps && done < options.steps) {
      if (state < 0) {
        state = result.episodes == 0 ? environment.reset(options.seed) : environment.reset();
        ++result.episodes;
      }
      const auto choice = actor.choose(state, temperature, options.exploration.at(done));
      const Step<int> step = environment.step(choice.action);
      ++done;
      check_finite("reward of the environment", step.reward);
      segment.push_back({.transition = {.observation = state,
                                        .action = choice.action,
                                        .reward = step.reward,
                                        .next_observation = step.observation,
                                        .terminated = step.terminated,
                                        .truncated = step.truncated},
                         .exploratory = choice.exploratory});
      state = step.terminated || step.truncated ? -1 : step.observation;
      if (state < 0) break;
    }
    const auto targets = soft_q_targets(segment, q, options.log_weights,
                                        {.discount = options.discount,
                                         .temperature = temperature,
                                         .steps = options.backup_steps,
                                         .lambda = options.lambda});
    for (std::size_t t = 0; t < segment.size(); ++t) {
      const auto& step = segment[t].transition;
      double& value = q(step.observation, step.action);
      const double difference = targets[t] - value;
      value += options.step_size.at(result.updates(step.observation, step.action)++) * difference;
      residuals += std::abs(difference);
      ++updates;
    }
    if (options.progress && (done >= next_report || done == options.steps)) {
      const std::array measurements{Measurement{"residual", residuals / static_cast<double>(updates)}};
      options.progress({.done = done, .limit = options.steps, .measurements = measurements});
      next_report = done + report_interval;
      residuals = 0.0;
      updates = 0;
    }
  }

  const double temperature = options.temperature.at(done);
  for (int s = 0; s < states; ++s) {
    const std::span policy(result.policy.data() + s * actions, static_cast<std::size_t>(actions));
    result.values(s) = boltzmann_policy(row_of(q, s), temperature, row_of(options.log_weights, s), policy);
  }
  return result;
}

DenseTable dense_log_weights(const Mdp& mdp, const BaseMeasure& measure) {
  check_base_measure(mdp, measure);
  const Eigen::VectorXd counting = Eigen::VectorXd::Zero(mdp.pairs());
  return to_dense(mdp, measure.log_weights.size() == 0 ? counting : measure.log_weights, -infinity);
}

}  // namespace softrl::tabular
