// Numbers beyond the range of double precision, as sums over long paths are: m · 2^(256 e).
//
// A mantissa m is 0 or 2⁻¹²⁸ ≤ |m| < 2¹²⁸. Scaling by powers of two is exact, so that products and sums are as accurate
// as with doubles. Exponents stay below 2²⁸ in size (some 10¹⁰ nats); whoever multiplies many numbers sees to that.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>

namespace softrl::irl {

struct Wide {
  static constexpr int step = 256;            // log₂ of the base
  static constexpr int nothing = -(1 << 29);  // the exponent of 0, below all others
  static constexpr int largest_exponent = 1 << 28;

  double mantissa = 0.0;
  int exponent = nothing;

  // m · 2^(256 e) for any m; one that is not finite stays as it is.
  static Wide of(double m, int e = 0) {
    if (m == 0.0) return {};
    if (!std::isfinite(m)) return {m, e};
    for (; std::abs(m) >= 0x1p128; ++e) m *= 0x1p-256;
    for (; std::abs(m) < 0x1p-128; --e) m *= 0x1p256;
    return {m, e};
  }

  // 2^(−256 d), d ≥ 0; 0 where a mantissa, or a product of two, is then negligible beside others.
  static double scale(int d) {
    return d > 3 ? 0.0 : std::bit_cast<double>(static_cast<std::uint64_t>(1023 - step * d) << 52);
  }
};

inline Wide operator*(const Wide& a, const Wide& b) {
  return Wide::of(a.mantissa * b.mantissa, a.exponent + b.exponent);
}
// b is not 0.
inline Wide operator/(const Wide& a, const Wide& b) {
  return Wide::of(a.mantissa / b.mantissa, a.exponent - b.exponent);
}
inline Wide operator+(const Wide& a, const Wide& b) {
  if (a.exponent < b.exponent) return b + a;
  return Wide::of(a.mantissa + b.mantissa * Wide::scale(a.exponent - b.exponent), a.exponent);
}
inline Wide operator-(const Wide& a) { return {-a.mantissa, a.exponent}; }
inline Wide operator-(const Wide& a, const Wide& b) { return a + -b; }
inline bool operator<(const Wide& a, const Wide& b) { return (a - b).mantissa < 0.0; }

// e^x, |x| ≤ 10⁹, to the relative accuracy that rounding x leaves.
Wide wide_exp(double x);

// log |x|; −∞ for 0.
double log_abs(const Wide& x);

// The nearest double: 0 or ±∞ where x is out of its range.
double to_double(const Wide& x);

}  // namespace softrl::irl
