#include "continuous/custom_environments.hpp"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "softrl/check.hpp"

namespace softrl::continuous {
namespace {

BoxSpace box_of(const Space& space, const char* what) {
  const auto* box = std::get_if<BoxSpace>(&space);
  if (box == nullptr) throw std::invalid_argument(fmt::format("the {} space must be a box", what));
  return *box;
}

bool same(const BoxSpace& a, const BoxSpace& b) {
  return a.low.size() == b.low.size() && a.low == b.low && a.high == b.high;
}

// A number that is not finite, by its name.
void check_number(const std::string& name, double value) {
  if (!std::isfinite(value)) throw CustomEnvironment::BadOutcome(fmt::format("{} must be finite, got {}", name, value));
}

void check_observation(const Eigen::VectorXd& observation, Eigen::Index size) {
  if (observation.size() != size)
    throw CustomEnvironment::BadOutcome(
        fmt::format("the observation must have {} entries, got {}", size, observation.size()));
  for (Eigen::Index k = 0; k < size; ++k) check_number(fmt::format("observation[{}]", k), observation(k));
}

}  // namespace

CustomEnvironments::CustomEnvironments(std::string name, CustomList environments)
    : name_(std::move(name)), environments_(std::move(environments)), steps_(environments_.size(), 0) {
  check_count("environments", static_cast<std::int64_t>(environments_.size()), 1);
  observation_box_ = box_of(environments_.front()->observation_space(), "observation");
  action_box_ = box_of(environments_.front()->action_space(), "action");
  for (Eigen::Index j = 0; j < action_box_.low.size(); ++j)
    if (!std::isfinite(action_box_.low(j)) || !std::isfinite(action_box_.high(j)) ||
        !(action_box_.low(j) < action_box_.high(j)))
      throw std::invalid_argument(fmt::format("{}: the action space must have finite bounds, got [{}, {}] in entry {}",
                                              name_, action_box_.low(j), action_box_.high(j), j));
  for (std::size_t i = 1; i < environments_.size(); ++i) {
    if (!same(box_of(environments_[i]->observation_space(), "observation"), observation_box_))
      throw std::invalid_argument(fmt::format("{}: environment {} has another observation space", name_, i));
    if (!same(box_of(environments_[i]->action_space(), "action"), action_box_))
      throw std::invalid_argument(fmt::format("{}: environment {} has another action space", name_, i));
  }
  step_ = VectorStep::zero(copies(), observation_box_.low.size(), 0);
}

void CustomEnvironments::start(std::size_t i, std::optional<std::uint64_t> seed) {
  try {
    const Eigen::VectorXd observation = environments_[i]->reset(seed);
    check_observation(observation, observation_box_.low.size());
    step_.observations.row(static_cast<Eigen::Index>(i)) = observation.transpose();
  } catch (const CustomEnvironment::BadOutcome& error) {
    throw std::invalid_argument(
        fmt::format("{}: environment {}, start of an episode after step {}: {}", name_, i, steps_[i], error.what()));
  }
}

const RowMatrix& CustomEnvironments::reset(std::uint64_t seed) {
  for (std::size_t i = 0; i < environments_.size(); ++i) start(i, (seed >> 33) + i);
  return step_.observations;
}

const VectorStep& CustomEnvironments::step(const Eigen::Ref<const RowMatrix>& actions) {
  check_size("rows of actions", actions.rows(), copies());
  check_size("action", actions.cols(), action_box_.low.size());
  for (std::size_t i = 0; i < environments_.size(); ++i) {
    const auto row = static_cast<Eigen::Index>(i);
    // The bounds of a box are hit exactly, whatever rounding makes of centre and width.
    const Eigen::VectorXd action = actions.row(row).transpose().cwiseMax(action_box_.low).cwiseMin(action_box_.high);
    ++steps_[i];
    try {
      const auto outcome = environments_[i]->step(action);
      check_observation(outcome.observation, observation_box_.low.size());
      check_number("the reward", outcome.reward);
      step_.next_observations.row(row) = outcome.observation.transpose();
      step_.rewards(row) = outcome.reward;
      step_.terminated(row) = outcome.terminated;
      step_.truncated(row) = outcome.truncated;
    } catch (const CustomEnvironment::BadOutcome& error) {
      throw std::invalid_argument(fmt::format("{}: environment {}, step {}: {}", name_, i, steps_[i], error.what()));
    }
    if (step_.terminated(row) || step_.truncated(row))
      start(i, std::nullopt);
    else
      step_.observations.row(row) = step_.next_observations.row(row);
  }
  return step_;
}

Environments::Snapshot CustomEnvironments::snapshot() const {
  Snapshot snapshot{.copies = {}, .observations = step_.observations};
  for (std::size_t i = 0; i < environments_.size(); ++i) {
    const std::optional<std::string> saved = environments_[i]->save();
    snapshot.copies.push_back(
        {.state = {}, .elapsed = steps_[i], .running = saved.has_value(), .random = saved.value_or("")});
  }
  return snapshot;
}

void CustomEnvironments::restore(const Snapshot& snapshot) {
  check_size("snapshot", static_cast<std::int64_t>(snapshot.copies.size()), copies());
  check_size("observations of a snapshot", snapshot.observations.size(), step_.observations.size());
  for (std::size_t i = 0; i < environments_.size(); ++i) {
    const auto row = static_cast<Eigen::Index>(i);
    steps_[i] = snapshot.copies[i].elapsed;
    if (!snapshot.copies[i].running) continue;
    environments_[i]->load(snapshot.copies[i].random);
    step_.observations.row(row) = snapshot.observations.row(row);
  }
}

}  // namespace softrl::continuous
