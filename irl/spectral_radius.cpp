#include "irl/spectral_radius.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "irl/sparse_lu.hpp"
#include "softrl/check.hpp"

namespace softrl::irl {
namespace {

// The moves within one component, row by row; every row has a place for its diagonal.
struct Component {
  std::vector<int> row_start{0}, column;
  std::vector<double> weight;  // M in these places
  std::vector<int> diagonal;   // [n] the place of the diagonal of each row
  bool has_cycle = false;

  int size() const { return static_cast<int>(row_start.size()) - 1; }

  Eigen::VectorXd times(const Eigen::VectorXd& x) const {
    Eigen::VectorXd product = Eigen::VectorXd::Zero(size());
    for (int i = 0; i < size(); ++i)
      for (int p = row_start[i]; p < row_start[i + 1]; ++p) product(i) += weight[p] * x(column[p]);
    return product;
  }

  // σI − M
  std::vector<double> shifted(double sigma) const {
    std::vector<double> values(weight.size());
    std::transform(weight.begin(), weight.end(), values.begin(), [](double w) { return -w; });
    for (const int p : diagonal) values[p] += sigma;
    return values;
  }
};

std::vector<Component> components(const RoadNetwork& network, const std::vector<bool>& relevant,
                                  const std::vector<double>& move_weights) {
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
    for (const int k : links) {
      bool diagonal_done = false;
      const auto place_diagonal = [&] {
        component.diagonal.push_back(static_cast<int>(component.column.size()));
        component.column.push_back(local[k]);
        component.weight.push_back(0.0);
        diagonal_done = true;
      };
      for (int m = network.first_move[k]; m < network.first_move[k + 1]; ++m) {
        const int a = network.to[m];
        if (label[a] != label[k]) continue;
        component.has_cycle = true;  // a move within a strong component lies on a cycle
        if (!diagonal_done && local[a] >= local[k]) place_diagonal();
        if (a == k) {
          component.weight.back() = move_weights[m];
        } else {
          component.column.push_back(local[a]);
          component.weight.push_back(move_weights[m]);
        }
      }
      if (!diagonal_done) place_diagonal();
      component.row_start.push_back(static_cast<int>(component.column.size()));
    }
    if (component.has_cycle) result.push_back(std::move(component));
  }
  return result;
}

SpectralRadius noda_iteration(const Component& component, const SpectralRadiusOptions& options) {
  SpectralRadius best{.status = Status::IterationLimit, .lower = 0.0, .upper = std::numeric_limits<double>::infinity()};
  SparseLu lu(component.row_start, component.column);
  Eigen::MatrixXd x = Eigen::MatrixXd::Ones(component.size(), 1);
  for (int iteration = 1; iteration <= options.max_iterations; ++iteration) {
    const Eigen::ArrayXd ratio = component.times(x.col(0)).array() / x.col(0).array();
    best.lower = std::max(best.lower, ratio.minCoeff());
    best.upper = std::min(best.upper, ratio.maxCoeff());
    if (best.upper - best.lower <= options.tolerance * best.upper) {
      best.status = Status::Converged;
      break;
    }
    if (iteration == options.max_iterations) break;
    // Close to the radius rounding may forbid the upper bound itself as the shift; a little above will do, more slowly.
    if (!lu.factorise(component.shifted(best.upper)) &&
        !lu.factorise(component.shifted(2.0 * best.upper - best.lower))) {
      best.status = Status::Stalled;
      break;
    }
    lu.solve(x);
    // Any positive vector gives valid bounds, so entries that underflow may be lifted.
    x = (x / x.maxCoeff()).cwiseMax(1e-290);
  }
  return best;
}

}  // namespace

SpectralRadius spectral_radius(const RoadNetwork& network, const std::vector<bool>& relevant,
                               const std::vector<double>& move_weights, const SpectralRadiusOptions& options) {
  check_at_least("tolerance", options.tolerance, 0.0);
  check_count("max_iterations", options.max_iterations, 1);
  check_size("move_weights", static_cast<std::int64_t>(move_weights.size()), network.move_count());
  for (const double weight : move_weights) {
    check_finite("move weight", weight);
    check_at_least("move weight", weight, 0.0);
  }
  SpectralRadius result{.status = Status::Converged, .lower = 0.0, .upper = 0.0};
  for (const Component& component : components(network, relevant, move_weights)) {
    const SpectralRadius part = noda_iteration(component, options);
    result.lower = std::max(result.lower, part.lower);
    result.upper = std::max(result.upper, part.upper);
    if (part.status != Status::Converged) result.status = part.status;
  }
  return result;
}

}  // namespace softrl::irl
