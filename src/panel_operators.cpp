#include "softrl/panel_operators.hpp"

#include <cassert>

#include "softrl/vector_instructions.hpp"

namespace softrl {

// panel_kernel.cpp, compiled for each of these.
using Kernel = void(const double* q, const double* log_weights, std::size_t actions, std::size_t rows,
                    double temperature, double* policy, double* values);
namespace any_processor {
Kernel run;
}
namespace avx2 {
Kernel run;
}
namespace avx512 {
Kernel run;
}

namespace {

Kernel* fastest() {
#ifdef SOFTRL_X86_KERNELS
  if (has_avx512()) return avx512::run;
  if (has_avx2()) return avx2::run;
#endif
  return any_processor::run;
}

void run(std::span<const double> q, double temperature, std::span<const double> log_weights, double* policy,
         std::span<double> values) {
  const std::size_t rows = values.size();
  assert(temperature >= 0.0);
  assert(rows > 0 && rows % panel_step == 0 && rows <= largest_panel && q.size() % rows == 0);
  assert(log_weights.empty() || log_weights.size() == q.size());
  static Kernel* const kernel = fastest();
  kernel(q.data(), log_weights.empty() ? nullptr : log_weights.data(), q.size() / rows, rows, temperature, policy,
         values.data());
}

}  // namespace

void soft_values(std::span<const double> q, double temperature, std::span<const double> log_weights,
                 std::span<double> values) {
  run(q, temperature, log_weights, nullptr, values);
}

void boltzmann_policies(std::span<const double> q, double temperature, std::span<const double> log_weights,
                        std::span<double> policy, std::span<double> values) {
  assert(policy.size() == q.size());
  run(q, temperature, log_weights, policy.data(), values);
}

}  // namespace softrl
