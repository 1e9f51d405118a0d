#include "continuous/networks.hpp"

#include <gmock/gmock.h>

#include "torch_generator.hpp"

namespace softrl::continuous {
namespace {

const NetworkShape shape{.state_size = 3, .input_size = 2, .output_size = 2, .hidden = {16, 8}};

Eigen::VectorXd vector_of(const torch::Tensor& tensor) {
  const torch::Tensor plain = tensor.detach().to(torch::kFloat64).contiguous();
  return Eigen::Map<const Eigen::VectorXd>(plain.data_ptr<double>(), plain.numel());
}

// The first layer on [s, x] joined is the ordinary network: W_s and W_x are its columns.
TEST(Networks, AdditiveIsAnOrdinaryNetworkOnTheJoinedInput) {
  const AdditiveNetwork network(shape, test_generator(1), torch::kFloat64);
  const torch::Tensor states = torch::randn({4, 3}, test_generator(2), torch::kFloat64);
  const torch::Tensor inputs = torch::randn({4, 5, 2}, test_generator(3), torch::kFloat64);
  const auto& p = network.parameters();
  const torch::Tensor joined =
      torch::cat(std::vector<torch::Tensor>{states.unsqueeze(1).expand({4, 5, 3}), inputs}, -1);
  const torch::Tensor first = torch::cat(std::vector<torch::Tensor>{p[0], p[1]}, 1);
  const torch::Tensor h1 = at::linear(joined, first, p[2]).relu();
  const torch::Tensor expected = at::linear(at::linear(h1, p[3], p[4]).relu(), p[5], p[6]);
  EXPECT_LT((network.forward(states, inputs) - expected).abs().max().item<double>(), 1e-13);
}

TEST(Networks, FrozenIsTheSameFunction) {
  const AdditiveNetwork network(shape, test_generator(1), torch::kFloat64);
  const FrozenNetwork frozen = network.freeze();
  const torch::Tensor states = torch::randn({4, 3}, test_generator(2), torch::kFloat64);
  const torch::Tensor inputs = torch::randn({4, 5, 2}, test_generator(3), torch::kFloat64);
  const torch::Tensor outputs = network.forward(states, inputs);
  for (int i = 0; i < 4; ++i) {
    const Eigen::VectorXd state_part = frozen.state_part(vector_of(states[i]));
    for (int j = 0; j < 5; ++j) {
      const Eigen::VectorXd input = vector_of(inputs[i][j]);
      EXPECT_LT((frozen.output(state_part, input) - vector_of(outputs[i][j])).cwiseAbs().maxCoeff(), 1e-13);
      const auto linearised = frozen.linearise(state_part, input);
      EXPECT_EQ(linearised.output, frozen.output(state_part, input));
      for (int k = 0; k < 2; ++k) {
        Eigen::VectorXd shift = Eigen::VectorXd::Zero(2);
        shift(k) = 1e-7;
        const Eigen::VectorXd difference =
            (frozen.output(state_part, input + shift) - frozen.output(state_part, input - shift)) / 2e-7;
        EXPECT_LT((linearised.jacobian.col(k) - difference).cwiseAbs().maxCoeff(), 1e-6);
      }
    }
  }
}

TEST(Networks, MoveTowardsIsAConvexCombinationAndACopyAtOne) {
  const AdditiveNetwork source(shape, test_generator(1), torch::kFloat64);
  AdditiveNetwork target(shape, test_generator(2), torch::kFloat64);
  const torch::Tensor before = target.parameters()[3].detach().clone();
  target.move_towards(source, 0.25);
  const torch::Tensor expected = 0.75 * before + 0.25 * source.parameters()[3];
  EXPECT_LT((target.parameters()[3] - expected).abs().max().item<double>(), 1e-15);
  target.move_towards(source, 1.0);
  for (std::size_t i = 0; i < source.parameters().size(); ++i)
    EXPECT_TRUE(torch::equal(target.parameters()[i], source.parameters()[i]));
}

TEST(Networks, SameSeedSameWeights) {
  const AdditiveNetwork a(shape, test_generator(7)), b(shape, test_generator(7)), c(shape, test_generator(8));
  EXPECT_TRUE(torch::equal(a.parameters()[3], b.parameters()[3]));
  EXPECT_FALSE(torch::equal(a.parameters()[3], c.parameters()[3]));
}

}  // namespace
}  // namespace softrl::continuous
