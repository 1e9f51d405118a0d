#include "irl/wide_range.hpp"

#include <limits>
#include <numbers>

namespace softrl::irl {
namespace {

// log 2²⁵⁶ in two parts, the first of so few digits that its products by exponents are exact.
constexpr double log_base_high = 256.0 * 0x1.62e42fee00000p-1, log_base_low = 256.0 * 0x1.a39ef35793c76p-33;

}  // namespace

Wide wide_exp(double x) {
  const double e = std::nearbyint(x / (log_base_high + log_base_low));
  return Wide::of(std::exp((x - e * log_base_high) - e * log_base_low), static_cast<int>(e));
}

double log_abs(const Wide& x) {
  if (x.mantissa == 0.0) return -std::numeric_limits<double>::infinity();
  return std::log(std::abs(x.mantissa)) + x.exponent * log_base_low + x.exponent * log_base_high;
}

double to_double(const Wide& x) {
  if (x.exponent > 4 || x.exponent < -5)
    return x.exponent > 4 ? std::copysign(std::numeric_limits<double>::infinity(), x.mantissa) : 0.0 * x.mantissa;
  return std::ldexp(x.mantissa, Wide::step * x.exponent);
}

}  // namespace softrl::irl
