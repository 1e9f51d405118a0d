// Maximum margin planning (Ratliff, Bagnell and Zinkevich 2006; docs/math.md 4.9): weights under which every observed
// route is the cheapest, by a margin that is the wider the less another route has in common with it.
//
//     R(θ) = λ/2 ‖θ/c‖² + mean over trips of  max_p ( θ · f_p + loss(p) ) − θ · f_trip        over paths p of the
//     trip's ends loss(p) = the share of the trip's distance that p does not drive, its origin link left out;  in [0,
//     1]
//
// c are the weights at which every feature is a cost of about 1 (features.hpp). θ is kept where no move has a positive
// utility, so that there is a cheapest path. The model predicts that path and knows no probabilities.
//
// R is convex. The method is the cutting-plane one (Teo, Vishwanathan, Smola and Le 2010): every pass over the trips
// finds R and a subgradient at θ, whose tangents to the second term bound R from below; the next θ minimises that
// bound.
#pragma once
#include <Eigen/Core>

#include "irl/trips.hpp"
#include "softrl/progress.hpp"
#include "softrl/status.hpp"

namespace softrl::irl {

struct MaxMarginOptions {
  double regularisation = 1e-3;    // λ > 0
  double tolerance = 1e-4;         // > 0: how far above its minimum R may end.
  int max_iterations = 500;        // ≥ 1 passes over the trips.
  ProgressObserver progress = {};  // Told R and its lower bound after every pass. May throw to abort.
};

struct MaxMarginResult {
  Status status;            // Converged: objective − lower_bound ≤ tolerance. Or IterationLimit.
  Eigen::VectorXd weights;  // [K] The best found. θ · f ≤ 0 on every move, but for rounding.
  double objective;         // R at the weights.
  double lower_bound;       // R is nowhere below it.
  double hinge;             // The second term of R: 0 if every trip has its margin.
  int iterations;           // Passes.
};

// `lengths` [L] of the links, in any unit. Throws std::invalid_argument: there are no trips, an option is out of range,
// a length is negative or not finite, or all that a trip enters are 0.
MaxMarginResult fit_max_margin(const RouteData& data, const Eigen::VectorXd& lengths,
                               const MaxMarginOptions& options = {});

// The second term of R and a subgradient of it. Throws as above, and if a move has a positive utility (of more
// than 1e-9).
struct HingeLoss {
  double value;
  Eigen::VectorXd subgradient;  // [K]
};
HingeLoss max_margin_hinge(const RouteData& data, const Eigen::VectorXd& lengths, const Eigen::VectorXd& weights);

}  // namespace softrl::irl
