#include "irl/path_sum.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include "softrl/check.hpp"

namespace softrl::irl {
namespace {

constexpr double largest_exponent = 700.0;  // exp(709.8) is the largest double
constexpr double residual_tolerance = 1e-9;

// The places of I − M, row by row, columns in increasing order.
struct Places {
  std::vector<int> row_start{0}, column, place_of_move, diagonal;
};

Places places(const RoadNetwork& network, const std::vector<bool>& relevant) {
  Places result;
  result.place_of_move.assign(network.to.size(), -1);
  const auto append = [&](int column) {
    result.column.push_back(column);
    return static_cast<int>(result.column.size()) - 1;
  };
  for (int k = 0; k < network.link_count(); ++k) {
    int diagonal = -1;
    for (int m = network.first_move[k]; m < network.first_move[k + 1]; ++m) {
      const int a = network.to[m];
      if (a >= k && diagonal < 0) diagonal = append(k);
      if (relevant[k] && relevant[a]) result.place_of_move[m] = a == k ? diagonal : append(a);
    }
    result.diagonal.push_back(diagonal < 0 ? append(k) : diagonal);
    result.row_start.push_back(static_cast<int>(result.column.size()));
  }
  return result;
}

}  // namespace

std::string_view describe(PathSumStatus status) {
  switch (status) {
    case PathSumStatus::Finite:
      return "the sum over paths is finite";
    case PathSumStatus::Divergent:
      return "the sum over paths diverges";
    case PathSumStatus::OutOfRange:
      return "a sum over paths is outside the range of double precision";
    case PathSumStatus::Inaccurate:
      return "a sum over paths cannot be computed accurately";
  }
  return "";
}

PathSum::PathSum(const RoadNetwork& network, std::vector<bool> relevant)
    : network_(&network), relevant_(std::move(relevant)), lu_([&] {
        Places found = places(network, relevant_);
        place_ = std::move(found.place_of_move);
        diagonal_ = std::move(found.diagonal);
        return SparseLu(std::move(found.row_start), std::move(found.column));
      }()) {}

PathSumStatus PathSum::set_weights(const Eigen::VectorXd& weights, const std::vector<bool>& closed,
                                   const Eigen::VectorXd& best) {
  check_size("weights", weights.size(), network_->feature_count());
  for (const double weight : weights) check_finite("weight", weight);
  const Eigen::VectorXd utility = network_->attributes * weights;
  move_weights_.assign(network_->to.size(), 0.0);
  closed_ = closed;
  in_range_ = utility.allFinite();
  std::vector<double> values(network_->links.size() + network_->to.size(), 0.0);
  for (int m = 0; m < network_->move_count(); ++m) {
    const int from = network_->from[m], to = network_->to[m];
    if (place_[m] < 0 || (!closed.empty() && closed[from])) continue;
    const double exponent = best.size() == 0 ? utility(m) : utility(m) + best(to) - best(from);
    in_range_ = in_range_ && exponent <= largest_exponent;
    move_weights_[m] = std::exp(exponent);
    values[place_[m]] = -move_weights_[m];
  }
  if (!in_range_) return PathSumStatus::OutOfRange;
  for (const int p : diagonal_) values[p] += 1.0;
  if (!lu_.factorise(values)) return PathSumStatus::Divergent;

  Eigen::MatrixXd w = Eigen::MatrixXd::Ones(network_->link_count(), 1);
  lu_.solve(w);
  for (int k = 0; k < network_->link_count(); ++k) {
    double product = 0.0;
    for (int m = network_->first_move[k]; m < network_->first_move[k + 1]; ++m)
      product += move_weights_[m] * w(network_->to[m]);
    if (std::isinf(w(k))) return PathSumStatus::OutOfRange;
    if (!(w(k) > 0.0)) return PathSumStatus::Divergent;
    // w = 1 + M w, but rounding may swallow the 1.
    if (!(product < w(k))) return w(k) > 1e15 ? PathSumStatus::Inaccurate : PathSumStatus::Divergent;
  }
  return PathSumStatus::Finite;
}

SpectralRadius PathSum::radius(const SpectralRadiusOptions& options) const {
  if (!in_range_) {
    return {.status = Status::Stalled, .lower = 0.0, .upper = std::numeric_limits<double>::infinity()};
  }
  std::vector<bool> on_cycles = relevant_;
  for (std::size_t k = 0; k < closed_.size(); ++k) on_cycles[k] = on_cycles[k] && !closed_[k];
  return spectral_radius(*network_, on_cycles, move_weights_, options);
}

bool PathSum::solve(Eigen::MatrixXd& b) const {
  const Eigen::MatrixXd right_hand_side = b;
  lu_.solve(b);
  return small_residual(b, right_hand_side, right_hand_side, false);
}

bool PathSum::solve(Eigen::MatrixXd& b, const Eigen::MatrixXd& size) const {
  const Eigen::MatrixXd right_hand_side = b;
  lu_.solve(b);
  return small_residual(b, right_hand_side, size, false);
}

bool PathSum::solve_transposed(Eigen::MatrixXd& b) const {
  const Eigen::MatrixXd right_hand_side = b;
  lu_.solve_transposed(b);
  return small_residual(b, right_hand_side, right_hand_side, true);
}

bool PathSum::small_residual(const Eigen::MatrixXd& x, const Eigen::MatrixXd& b, const Eigen::MatrixXd& size,
                             bool transposed) const {
  const std::vector<int>& row = transposed ? network_->to : network_->from;
  const std::vector<int>& column = transposed ? network_->from : network_->to;
  Eigen::VectorXd product(x.rows()), terms(x.rows());
  for (Eigen::Index c = 0; c < x.cols(); ++c) {
    product.setZero();
    // Entries near the smallest doubles (2e-308) have no relative accuracy; nothing that is used is that small.
    terms = (x.col(c).array().abs() + size.col(c).array().abs() + 1e-290).matrix();
    for (int m = 0; m < network_->move_count(); ++m) {
      const double term = move_weights_[m] * x(column[m], c);
      product(row[m]) += term;
      terms(row[m]) += std::abs(term);
    }
    const auto residual = (x.col(c) - product - b.col(c)).array().abs();
    if (!(residual <= residual_tolerance * terms.array()).all()) return false;
  }
  return true;
}

Eigen::MatrixXd ending_links(const RouteData& data, const std::vector<int>& destinations) {
  Eigen::MatrixXd b = Eigen::MatrixXd::Zero(data.network.link_count(), static_cast<Eigen::Index>(destinations.size()));
  for (std::size_t c = 0; c < destinations.size(); ++c)
    for (const int link : data.destinations[destinations[c]].links) b(link, static_cast<Eigen::Index>(c)) = 1.0;
  return b;
}

}  // namespace softrl::irl
