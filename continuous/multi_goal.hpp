// The multi-goal task: a point in the plane and four goals around it, alike to the first step. A policy that knows
// only one way is half right; the maximum-entropy policy goes to all four (docs/math.md 5).
//
//     s' = clip(s + a)         s in [−7, 7]², a in [−1, 1]² (clipped)
//     r  = −30 |a|² − f(s'),   and +10 with termination where min_g |s' − g| < 1
//
// In two variants:
//     multi_goal           f(s) = min_g |s − g|²                                 Haarnoja et al.'s public code of 2017
//     multi_goal_mixture   f(s) = 25 (1 − Σ_g exp(−|s − g|² / (2 · 2²)))         a mixture of Gaussians, as in their
//     text,
// whose height and width are not published: ours make the origin cost about as much as in the other variant (20.6 and
// 25), and the height is a cost taken off rather than a reward, so that ending in a goal is better than waiting beside
// it.
#pragma once
#include <array>
#include <memory>

#include <Eigen/Core>

#include "continuous/task.hpp"

namespace softrl::continuous {

enum class MultiGoalReward { Distance, Mixture };

class MultiGoal : public TaskBody {
 public:
  static constexpr double bound = 7.0;
  static constexpr double goal_radius = 1.0;

  static const std::array<Eigen::Vector2d, 4>& goals();  // (5,0), (−5,0), (0,5), (0,−5)

  // The goal whose disc holds `position`, or −1.
  static int goal_at(const Eigen::Vector2d& position);

  // The deterministic law of motion, for the exact engine as well as for the task.
  struct Outcome {
    Eigen::Vector2d position;
    double reward;
    bool terminated;
  };
  static Outcome move(const Eigen::Vector2d& position, const Eigen::Vector2d& action,
                      MultiGoalReward reward = MultiGoalReward::Distance);

  explicit MultiGoal(MultiGoalReward reward) : reward_(reward) {}
  std::unique_ptr<TaskBody> clone() const override { return std::make_unique<MultiGoal>(*this); }
  BoxSpace observation_box() const override;
  BoxSpace action_box() const override;
  int state_size() const override { return 2; }
  void start(Random& random) override;  // N(0, 0.1² I)
  void start_from(const Eigen::VectorXd& state) override;
  TaskBody::Outcome advance(const ConstVectorRef& action, std::span<double> info, Random& random) override;
  void observe(VectorRef observation) const override { observation = position_; }
  Eigen::VectorXd state() const override { return position_; }

 private:
  MultiGoalReward reward_;
  Eigen::Vector2d position_ = Eigen::Vector2d::Zero();
};

std::unique_ptr<TaskBody> multi_goal();
std::unique_ptr<TaskBody> multi_goal_mixture();

}  // namespace softrl::continuous
