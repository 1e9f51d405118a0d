#include "continuous/networks.hpp"

#include <gmock/gmock.h>
#include <torch/autograd.h>

#include "torch_generator.hpp"

namespace softrl::continuous {
namespace {

const NetworkShape shape{.state_size = 3, .input_size = 2, .output_size = 2, .hidden = {16, 8}};
const NetworkShape of_states{.state_size = 3, .input_size = 0, .output_size = 2, .hidden = {16, 8}};

Eigen::VectorXd vector_of(const torch::Tensor& tensor) {
  const torch::Tensor plain = tensor.to(torch::kFloat64).contiguous();
  return Eigen::Map<const Eigen::VectorXd>(plain.data_ptr<double>(), plain.numel());
}

torch::Tensor draw(at::IntArrayRef size, std::uint64_t seed) {
  return torch::randn(size, test_generator(seed), torch::kFloat64);
}

// The same function by Torch's layers on [s, x] joined: W_s and W_x, which lie one behind the other in θ, are the
// columns of its first matrix.
torch::Tensor ordinary(const torch::Tensor& parameters, const NetworkShape& s, const torch::Tensor& states,
                       const torch::Tensor& inputs) {
  std::int64_t place = 0;
  const auto next = [&](std::int64_t rows, std::int64_t columns) {
    const torch::Tensor part = parameters.narrow(0, place, rows * columns).view({rows, columns});
    place += rows * columns;
    return part;
  };
  const torch::Tensor of_state = next(s.hidden[0], s.state_size), of_input = next(s.hidden[0], s.input_size);
  const torch::Tensor first = torch::cat(std::vector<torch::Tensor>{of_state, of_input}, 1);
  const torch::Tensor b1 = next(1, s.hidden[0]).flatten();
  const torch::Tensor w2 = next(s.hidden[1], s.hidden[0]), b2 = next(1, s.hidden[1]).flatten();
  const torch::Tensor w3 = next(s.output_size, s.hidden[1]), b3 = next(1, s.output_size).flatten();
  const torch::Tensor repeated = states.unsqueeze(1).expand({states.size(0), inputs.size(1), states.size(1)});
  const torch::Tensor joined = torch::cat(std::vector<torch::Tensor>{repeated, inputs}, -1);
  return at::linear(at::linear(at::linear(joined, first, b1).relu(), w2, b2).relu(), w3, b3);
}

TEST(Networks, IsAnOrdinaryNetworkWithItsGradients) {
  for (const NetworkShape& s : {shape, of_states}) {
    const Network network(s, test_generator(1), torch::kFloat64);
    const std::int64_t per_state = s.input_size > 0 ? 5 : 1;
    const torch::Tensor states = draw({4, 3}, 2), weights = draw({4, per_state, 2}, 4);
    const torch::Tensor inputs = draw({4, per_state, s.input_size}, 3);
    const Network::Pass pass = s.input_size > 0 ? network.forward(states, inputs) : network.forward(states);

    torch::Tensor parameters = network.parameters().clone();
    parameters.requires_grad_();
    torch::Tensor varied = inputs.clone();
    varied.requires_grad_();
    const torch::Tensor expected = ordinary(parameters, s, states, varied);
    EXPECT_LT((pass.output - expected.detach()).abs().max().item<double>(), 1e-13);
    (expected * weights).sum().backward();
    torch::Tensor gradient = torch::full_like(network.parameters(), 7.0);
    network.parameter_gradient(pass, weights, network.places_in(gradient));
    EXPECT_LT((gradient - parameters.grad()).abs().max().item<double>(), 1e-12);
    if (s.input_size == 0) continue;
    EXPECT_LT((network.input_gradient(pass, weights) - varied.grad()).abs().max().item<double>(), 1e-12);
  }
}

TEST(Networks, JacobianIsThatOfTheOutputs) {
  const Network network(shape, test_generator(1), torch::kFloat64);
  const torch::Tensor states = draw({4, 3}, 2), inputs = draw({4, 5, 2}, 3);
  const Network::Pass pass = network.forward(states, inputs);
  const torch::Tensor jacobian = network.jacobian(pass);
  for (int y = 0; y < 2; ++y) {
    torch::Tensor one = torch::zeros_like(pass.output);
    one.select(2, y).fill_(1.0);
    EXPECT_LT((jacobian.select(2, y) - network.input_gradient(pass, one)).abs().max().item<double>(), 1e-13);
  }
}

TEST(Networks, FrozenIsTheSameFunction) {
  const Network network(shape, test_generator(1), torch::kFloat64);
  const FrozenNetwork frozen = network.freeze();
  const torch::Tensor states = draw({4, 3}, 2), inputs = draw({4, 5, 2}, 3);
  const torch::Tensor outputs = network.output(states, inputs);
  for (int i = 0; i < 4; ++i) {
    const Eigen::VectorXd state_part = frozen.state_part(vector_of(states[i]));
    Eigen::MatrixXd columns(2, 5);
    for (int j = 0; j < 5; ++j) columns.col(j) = vector_of(inputs[i][j]);
    const Eigen::MatrixXd together = frozen.outputs(state_part, columns);
    for (int j = 0; j < 5; ++j) {
      const Eigen::VectorXd input = vector_of(inputs[i][j]);
      EXPECT_LT((frozen.output(state_part, input) - vector_of(outputs[i][j])).cwiseAbs().maxCoeff(), 1e-13);
      EXPECT_LT((together.col(j) - frozen.output(state_part, input)).cwiseAbs().maxCoeff(), 1e-13);
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
  const Network alone(of_states, test_generator(1), torch::kFloat64);
  const FrozenNetwork frozen_alone = alone.freeze();
  for (int i = 0; i < 4; ++i)
    EXPECT_LT((frozen_alone.output(frozen_alone.state_part(vector_of(states[i]))) - vector_of(alone.output(states)[i]))
                  .cwiseAbs()
                  .maxCoeff(),
              1e-13);
}

TEST(Networks, MoveTowardsIsAConvexCombinationAndACopyAtOne) {
  const Network source(shape, test_generator(1), torch::kFloat64);
  Network target(shape, test_generator(2), torch::kFloat64);
  const torch::Tensor before = target.parameters().clone();
  target.move_towards(source, 0.25);
  const torch::Tensor expected = 0.75 * before + 0.25 * source.parameters();
  EXPECT_LT((target.parameters() - expected).abs().max().item<double>(), 1e-15);
  target.move_towards(source, 1.0);
  EXPECT_TRUE(torch::equal(target.parameters(), source.parameters()));
}

TEST(Networks, SameSeedSameWeights) {
  const Network a(shape, test_generator(7)), b(shape, test_generator(7)), c(shape, test_generator(8));
  EXPECT_TRUE(torch::equal(a.parameters(), b.parameters()));
  EXPECT_FALSE(torch::equal(a.parameters(), c.parameters()));
}

// Torch's own layers start alike: uniform within 1/√(fan-in), the first layer's being state and input together. Of 80
// numbers none is beyond 0.9 times the bound with probability 0.9⁸⁰ = 2e-4; the seed is fixed.
TEST(Networks, WeightsStartWithinTheirBounds) {
  const Network network(shape, test_generator(7), torch::kFloat64);
  const torch::Tensor first = network.parameters().narrow(0, 0, 16 * 5).abs();
  EXPECT_LE(first.max().item<double>(), 1.0 / std::sqrt(5.0));
  EXPECT_GT(first.max().item<double>(), 0.9 / std::sqrt(5.0));
  EXPECT_LE(network.parameters().narrow(0, 16 * 5 + 16, 8 * 16).abs().max().item<double>(), 0.25);
}

TEST(Networks, RefusesAShapeThatIsNone) {
  EXPECT_THAT([] { Network({.state_size = 2, .hidden = {}}, test_generator(1)); },
              testing::ThrowsMessage<std::invalid_argument>(testing::HasSubstr("hidden layers")));
  EXPECT_THAT([] { Network({.state_size = 2, .hidden = {4}}, torch::zeros({3})); },
              testing::ThrowsMessage<std::invalid_argument>(testing::HasSubstr("parameters must have 17 entries")));
}

}  // namespace
}  // namespace softrl::continuous
