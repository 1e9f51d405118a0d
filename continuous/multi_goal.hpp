// The multi-goal task: a point in the plane and four goals around it, alike to the first step. A policy that knows
// only one way is half right; the maximum-entropy policy goes to all four (docs/math.md 5).
//
//     s' = clip(s + a)         s in [−7, 7]², a in [−1, 1]² (clipped)
//     r  = −30 |a|² − min_g |s' − g|²,  and +10 with termination where min_g |s' − g| < 1
#pragma once
#include <array>

#include <Eigen/Core>

#include "continuous/task.hpp"

namespace softrl::continuous {

class MultiGoal : public TaskBody {
 public:
  static constexpr double bound = 7.0;
  static constexpr double goal_radius = 1.0;

  static const std::array<Eigen::Vector2d, 4>& goals();  // (5,0), (−5,0), (0,5), (0,−5)

  // The goal whose disc holds `position`, or −1.
  static int goal_at(const Eigen::Vector2d& position);

  // The deterministic law of motion, for the exact engine as well as for step().
  struct Outcome {
    Eigen::Vector2d position;
    double reward;
    bool terminated;
  };
  static Outcome move(const Eigen::Vector2d& position, const Eigen::Vector2d& action);

  Space observation_space() const override;
  Space action_space() const override;
  Eigen::VectorXd reset(std::optional<std::uint64_t> seed = std::nullopt) override;  // N(0, 0.1² I)
  Step<Eigen::VectorXd> step(const Eigen::VectorXd& action) override;

  Eigen::VectorXd start_from(const Eigen::VectorXd& state) override;
  Eigen::VectorXd save() const override { return position_; }
  void load(const Eigen::VectorXd& saved) override { start_from(saved); }
  Random& random() override { return random_; }
  const Random& random() const override { return random_; }

 private:
  Random random_{0, "multi_goal"};
  Eigen::Vector2d position_ = Eigen::Vector2d::Zero();
};

}  // namespace softrl::continuous
