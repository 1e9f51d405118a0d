#include "continuous/kernels.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>

#include "softrl/check.hpp"

namespace softrl::continuous {
namespace {

constexpr double sql_code_floor = 1e-3;

// The lower median of n numbers that are not negative; NaN if one of them is. These are ordered as their bits are: the
// median's are found by halving, each time counting the numbers below, which is several times as fast as sorting any.
float lower_median(const float* numbers, std::int64_t n) {
  const auto bits = [&](std::int64_t i) { return std::bit_cast<std::int32_t>(numbers[i]); };
  std::int32_t least = bits(0), greatest = bits(0);
  for (std::int64_t i = 1; i < n; ++i) {
    least = std::min(least, bits(i));
    greatest = std::max(greatest, bits(i));
  }
  if (std::isnan(std::bit_cast<float>(greatest)) || least < 0) return std::numeric_limits<float>::quiet_NaN();
  while (least < greatest) {
    const std::int32_t middle = least + (greatest - least) / 2;
    std::int32_t count = 0;
    for (std::int64_t i = 0; i < n; ++i) count += bits(i) <= middle ? 1 : 0;
    if (2 * count > n - 1) {
      greatest = middle;
    } else {
      least = middle + 1;
    }
  }
  return std::bit_cast<float>(least);
}

// [B, M, N] → [B]
torch::Tensor lower_medians(const torch::Tensor& squared_distances) {
  const torch::Tensor rows = squared_distances.flatten(1).contiguous();
  if (!rows.is_cpu() || rows.scalar_type() != torch::kFloat32) return std::get<0>(rows.median(-1));
  torch::Tensor medians = torch::empty({rows.size(0)}, rows.options());
  for (std::int64_t b = 0; b < rows.size(0); ++b)
    medians.mutable_data_ptr<float>()[b] = lower_median(rows.const_data_ptr<float>() + b * rows.size(1), rows.size(1));
  return medians;
}

}  // namespace

torch::Tensor squared_distances(const torch::Tensor& x, const torch::Tensor& y) {
  // Differences, not |x|² + |y|² − 2 x·y, which loses all digits for particles that are close.
  // Component by component: sums over so short a last dimension are slow.
  torch::Tensor result = torch::zeros({x.size(0), x.size(1), y.size(1)}, x.options());
  for (std::int64_t k = 0; k < x.size(2); ++k) {
    const torch::Tensor difference = x.select(2, k).unsqueeze(2) - y.select(2, k).unsqueeze(1);
    result.addcmul_(difference, difference);
  }
  return result;
}

torch::Tensor bandwidth(const torch::Tensor& squared_distances, BandwidthRule rule, double floor) {
  check_positive("bandwidth_floor", floor);
  const auto particles = static_cast<double>(squared_distances.size(1));
  const torch::Tensor median = lower_medians(squared_distances).view({-1, 1, 1});
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
