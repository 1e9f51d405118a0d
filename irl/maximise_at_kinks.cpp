#include "irl/maximise_at_kinks.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include "irl/bundle_minimum.hpp"
#include "softrl/check.hpp"

namespace softrl::irl {
namespace {

constexpr double sufficient_share = 0.1;  // of the rise that |d| promises
constexpr double shrink = 0.1;
constexpr double rounding = 1.0 + 1e-6;  // slopes just at the radius count
constexpr int most_halvings = 60;
constexpr double infinity = std::numeric_limits<double>::infinity();

struct Slope {
  Eigen::VectorXd at, gradient;  // in the variables of the basis
};

Eigen::VectorXd shortest_combination(const std::vector<Slope>& slopes) {
  double size = 0.0;
  for (const Slope& slope : slopes) size = std::max(size, slope.gradient.norm());
  Eigen::VectorXd result = slopes.front().gradient;
  if (slopes.size() == 1 || size == 0.0) return result;
  std::vector<Cut> cuts;
  for (const Slope& slope : slopes) cuts.push_back({.slope = slope.gradient / size});
  const Eigen::VectorXd shares = minimise_bundle(1.0, cuts, RowMatrix(0, result.size())).shares;
  result.setZero();
  for (std::size_t i = 0; i < slopes.size(); ++i) result += shares(static_cast<Eigen::Index>(i)) * slopes[i].gradient;
  return result;
}

}  // namespace

Maximum maximise_at_kinks(const Objective& objective, const Eigen::VectorXd& start, const Eigen::MatrixXd& basis,
                          const KinkOptions& options) {
  check_positive("tolerance", options.tolerance);
  check_positive("radius", options.radius);
  check_count("max_iterations", options.max_iterations, 1);
  const double least_radius = std::sqrt(2.0 * options.tolerance);
  double radius = std::max(options.radius, least_radius);
  Maximum maximum{
      .weights = start, .iterations = 0, .evaluations = 0, .infeasible_trials = 0, .iteration_limit = false};
  const auto at = [&](const Eigen::VectorXd& x) {
    ++maximum.evaluations;
    auto found = objective(start + basis * x);
    if (found)
      found->gradient = (basis.transpose() * found->gradient).eval();
    else
      ++maximum.infeasible_trials;
    return found;
  };
  Eigen::VectorXd x = Eigen::VectorXd::Zero(basis.cols());
  auto here = at(x);
  if (!here) throw std::invalid_argument("the function must be defined at the start");
  std::vector<Slope> slopes{{.at = x, .gradient = here->gradient}};  // the one at x first
  bool fell_short = false;                                           // of its promise along the last direction
  int iteration = 0;
  for (; iteration < options.max_iterations; ++iteration) {
    std::erase_if(slopes, [&](const Slope& slope) { return (slope.at - x).norm() > rounding * radius; });
    const Eigen::VectorXd d = shortest_combination(slopes);
    const double length = d.norm();
    if (length <= radius) {
      if (radius == least_radius) {
        maximum.remaining_gain = 0.5 * length * length;
        return maximum;
      }
      radius = std::max(shrink * radius, least_radius);
      continue;
    }
    // From Newton's step down to one within the radius, until F rises as it should; after it did not, from there up.
    const double promise = sufficient_share * length * length, least = radius / length;
    const auto rise = [&](const std::optional<ValueAndGradient>& there, double step) {
      return there ? there->value - here->value - step * promise : -infinity;
    };
    double t = fell_short ? least : 1.0;
    auto next = at(x + t * d);
    while (!(rise(next, t) >= 0.0) && t > least) {
      t = std::max(0.5 * t, least);
      next = at(x + t * d);
    }
    while (fell_short && t < 1.0 && rise(next, t) >= 0.0) {
      const double farther = std::min(1.0, 4.0 * t);
      auto there = at(x + farther * d);
      if (!(rise(there, farther) >= 0.0) || there->value < next->value) break;
      t = farther;
      next = std::move(there);
    }
    fell_short = !(rise(next, t) >= 0.0);
    if (!fell_short) {
      x += t * d;
      here = std::move(next);
      slopes.insert(slopes.begin(), {.at = x, .gradient = here->gradient});
      ++maximum.iterations;
      maximum.weights = start + basis * x;
      if (options.progress) options.progress(maximum.iterations, here->value, maximum.weights);
      continue;
    }
    // F falls behind its promise between low and high, so that somewhere there its slope along d is less.
    double low = 0.0, high = t, at_high = rise(next, t);
    int halving = 0;
    while (!(next && next->gradient.dot(d) < promise) && ++halving <= most_halvings) {
      t = 0.5 * (low + high);
      next = at(x + t * d);
      if (rise(next, t) > at_high) {
        low = t;
      } else {
        high = t;
        at_high = rise(next, t);
      }
    }
    if (halving > most_halvings) break;
    slopes.push_back({.at = x + t * d, .gradient = next->gradient});
  }
  maximum.iteration_limit = iteration == options.max_iterations;
  maximum.remaining_gain = 0.5 * here->gradient.squaredNorm();
  return maximum;
}

}  // namespace softrl::irl
