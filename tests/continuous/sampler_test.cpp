#include "continuous/sampler.hpp"

#include <cmath>

#include <Eigen/LU>
#include <gmock/gmock.h>

#include "continuous/sampling_policy.hpp"
#include "torch_generator.hpp"

namespace softrl::continuous {
namespace {

TEST(Sampler, LogAbsDeterminantIsThatOfLu) {
  for (const int d : {1, 2, 3, 6, 17}) {
    const torch::Tensor matrices = torch::randn({5, d, d}, test_generator(3), torch::kFloat64);
    const torch::Tensor found = log_abs_determinant(matrices);
    for (int i = 0; i < 5; ++i) {
      using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
      const Eigen::MatrixXd matrix = Eigen::Map<const RowMajor>(matrices[i].data_ptr<double>(), d, d);
      EXPECT_NEAR(found[i].item<double>(), std::log(std::abs(matrix.fullPivLu().determinant())), 1e-10) << d;
    }
  }
  EXPECT_EQ(log_abs_determinant(torch::zeros({1, 3, 3})).item<double>(), -std::numeric_limits<double>::infinity());
}

// The density by a numerical change of variables: N(ξ) over the determinant of ∂a/∂ξ by central differences of a =
// tanh f(s, ξ).
TEST(Sampler, DensityIsTheChangeOfVariables) {
  for (const int d : {1, 2, 3}) {
    const Sampler sampler(3, d, {24, 24}, test_generator(1), torch::kFloat64);
    const torch::Tensor states = torch::randn({4, 3}, test_generator(2), torch::kFloat64);
    const torch::Tensor noise = torch::randn({4, 5, d}, test_generator(4), torch::kFloat64);
    const torch::Tensor found = sampler.log_density(sampler.forward(states, noise));
    const double step = 1e-7;
    std::vector<torch::Tensor> columns;
    for (int k = 0; k < d; ++k) {
      torch::Tensor shift = torch::zeros({d}, torch::kFloat64);
      shift[k] = step;
      columns.push_back((sampler.forward(states, noise + shift).output.tanh() -
                         sampler.forward(states, noise - shift).output.tanh()) /
                        (2.0 * step));
    }
    const torch::Tensor jacobian = torch::stack(columns, -1);
    const torch::Tensor log_normal = -0.5 * noise.square().sum(-1) - 0.5 * d * std::log(2.0 * std::acos(-1.0));
    const torch::Tensor expected = log_normal - log_abs_determinant(jacobian);
    EXPECT_LT((found - expected).abs().max().item<double>(), 1e-5) << d;
  }
}

// A map that does not move has no density: it is taken for one that stretches by 1e-6, log q = log N(ξ) + 6 d log 10 −
// log 1.
TEST(Sampler, DensityOfAFlatMapIsFinite) {
  const Sampler sampler(3, 2, {24, 24}, test_generator(1), torch::kFloat64);
  torch::Tensor parameters = sampler.network().parameters();
  parameters.zero_();
  const torch::Tensor noise = torch::randn({1, 5, 2}, test_generator(4), torch::kFloat64);
  const torch::Tensor found = sampler.log_density(sampler.forward(torch::zeros({1, 3}, torch::kFloat64), noise));
  const torch::Tensor expected = -0.5 * noise.square().sum(-1) - std::log(2.0 * std::acos(-1.0)) + 2.0 * std::log(1e6);
  EXPECT_LT((found - expected).abs().max().item<double>(), 1e-12);
}

// Where the map does not fold, the policy's own search for preimages finds the one, and the same density.
TEST(Sampler, AgreesWithThePolicyWhereTheMapDoesNotFold) {
  Sampler sampler(1, 2, {4}, test_generator(1), torch::kFloat64);
  // relu(ξ) − relu(−ξ) = ξ, stretched and sheared: u = A ξ + c.
  torch::Tensor p = sampler.network().parameters();
  p.copy_(torch::tensor({0.,  0.,   0.,  0.,                       // W_s [4 × 1]
                         1.,  0.,   -1., 0.,   0., 1., 0.,  -1.,   // W_x [4 × 2]
                         0.,  0.,   0.,  0.,                       // b_1
                         0.8, -0.8, 0.3, -0.3, 0., 0., 0.6, -0.6,  // W_2 [2 × 4]
                         0.1, -0.2},                               // b_2
                        torch::kFloat64));
  const SamplingPolicy policy(sampler.network().freeze(), {},
                              {.low = Eigen::Vector2d(-1, -1), .high = Eigen::Vector2d(1, 1)});
  const torch::Tensor noise = torch::randn({1, 20, 2}, test_generator(4), torch::kFloat64);
  const Network::Pass pass = sampler.forward(torch::zeros({1, 1}, torch::kFloat64), noise);
  const torch::Tensor density = sampler.log_density(pass), actions = pass.output.tanh();
  for (int i = 0; i < 20; ++i) {
    const Eigen::Vector2d action(actions[0][i][0].item<double>(), actions[0][i][1].item<double>());
    EXPECT_NEAR(density[0][i].item<double>(), policy.log_prob(Eigen::VectorXd::Zero(1), action), 1e-9);
  }
}

}  // namespace
}  // namespace softrl::continuous
