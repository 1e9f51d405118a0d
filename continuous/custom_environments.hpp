// Environments that are not tasks of ours, as a training run steps them: one after the other, since nobody knows what
// they share. What they say is checked before it is learned from.
#pragma once
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "continuous/environments.hpp"

namespace softrl::continuous {

// Spaces are boxes, of actions with finite bounds.
class CustomEnvironment : public ContinuousEnvironment {
 public:
  // What step() and reset() throw, in words, of an outcome that is not even a vector and a number.
  struct BadOutcome : std::invalid_argument {
    using std::invalid_argument::invalid_argument;
  };

  // All that its future depends on, actions apart; nothing if it cannot tell. load() comes after a reset(), and step()
  // then goes on as it would have gone on after save().
  virtual std::optional<std::string> save() const { return std::nullopt; }
  virtual void load(const std::string& /*saved*/) {}
};

using CustomList = std::vector<std::unique_ptr<CustomEnvironment>>;

class CustomEnvironments final : public Environments {
 public:
  // `name` stands for them in messages. Throws std::invalid_argument, naming the space, unless all are boxes, the same
  // for all, those of actions with finite bounds; and if there are no environments.
  CustomEnvironments(std::string name, CustomList environments);

  int copies() const override { return static_cast<int>(environments_.size()); }
  const BoxSpace& observation_box() const override { return observation_box_; }
  const BoxSpace& action_box() const override { return action_box_; }

  // Both throw std::invalid_argument with environment, step, entry and value if an observation or a reward is not
  // finite or an observation has another size. What an environment throws passes unchanged. Seeds of environments are
  // below 2^31, which every generator takes.
  const RowMatrix& reset(std::uint64_t seed) override;
  const VectorStep& step(const Eigen::Ref<const RowMatrix>& actions) override;

  // Of each copy the steps so far (`elapsed`), whether it can save its state (`running`) and that state (`random`).
  Snapshot snapshot() const override;
  void restore(const Snapshot& snapshot) override;
  const VectorStep& last() const override { return step_; }

 private:
  void start(std::size_t i, std::optional<std::uint64_t> seed);

  std::string name_;
  CustomList environments_;
  std::vector<int> steps_;  // Of each so far.
  BoxSpace observation_box_, action_box_;
  VectorStep step_;
};

}  // namespace softrl::continuous
