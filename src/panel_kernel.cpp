// The arithmetic of panel_operators.hpp. Compiled once for every kind of vector instructions (CMakeLists.txt), each
// time into a namespace of its own, SOFTRL_KERNEL; panel_operators.cpp chooses among them.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

namespace softrl::SOFTRL_KERNEL {
namespace {

#if defined(__AVX512F__)
constexpr std::size_t width = 8;
#elif defined(__AVX__)
constexpr std::size_t width = 4;
#else
constexpr std::size_t width = 2;
#endif

// Vectors of the compiler (GCC, Clang): arithmetic works on each entry, and a comparison selects between entries.
using Pack = double __attribute__((vector_size(width * sizeof(double))));
using Bits = std::uint64_t __attribute__((vector_size(width * sizeof(double))));

constexpr std::size_t most_rows = 32;  // largest_panel
constexpr double infinity = std::numeric_limits<double>::infinity();

Pack load(const double* from) {
  Pack result;
  std::memcpy(&result, from, sizeof(Pack));
  return result;
}
void store(double* to, Pack pack) { std::memcpy(to, &pack, sizeof(Pack)); }
Pack all(double x) { return x - Pack{}; }

// Two parts of log 2, of which the first has so few digits that a multiple of it by an exponent is exact.
constexpr double log2_high = 0x1.62e42fee00000p-1, log2_low = 0x1.a39ef35793c76p-33;

// e^x for x ≤ 0, with a relative error of at most 3u (u = 2⁻⁵³); 0 where that is below e^−708; NaN for NaN. With n the
// integer next to x / log 2 and r = x − n log 2, |r| < 0.3466: 2ⁿ times 1 + r + r² p(r), where p interpolates at the
// Chebyshev points of that range, with a relative error of e^r of at most 2e-17.
[[gnu::always_inline]] inline Pack exp_of_negative(Pack x) {
  constexpr double shift = 0x1.8p52;  // Has the integers next to it in its last bits.
  const Pack shifted = x * 0x1.71547652b82fep0 + shift;
  const Pack n = shifted - shift;
  const Pack r = (x - n * log2_high) - n * log2_low;
  Pack p = r * 0x1.af38a9b0ec855p-26 + 0x1.289185613a3d6p-22;
  p = p * r + 0x1.71de0dae63bb3p-19;
  p = p * r + 0x1.a019b90d2ae7ap-16;
  p = p * r + 0x1.a01a01a7c41d5p-13;
  p = p * r + 0x1.6c16c1788bd90p-10;
  p = p * r + 0x1.11111111109b3p-7;
  p = p * r + 0x1.5555555553d63p-5;
  p = p * r + 0x1.5555555555556p-3;
  p = p * r + 0x1.0000000000001p-1;
  p = p * r + 1.0;
  p = p * r + 1.0;
  const Pack power = (Pack)(((Bits)shifted + 1023) << 52);
  return x < -708.0 ? Pack{} : p * power;
}

// log x for x in [1, 2⁵²], with a relative error of at most 5u. With x = 2ⁿ f, f in [√½, √2), and z = (f − 1)/(f + 1),
// |z| < 0.1716: n log 2 + 2 artanh z, as 2z + z³ p(z²), where p interpolates at the Chebyshev points, with a relative
// error of the logarithm below 1e-18.
[[gnu::always_inline]] inline Pack log_of_sum(Pack x) {
  constexpr std::uint64_t root_half = 0x3fe6a09e667f3bcd, exponent = 0x7ff0000000000000;
  constexpr double shift = 0x1p52;  // As above.
  const Bits bits = (Bits)x;
  const Bits above = (bits - root_half) & exponent;
  const Pack n = (Pack)((above >> 52) | (Bits)all(shift)) - shift;
  const Pack f = (Pack)(bits - above);
  const Pack z = (f - 1.0) / (f + 1.0), y = z * z;
  Pack p = y * 0x1.0c04595972ab8p-3 + 0x1.0fbe83c2cbcf3p-3;
  p = p * y + 0x1.3b1c360763b8ap-3;
  p = p * y + 0x1.745cf901605f7p-3;
  p = p * y + 0x1.c71c720160b47p-3;
  p = p * y + 0x1.2492492476c87p-2;
  p = p * y + 0x1.9999999999a38p-2;
  p = p * y + 0x1.5555555555555p-1;
  return n * log2_high + (z + z + (z * y * p + n * log2_low));
}

// V(Q) at temperatures above 0 for μ = 1, of at least one action. Of the exponentials that run_panel below adds up, the
// one of the largest Q is 1 and need not be computed. The others, in some order, are each the smaller of an action's Q
// and the largest Q before it. The values are computed in a second loop so that logarithms follow each other.
void count_all(const double* q, std::size_t actions, std::size_t rows, double temperature, double* values) {
  const std::size_t size = actions * rows;
  const double inverse = 1.0 / temperature;
  const bool multiply = temperature > 1e-300 && temperature < 1e300;  // then as good as to divide, and faster
  double sums[most_rows];
  for (std::size_t j = 0; j < rows; j += width) {
    Pack peak = all(-infinity), poison{};
    for (std::size_t k = j; k < size; k += rows) {
      const Pack x = load(q + k);
      peak = x > peak ? x : peak;
      poison = x == x ? poison : x;
    }
    Pack sum = all(1.0), largest = load(q + j);
    for (std::size_t k = j + rows; k < size; k += rows) {
      const Pack x = load(q + k), rest = x > largest ? largest : x;
      largest = x > largest ? x : largest;
      sum += exp_of_negative(multiply ? (rest - peak) * inverse : (rest - peak) / temperature);
    }
    store(sums + j, sum);
    store(values + j, poison == 0.0 ? peak : poison);
  }
  for (std::size_t j = 0; j < rows; j += width) {
    const Pack peak = load(values + j);  // Or NaN.
    store(values + j, peak - peak == 0.0 ? peak + temperature * log_of_sum(load(sums + j)) : peak);
  }
}

// The kernel of panel_operators.hpp: as find_peak, exponent and value_at of operators.cpp, but with the maxima, the
// sums and the logarithms of all rows in turn, so that the processor works on many of the same kind at once.
// `log_weights` and `policy` are null where there are none.
template <bool weighted>
void run_panel(const double* q, const double* log_weights, std::size_t actions, std::size_t rows, double temperature,
               double* policy, double* values) {
  const std::size_t size = actions * rows;
  const auto weight = [&](std::size_t k) { return weighted ? load(log_weights + k) : Pack{}; };
  const auto q_at = [&](std::size_t k) { return weight(k) == -infinity ? all(-infinity) : load(q + k); };

  double peaks[most_rows], sums[most_rows], tops[most_rows];
  for (std::size_t j = 0; j < rows; j += width) {
    Pack peak = all(-infinity), poison{};
    for (std::size_t k = j; k < size; k += rows) {
      const Pack x = q_at(k);
      peak = x > peak ? x : peak;
      poison = x == x ? poison : x;
    }
    store(peaks + j, peak);
    store(values + j, poison == 0.0 ? peak : poison);
  }
  if (temperature == 0.0 && !policy) return;

  const double inverse = 1.0 / temperature;
  const bool multiply = temperature > 1e-300 && temperature < 1e300;  // then as good as to divide, and faster
  for (std::size_t j = 0; j < rows; j += width) {
    const Pack peak = load(peaks + j);
    const auto exponent = [&](std::size_t k) {
      const Pack x = q_at(k);
      const Pack below = multiply ? (x - peak) * inverse : (x - peak) / temperature;
      return (x == peak ? Pack{} : below) + weight(k);  // 0 also where both are infinite, and at temperature 0
    };
    Pack top{}, sum{};
    if (weighted) {
      top = all(-infinity);
      for (std::size_t k = j; k < size; k += rows) {
        const Pack x = exponent(k);
        top = x > top ? x : top;
      }
      top = top == -infinity ? Pack{} : top;
    }
    for (std::size_t k = j; k < size; k += rows) {
      const Pack term = exp_of_negative(exponent(k) - top);
      sum += term;
      if (policy) store(policy + k, term);
    }
    for (std::size_t k = j; policy && k < size; k += rows)
      store(policy + k, peak == -infinity ? sum - sum : load(policy + k) / sum);
    store(tops + j, top);
    store(sums + j, sum);
  }
  if (temperature == 0.0) return;

  for (std::size_t j = 0; j < rows; j += width) {
    const Pack peak = load(peaks + j), sum = load(sums + j);
    const Pack soft = peak + temperature * (load(tops + j) + log_of_sum(sum));
    const Pack value = peak - peak == 0.0 ? soft : peak;
    store(values + j, sum == sum ? value : sum);
  }
}

}  // namespace

void run(const double* q, const double* log_weights, std::size_t actions, std::size_t rows, double temperature,
         double* policy, double* values) {
  if (!log_weights && !policy && temperature > 0.0 && actions > 0) {
    count_all(q, actions, rows, temperature, values);
  } else if (log_weights) {
    run_panel<true>(q, log_weights, actions, rows, temperature, policy, values);
  } else {
    run_panel<false>(q, nullptr, actions, rows, temperature, policy, values);
  }
}

}  // namespace softrl::SOFTRL_KERNEL
