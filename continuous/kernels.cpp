#include "continuous/kernels.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "softrl/check.hpp"

namespace softrl::continuous {
namespace {

constexpr double sql_code_floor = 1e-3;

}  // namespace

torch::Tensor squared_distances(const torch::Tensor& x, const torch::Tensor& y) {
  // Differences, not |x|² + |y|² − 2 x·y, which loses all digits for particles that are close.
  return (x.unsqueeze(2) - y.unsqueeze(1)).square_().sum(-1);
}

torch::Tensor bandwidth(const torch::Tensor& squared_distances, BandwidthRule rule, double floor) {
  check_positive("bandwidth_floor", floor);
  const auto particles = static_cast<double>(squared_distances.size(1));
  const torch::Tensor median = std::get<0>(squared_distances.flatten(1).median(-1)).view({-1, 1, 1});
  switch (rule) {
    case BandwidthRule::MedianSqOverLogN1:
      return (median / std::log(particles + 1.0)).clamp_min_(floor);
    case BandwidthRule::SqlCode:
      check_count("fixed_particles (with bandwidth sql_code)", squared_distances.size(1), 2);
      return (median / std::log(particles)).clamp_min_(std::max(floor, sql_code_floor));
    case BandwidthRule::SqlPaper:
      return (median.sqrt() / (2.0 * std::log(particles + 1.0))).clamp_min_(floor);
  }
  throw std::invalid_argument("bandwidth rule");
}

}  // namespace softrl::continuous
