#include "continuous/soft_value.hpp"

#include <cmath>
#include <limits>
#include <span>

#include <gmock/gmock.h>

#include "softrl/operators.hpp"
#include "torch_generator.hpp"

namespace softrl::continuous {
namespace {

// One definition for a row of a table and a batch of sampled actions: the tensor version agrees with the core's.
TEST(SoftValue, AgreesWithTheCore) {
  for (const double temperature : {0.01, 0.3, 1.0, 40.0}) {
    for (const double scale : {1.0, 1e4}) {
      const torch::Tensor q = scale * torch::randn({6, 9}, test_generator(1), torch::kFloat64);
      const torch::Tensor log_weights = torch::randn({6, 9}, test_generator(2), torch::kFloat64);
      const torch::Tensor alpha = torch::full({1}, temperature, torch::kFloat64);
      const torch::Tensor plain = soft_value(q, alpha), weighted = soft_value(q, alpha, log_weights);
      for (int row = 0; row < 6; ++row) {
        const std::span<const double> qs(q[row].data_ptr<double>(), 9), mu(log_weights[row].data_ptr<double>(), 9);
        const double slack = 1e-14 * (scale + temperature) * 10.0;
        EXPECT_NEAR(plain[row].item<double>(), softrl::soft_value(qs, temperature), slack);
        EXPECT_NEAR(weighted[row].item<double>(), softrl::soft_value(qs, temperature, mu), slack);
      }
    }
  }
}

TEST(SoftValue, UnavailableActionsAndInfiniteWeightsAreTheCores) {
  const double infinity = std::numeric_limits<double>::infinity();
  const torch::Tensor q = torch::tensor({1.0, 900.0, 3.0}, torch::kFloat64);
  const torch::Tensor log_weights = torch::tensor({0.0, -infinity, 0.5}, torch::kFloat64);
  EXPECT_NEAR(soft_value(q, torch::full({1}, 2.0, torch::kFloat64), log_weights).item<double>(),
              2.0 * std::log(std::exp(0.5) + std::exp(2.0)), 1e-14);
}

}  // namespace
}  // namespace softrl::continuous
