#include "continuous/soft_value.hpp"

#include <cmath>
#include <numbers>

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
      const torch::Tensor plain = soft_value(q, temperature), weighted = soft_value(q, temperature, log_weights);
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
  EXPECT_NEAR(soft_value(q, 2.0, log_weights).item<double>(), 2.0 * std::log(std::exp(0.5) + std::exp(2.0)), 1e-14);
}

// Q = 3 a − 2 a² on [−1, 1], α = 0.7: the midpoint rule against 400 estimates from 2,000 uniform actions. The
// estimate's relative variance v/K makes it about α v/(2K) too low; 6 standard errors make a false alarm rarer than
// 1e-8.
TEST(SoftValue, UniformActionsEstimateTheIntegral) {
  const double temperature = 0.7;
  const auto q = [](double a) { return 3.0 * a - 2.0 * a * a; };
  double integral = 0.0, square = 0.0;
  const int cells = 100'000;
  for (int i = 0; i < cells; ++i) {
    const double w = std::exp(q(-1.0 + (2.0 * i + 1.0) / cells) / temperature);
    integral += w * 2.0 / cells;
    square += w * w * 2.0 / cells;
  }
  const double exact = temperature * std::log(integral);
  const int draws = 2000, repeats = 400;
  const torch::Tensor a = torch::empty({repeats, draws}, torch::kFloat64).uniform_(-1.0, 1.0, test_generator(4));
  const torch::Tensor estimates = value_from_uniform_actions(3.0 * a - 2.0 * a * a, temperature, 1);
  const double relative_variance = (2.0 * square / (integral * integral) - 1.0) / draws;
  const double standard_error = temperature * std::sqrt(relative_variance / repeats);
  EXPECT_NEAR(estimates.mean().item<double>(), exact - 0.5 * temperature * relative_variance, 6.0 * standard_error);
}

// A constant Q: V = Q + α d log 2 exactly, whatever is drawn.
TEST(SoftValue, OfAConstantQIsTheVolume) {
  const torch::Tensor q = torch::full({3, 16}, -5.0, torch::kFloat64);
  for (const int d : {1, 2, 6})
    EXPECT_NEAR(value_from_uniform_actions(q, 2.0, d)[0].item<double>(), -5.0 + 2.0 * d * std::numbers::ln2, 1e-13);
}

TEST(SoftValue, RefusesATemperatureOfZero) {
  EXPECT_THAT([] { soft_value(torch::zeros({2}), 0.0); },
              testing::ThrowsMessage<std::invalid_argument>(testing::HasSubstr("temperature")));
}

}  // namespace
}  // namespace softrl::continuous
