#include "irl/nested_radius.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "softrl/check.hpp"

namespace softrl::irl {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

constexpr double discount = 0.999;

struct Component {
  std::vector<int> links = {};
  bool has_cycle = false;
  double lower = -infinity, upper = infinity;  // of λ
};

}  // namespace

// Only the first of the lanes is used. Steps are Newton's, first for the values V of discounted trips, V = T_C(γV),
// which there always are: γV has nearly the shape that is looked for, and from it policies are as good as the best.
//
// Then for λ itself: to be in a component for ever is to come back to one of its links; take the one that is visited
// most, for accuracy. With P̃ the moves that do not enter it, x = (I − P̃)⁻¹ r is what the residual r adds up to before
// the next visit and h = (I − P̃)⁻¹ 1 the number of moves, so that the policy grows by λ = x / h per move seen from that
// link, and V + x − λ h is what it gains relative to that.
SpectralRadius nested_radius(const RoadNetwork& network, std::shared_ptr<const LuPattern> pattern,
                             const NestedUtilities& utilities, const std::vector<bool>& matter,
                             const SpectralRadiusOptions& options) {
  check_at_least("tolerance", options.tolerance, 0.0);
  check_count("max_iterations", options.max_iterations, 1);
  const auto links = static_cast<std::size_t>(network.link_count());
  const std::vector<int> label = strong_components(network, matter);
  std::vector<Component> components;
  for (std::size_t k = 0; k < links; ++k) {
    if (label[k] < 0) continue;
    if (label[k] >= static_cast<int>(components.size())) components.resize(label[k] + 1);
    components[label[k]].links.push_back(static_cast<int>(k));
  }
  NestedUtilities inner = utilities;
  for (int m = 0; m < network.move_count(); ++m) {
    const int of = label[network.from[m]];
    if (of >= 0 && of == label[network.to[m]]) {
      components[of].has_cycle = true;  // a move within a strong component lies on a cycle
    } else {
      inner.moves(m) = -infinity;
    }
  }
  std::erase_if(components, [](const Component& component) { return !component.has_cycle; });
  if (components.empty()) return {.status = Status::Converged, .lower = 0.0, .upper = 0.0};

  NestedProblem problem{.network = &network,
                        .choice = std::vector<std::uint8_t>(links, 0),
                        .ending = std::vector<std::uint8_t>(links, 0),
                        .fixed = {}};
  Lanes values(links);
  for (Lane& value : values) value.fill(-infinity);
  for (const Component& component : components)
    for (const int k : component.links) {
      problem.choice[k] = 1;
      values[k][0] = 0.0;
    }
  LaneLu lu(std::move(pattern));
  const SparseRows rows = rows_of(network);
  Lanes policy(network.to.size()), residual(links), gains, moves, visits;
  std::vector<int> returns(components.size());  // the link to come back to
  Lanes rest(policy.size());
  const auto leave_out_returns = [&] {
    std::vector<bool> is_return(links, false);
    for (const int k : returns) is_return[k] = true;
    rest = policy;
    for (int m = 0; m < network.move_count(); ++m)
      if (is_return[network.to[m]]) rest[m][0] = 0.0;
    return lu.factorise(rows, rest) == 0;
  };

  SpectralRadius result{.status = Status::IterationLimit, .lower = 0.0, .upper = infinity};
  bool discounted = true;
  for (int iteration = 1; iteration <= options.max_iterations; ++iteration) {
    nested_backup(problem, inner, values, policy, residual);
    bool closed = true;
    double lower = -infinity, upper = -infinity;
    for (Component& component : components) {
      double least = infinity, greatest = -infinity;
      for (const int k : component.links) {
        least = std::min(least, residual[k][0]);
        greatest = std::max(greatest, residual[k][0]);
      }
      component.lower = std::max(component.lower, least);
      component.upper = std::min(component.upper, greatest);
      closed = closed && component.upper - component.lower <= options.tolerance;
      lower = std::max(lower, component.lower);
      upper = std::max(upper, component.upper);
    }
    result.lower = std::exp(lower);
    result.upper = std::exp(upper);
    if (closed) {
      result.status = Status::Converged;
      break;
    }
    if (iteration == options.max_iterations) break;

    result.status = Status::Stalled;
    for (std::size_t m = 0; m < policy.size(); ++m) rest[m] = {{discount * policy[m][0]}};
    if (lu.factorise(rows, rest) != 0) break;
    gains = residual;
    if (discounted) {
      double largest = 0.0;
      for (const Component& component : components)
        for (const int k : component.links) gains[k][0] += values[k][0] * (1.0 - 1.0 / discount);
      lu.solve(gains);
      for (const Component& component : components)
        for (const int k : component.links) {
          values[k][0] += discount * gains[k][0];
          largest = std::max(largest, std::abs(gains[k][0]));
        }
      if (!std::isfinite(largest)) break;
      discounted = largest > 1.0;
      result.status = Status::IterationLimit;
      continue;
    }
    visits.assign(links, {{1.0}});
    lu.solve_transposed(visits);
    for (std::size_t c = 0; c < components.size(); ++c)
      returns[c] = *std::max_element(components[c].links.begin(), components[c].links.end(),
                                     [&](int a, int b) { return visits[a][0] < visits[b][0]; });
    if (!leave_out_returns()) break;
    moves.assign(links, {{1.0}});
    lu.solve(gains);
    lu.solve(moves);
    bool finite = true;
    for (std::size_t c = 0; c < components.size(); ++c) {
      const double growth = gains[returns[c]][0] / moves[returns[c]][0];
      for (const int k : components[c].links) {
        values[k][0] += gains[k][0] - growth * moves[k][0];
        finite = finite && std::isfinite(values[k][0]);
      }
    }
    if (!finite) break;
    result.status = Status::IterationLimit;
  }
  return result;
}

}  // namespace softrl::irl
