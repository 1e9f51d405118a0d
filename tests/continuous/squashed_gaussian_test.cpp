#include "continuous/squashed_gaussian.hpp"

#include <cmath>

#include <gmock/gmock.h>

#include "continuous/gaussian_policy.hpp"
#include "differences.hpp"
#include "torch_generator.hpp"

namespace softrl::continuous {
namespace {

TEST(SquashedGaussian, GradientIsThatOfItsLoss) {
  const torch::Tensor noise = torch::randn({5, 3}, test_generator(1), torch::kFloat64);
  torch::Tensor parameters = torch::randn({5, 6}, test_generator(2), torch::kFloat64);
  parameters[0][4] = 3.0;    // beyond the greatest log σ
  parameters[1][5] = -25.0;  // below the least
  const torch::Tensor alpha = torch::full({1}, 0.3, torch::kFloat64);
  const auto q = [](const torch::Tensor& a) { return ((2.0 * a).sin() + a.square()).sum(-1); };
  const SquashedSample sample = squashed_sample(parameters, noise);
  const torch::Tensor slope = 2.0 * (2.0 * sample.action).cos() + 2.0 * sample.action;
  expect_gradient(parameters, squashed_gradient(sample, alpha, slope), [&] {
    const SquashedSample shifted = squashed_sample(parameters, noise);
    return (0.3 * shifted.log_prob - q(shifted.action)).sum().item<double>();
  });
}

// One mean and deviation: the density of the policy without Torch is the same at the actions drawn, and integrates
// to 1.
TEST(SquashedGaussian, AgreesWithThePolicyWithoutTorch) {
  const FrozenNetwork network{
      .state_weight = Eigen::MatrixXd::Zero(1, 1),
      .input_weight = Eigen::MatrixXd::Zero(1, 0),
      .first_bias = Eigen::VectorXd::Zero(1),
      .layers = {{.weight = Eigen::MatrixXd::Zero(4, 1), .bias = Eigen::Vector4d(0.4, -0.2, -0.5, -1.0)}}};
  const Eigen::Vector2d low(-1.0, -1.0), high(1.0, 3.0);
  const GaussianPolicy policy(network, {.low = low, .high = high});
  const torch::Tensor parameters = torch::tensor({0.4, -0.2, -0.5, -1.0}, torch::kFloat64).repeat({8, 1});
  const SquashedSample sample = squashed_sample(parameters, torch::randn({8, 2}, test_generator(3), torch::kFloat64));
  const Eigen::VectorXd state = Eigen::VectorXd::Zero(1);
  for (int i = 0; i < 8; ++i) {
    const double a = sample.action[i][0].item<double>(), b = sample.action[i][1].item<double>();
    EXPECT_NEAR(policy.log_prob(state, Eigen::Vector2d(a, 1.0 + 2.0 * b)),
                sample.log_prob[i].item<double>() - std::log(2.0), 1e-9);
  }
  const int cells = 400;
  double mass = 0.0;
  for (int i = 0; i < cells; ++i)
    for (int j = 0; j < cells; ++j)
      mass += std::exp(policy.log_prob(
                  state, Eigen::Vector2d(-1.0 + (2.0 * i + 1.0) / cells, -1.0 + 4.0 * (j + 0.5) / cells))) *
              8.0 / (cells * cells);
  EXPECT_NEAR(mass, 1.0, 1e-4);
  EXPECT_NEAR(policy.best(state)(0), std::tanh(0.4), 1e-15);
  EXPECT_NEAR(policy.best(state)(1), 1.0 + 2.0 * std::tanh(-0.2), 1e-15);
}

}  // namespace
}  // namespace softrl::continuous
