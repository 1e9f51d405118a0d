#include "irl/spectral_radius.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "irl/sparse_lu.hpp"
#include "softrl/check.hpp"

namespace softrl::irl {
namespace {

// The moves within one strongly connected component that has a cycle.
struct Component {
  std::vector<int> links;
  SparseRows rows;
  std::vector<Wide> weights;  // by place
};

std::vector<Component> components(const RoadNetwork& network, const std::vector<bool>& relevant,
                                  const WideValues& move_weights) {
  const std::vector<int> label = strong_components(network, relevant);
  std::vector<std::vector<int>> members;
  std::vector<int> local(label.size(), -1);
  for (std::size_t k = 0; k < label.size(); ++k) {
    if (label[k] < 0) continue;
    if (label[k] >= static_cast<int>(members.size())) members.resize(label[k] + 1);
    local[k] = static_cast<int>(members[label[k]].size());
    members[label[k]].push_back(static_cast<int>(k));
  }
  std::vector<Component> result;
  for (const std::vector<int>& links : members) {
    Component component;
    component.links = links;
    for (const int k : links) {
      for (int m = network.first_move[k]; m < network.first_move[k + 1]; ++m) {
        if (label[network.to[m]] != label[k]) continue;
        component.rows.column.push_back(local[network.to[m]]);
        component.weights.push_back(move_weights.get(m));
      }
      component.rows.start.push_back(component.rows.places());
    }
    if (component.rows.places() > 0) result.push_back(std::move(component));  // a move within one lies on a cycle
  }
  return result;
}

// The rows of the cycle with the greatest mean of log(weight), among those that end the ways along `next` [n].
std::vector<int> heaviest_cycle(const std::vector<int>& next, const std::vector<double>& log_weight) {
  const int n = static_cast<int>(next.size());
  std::vector<int> way(n, -1);  // on which a row was met first
  std::vector<int> best;
  double best_mean = 0.0;
  for (int start = 0; start < n; ++start) {
    int i = start;
    for (; way[i] < 0; i = next[i]) way[i] = start;
    if (way[i] != start) continue;
    std::vector<int> cycle;
    double sum = 0.0;
    do {
      cycle.push_back(i);
      sum += log_weight[i];
      i = next[i];
    } while (i != cycle.front());
    const double mean = sum / static_cast<double>(cycle.size());
    if (!best.empty() && mean <= best_mean) continue;
    best = std::move(cycle);
    best_mean = mean;
  }
  return best;
}

SpectralRadius noda_iteration(const Component& component, const SpectralRadiusOptions& options) {
  SparseLu lu(std::make_shared<const LuPattern>(lu_pattern(component.rows)));
  const auto [rows, source] = in_order(component.rows, *lu.pattern());
  const int n = rows.rows();
  const auto weight = [&](int place) -> const Wide& { return component.weights[source[place]]; };
  WideValues values(rows.places());
  const auto factorise = [&](const Wide& shift) {  // I − M / shift
    for (int p = 0; p < rows.places(); ++p) values.set(p, weight(p) / shift);
    return lu.factorise(rows, values);
  };

  Wide lower, upper, floor;  // no shift at or below `floor` has positive pivots
  Status status = Status::IterationLimit;
  WideBlock x(n);
  for (int i = 0; i < n; ++i) x.set(i, 0, Wide::of(1.0));
  for (int iteration = 1; iteration <= options.max_iterations; ++iteration) {
    Wide least, greatest;
    for (int i = 0; i < n; ++i) {
      Wide product;
      for (int p = rows.start[i]; p < rows.start[i + 1]; ++p) product = product + weight(p) * x.get(rows.column[p], 0);
      const Wide ratio = product / x.get(i, 0);
      if (i == 0 || ratio < least) least = ratio;
      if (i == 0 || greatest < ratio) greatest = ratio;
    }
    if (iteration == 1 || lower < least) lower = least;
    if (iteration == 1 || greatest < upper) upper = greatest;
    if (floor < lower) floor = lower;
    if (!(Wide::of(options.tolerance) * upper < upper - lower)) {
      status = Status::Converged;
      break;
    }
    if (iteration == options.max_iterations) break;
    if (floor.mantissa != 0.0 && Wide::of(2.0) * floor < upper) {
      // Noda's shift would only halve the bound each time.
      const Wide middle = wide_exp(0.5 * (log_abs(floor) + log_abs(upper)));
      if (!factorise(middle)) {
        floor = middle;
        continue;
      }
    } else if (!factorise(upper) && !factorise(upper + (upper - lower))) {
      // Close to the radius rounding may forbid the upper bound itself as the shift; a little above will do, more
      // slowly; here not even that.
      status = Status::Stalled;
      break;
    }
    lu.solve(x);
  }

  std::vector<int> next(n);
  std::vector<double> log_weight(n);
  for (int i = 0; i < n; ++i) {
    Wide greatest;
    for (int p = rows.start[i]; p < rows.start[i + 1]; ++p) {
      const Wide value = weight(p) * x.get(rows.column[p], 0);
      if (p > rows.start[i] && !(greatest < value)) continue;
      greatest = value;
      next[i] = rows.column[p];
      log_weight[i] = log_abs(weight(p));
    }
  }
  SpectralRadius result{.status = status, .lower = to_double(lower), .upper = to_double(upper), .region = n};
  for (const int i : heaviest_cycle(next, log_weight)) result.cycle.push_back(component.links[lu.pattern()->order[i]]);
  return result;
}

}  // namespace

SpectralRadius spectral_radius(const RoadNetwork& network, const std::vector<bool>& relevant,
                               const WideValues& move_weights, const SpectralRadiusOptions& options) {
  check_at_least("tolerance", options.tolerance, 0.0);
  check_count("max_iterations", options.max_iterations, 1);
  check_size("move_weights", static_cast<std::int64_t>(move_weights.mantissa.size()), network.move_count());
  SpectralRadius result{.status = Status::Converged, .lower = 0.0, .upper = 0.0};
  for (const Component& component : components(network, relevant, move_weights)) {
    const SpectralRadius part = noda_iteration(component, options);
    result.lower = std::max(result.lower, part.lower);
    if (result.cycle.empty() || part.upper > result.upper) {
      result.region = part.region;
      result.cycle = part.cycle;
    }
    result.upper = std::max(result.upper, part.upper);
    if (part.status != Status::Converged) result.status = part.status;
  }
  return result;
}

std::string describe_bounds(const SpectralRadius& radius, const RoadNetwork& network) {
  if (std::isinf(radius.upper)) return "";
  return fmt::format(": the spectral radius is between {:.9g} and {:.9g}, and must be below 1{}", radius.lower,
                     radius.upper, describe_region(radius, network));
}

std::string describe_region(const SpectralRadius& radius, const RoadNetwork& network) {
  if (radius.cycle.empty()) return "";
  constexpr std::size_t shown = 8;
  std::string text = "; detours are cheapest round ";
  for (std::size_t i = 0; i < std::min(shown, radius.cycle.size()); ++i) text += network.links[radius.cycle[i]] + " → ";
  if (radius.cycle.size() > shown) text += fmt::format("… ({} links) → ", radius.cycle.size());
  return text + fmt::format("{}, in a region of {} links", network.links[radius.cycle.front()], radius.region);
}

}  // namespace softrl::irl
