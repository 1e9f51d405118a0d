#include "tabular/bicgstab.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "softrl/parallel.hpp"

namespace softrl::tabular {
namespace {

constexpr std::ptrdiff_t block = 1 << 16;

double dot(const FloatVector& x, const FloatVector& y, int threads) {
  return parallel_sum(threads, static_cast<std::ptrdiff_t>(x.size()), block, [&](auto begin, auto end) {
    double sum = 0.0;
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
      sum += static_cast<double>(x[i]) * static_cast<double>(y[i]);
    return sum;
  });
}

// Calls body(i) for every index; body returns |r_i| and the largest is returned, NaN if there is one.
template <class Body>
double largest(std::size_t size, int threads, const Body& body) {
  const auto larger = [](float a, float b) { return b > a || std::isnan(b) ? b : a; };
  return parallel_reduce(
      threads, static_cast<std::ptrdiff_t>(size), block, 0.0f,
      [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        float result = 0.0f;
        for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
          result = larger(result, body(i));
        return result;
      },
      larger);
}

}  // namespace

KrylovResult bicgstab(const PolicyMatrix& a, const FloatVector& b, const Preconditioner& preconditioner,
                      const KrylovOptions& options, FloatVector& x) {
  const std::size_t n = b.size();
  const int threads = options.threads;
  std::fill(x.begin(), x.end(), 0.0f);
  FloatVector r = b, p(n, 0.0f), v(n, 0.0f), hat(n), t(n);
  // b itself would do but for one that is nowhere but in a state or two, where the first step leaves nothing of it.
  FloatVector shadow(n);
  preconditioner(b, shadow);
  double rho = 1.0, alpha = 1.0, omega = 1.0;
  KrylovResult result{.converged = false, .iterations = 0, .residual = largest(n, threads, [&](std::size_t i) {
                                                             return std::abs(b[i]);
                                                           })};
  while (result.iterations < options.max_iterations) {
    ++result.iterations;
    const double last_rho = std::exchange(rho, dot(shadow, r, threads));
    const auto beta = static_cast<float>(rho / last_rho * alpha / omega), w = static_cast<float>(omega);
    parallel_for(threads, static_cast<std::ptrdiff_t>(n), block, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
        p[i] = r[i] + beta * (p[i] - w * v[i]);
    });
    preconditioner(p, hat);
    product(a, hat, threads, v);
    alpha = rho / dot(shadow, v, threads);
    const auto step = static_cast<float>(alpha);
    result.residual = largest(n, threads, [&](std::size_t i) {
      x[i] += step * hat[i];
      r[i] -= step * v[i];
      return std::abs(r[i]);
    });
    result.converged = result.residual <= options.tolerance;
    if (result.converged || !std::isfinite(result.residual)) return result;

    preconditioner(r, hat);
    product(a, hat, threads, t);
    omega = dot(t, r, threads) / dot(t, t, threads);
    const auto damping = static_cast<float>(omega);
    result.residual = largest(n, threads, [&](std::size_t i) {
      x[i] += damping * hat[i];
      r[i] -= damping * t[i];
      return std::abs(r[i]);
    });
    result.converged = result.residual <= options.tolerance;
    if (result.converged || !std::isfinite(result.residual)) return result;
  }
  return result;
}

}  // namespace softrl::tabular
