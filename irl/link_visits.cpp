#include "irl/link_visits.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

namespace softrl::irl {
namespace {

// exp of it is 0 to double precision; a path sum takes no −∞.
constexpr double never = -1e4;

[[noreturn]] void refuse(PathSumStatus status) {
  throw std::invalid_argument(fmt::format("routes cannot be told to end: {}", describe(status)));
}

}  // namespace

LinkVisits::LinkVisits(const RoadNetwork& network)
    : path_sum_(network, std::vector<bool>(network.links.size(), true), PathSolver::Direct) {}

void LinkVisits::set_policy(const RoutePolicy& policy) {
  std::vector<bool> closed(path_sum_.network().links.size());
  for (std::size_t k = 0; k < closed.size(); ++k) closed[k] = !policy.reaches_from(static_cast<int>(k));
  const PathSumStatus status = path_sum_.set_utilities(policy.move_log_probs().cwiseMax(never), closed);
  if (status != PathSumStatus::Finite) refuse(status);
}

Eigen::MatrixXd LinkVisits::expected_visits(const Eigen::MatrixXd& starts) const {
  Eigen::MatrixXd visits(starts.rows(), starts.cols());
  WideBlock block = path_sum_.zero_block();
  for (Eigen::Index first = 0; first < starts.cols(); first += WideBlock::columns) {
    const int count = static_cast<int>(std::min<Eigen::Index>(WideBlock::columns, starts.cols() - first));
    block.clear();
    for (int k = 0; k < block.rows(); ++k)
      for (int c = 0; c < count; ++c) block.set(path_sum_.row(k), c, Wide::of(starts(k, first + c)));
    if (!path_sum_.solve_transposed(block)) refuse(PathSumStatus::Inaccurate);
    for (int k = 0; k < block.rows(); ++k)
      for (int c = 0; c < count; ++c) visits(k, first + c) = to_double(block.get(path_sum_.row(k), c));
  }
  return visits;
}

Eigen::MatrixXd LinkVisits::passing(const std::vector<int>& links) const {
  Eigen::MatrixXd result(path_sum_.network().link_count(), static_cast<Eigen::Index>(links.size()));
  WideBlock block = path_sum_.zero_block();
  for (std::size_t first = 0; first < links.size(); first += WideBlock::columns) {
    const int count = static_cast<int>(std::min<std::size_t>(WideBlock::columns, links.size() - first));
    block.clear();
    for (int c = 0; c < count; ++c) block.set(path_sum_.row(links[first + c]), c, Wide::of(1.0));
    if (!path_sum_.solve(block)) refuse(PathSumStatus::Inaccurate);
    for (int c = 0; c < count; ++c) {
      const Wide returns = block.get(path_sum_.row(links[first + c]), c);
      for (int k = 0; k < block.rows(); ++k)
        result(k, static_cast<Eigen::Index>(first) + c) =
            std::min(1.0, to_double(block.get(path_sum_.row(k), c) / returns));
    }
  }
  return result;
}

}  // namespace softrl::irl
