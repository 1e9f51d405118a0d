// The law that the amortised sampler ends at, against the exact one.
#include <cmath>
#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <torch/autograd.h>

#include "continuous/adam.hpp"
#include "continuous/sampler.hpp"
#include "continuous/stein.hpp"
#include "torch_generator.hpp"

namespace softrl::continuous {
namespace {

// exp(Q(a)) on [−1, 1]^d, with Q ≤ 0 so that it can be drawn from by rejection.
struct Law {
  std::string name;
  std::int64_t size;
  std::function<torch::Tensor(const torch::Tensor&)> q;  // [n, d] → [n]
};

std::function<torch::Tensor(const torch::Tensor&)> bumps(const std::vector<std::vector<double>>& centres,
                                                         double width) {
  return [=](const torch::Tensor& a) {
    std::vector<torch::Tensor> each;
    for (const auto& centre : centres) {
      const torch::Tensor at = torch::tensor(centre, torch::kFloat32);
      each.push_back((a - at).square().sum(-1) / (-2.0 * width * width));
    }
    return at::logsumexp(at::stack(each), 0) - std::log(static_cast<double>(centres.size()));
  };
}

std::vector<Law> laws() {
  const auto uniform = [](const torch::Tensor& a) { return 0.0 * a.sum(-1); };
  const auto edge = [](const torch::Tensor& a) { return 4.0 * (a - 1.0).sum(-1); };
  return {{"uniform, 1-D", 1, uniform},
          {"one mode, 1-D", 1, bumps({{0.3}}, 0.3)},
          {"two modes, 1-D", 1, bumps({{-0.5}, {0.5}}, 0.2)},
          {"at the edge, 1-D", 1, edge},
          {"uniform, 2-D", 2, uniform},
          {"four modes, 2-D", 2, bumps({{0.55, 0.0}, {-0.55, 0.0}, {0.0, 0.55}, {0.0, -0.55}}, 0.2)},
          {"at the corner, 2-D", 2, edge},
          {"uniform, 6-D", 6, uniform},
          {"one mode, 6-D", 6, bumps({{0.2, 0.2, 0.2, 0.2, 0.2, 0.2}}, 0.4)}};
}

// n draws from exp(Q) or, `tilted`, from exp(Q) Π(1 − a²).
torch::Tensor draw(const Law& law, bool tilted, std::int64_t n, at::Generator& generator) {
  torch::Tensor kept = torch::empty({0, law.size});
  while (kept.size(0) < n) {
    const torch::Tensor a = torch::rand({100'000, law.size}, generator) * 2.0 - 1.0;
    torch::Tensor weight = law.q(a).exp();
    if (tilted) weight = weight * (1.0 - a.square()).prod(-1);
    kept = at::cat(std::vector<torch::Tensor>{kept, a.index({torch::rand({100'000}, generator).lt(weight)})});
  }
  return kept.narrow(0, 0, n);
}

// Maximum mean discrepancy for the kernel exp(−|x − y|²/(2 l²)), l² = d/10: the square root of its unbiased square.
double discrepancy(const torch::Tensor& x, const torch::Tensor& y) {
  const double scale = -5.0 / static_cast<double>(x.size(1));
  const auto n = static_cast<double>(x.size(0));
  const auto mean = [&](const torch::Tensor& a, const torch::Tensor& b) {
    return (scale * at::cdist(a, b).square()).exp().sum().item<double>();
  };
  const double square =
      (mean(x, x) - n) / (n * (n - 1.0)) + (mean(y, y) - n) / (n * (n - 1.0)) - 2.0 * mean(x, y) / (n * n);
  return std::sqrt(std::max(square, 0.0));
}

torch::Tensor score(const Law& law, const torch::Tensor& actions) {
  torch::Tensor a = actions.detach().clone().requires_grad_();
  law.q(a.flatten(0, 1)).sum().backward();
  return a.grad();
}

// 4,000 actions of a sampler of 2 × 64 units, trained by 4,000 steps of 16 × (32 + 32) particles.
torch::Tensor trained(const Law& law, bool as_in_2017, at::Generator& generator) {
  const Sampler sampler(1, law.size, {64, 64}, generator, torch::kFloat32);
  const Network& network = sampler.network();
  Adam optimizer(network.parameters(), 1e-3), calm(network.parameters(), 1e-4);
  const torch::Tensor states = torch::zeros({16, 1});
  const auto forward = [&](std::int64_t particles) {
    return sampler.forward(states, torch::randn({16, particles, law.size}, generator));
  };
  for (int step = 0; step < 4000; ++step) {
    const torch::Tensor u = forward(32).output, a = u.tanh(), of_action = score(law, a);
    const Network::Pass moved = forward(32);
    torch::Tensor direction;
    if (as_in_2017) {
      const torch::Tensor b = moved.output.tanh();
      direction = stein_direction(a, of_action - 2.0 * a / (1.0 - a.square() + 1e-6), b) * (1.0 - b.square());
    } else {
      direction = stein_direction(u, squashed_score(a, of_action), moved.output);
    }
    Adam& now = step < 3000 ? optimizer : calm;
    network.parameter_gradient(moved, direction / -512.0, network.places_in(now.gradient()));
    now.step();
  }
  return forward(250).output.tanh().flatten(0, 1);
}

// Discrepancies of two sets of 4,000 draws of one law are below 0.03 but for one case in a million. The sampler is held
// to 0.06 of the law it should have, a third or less of how far apart the two rules' laws are, and the rule of 2017 to
// 0.06 of the law that it really has. With Q = 0 its variance is 1/3 by the right rule and 1/5, that of Π(1 − a²), by
// the other.
TEST(SamplerLawsSlow, AreTheExactOnesAndThoseOf2017AreTilted) {
  at::Generator generator = test_generator(1);
  for (const Law& law : laws()) {
    SCOPED_TRACE(law.name);
    const torch::Tensor exact = draw(law, false, 4000, generator), tilted = draw(law, true, 4000, generator);
    const torch::Tensor right = trained(law, false, generator), published = trained(law, true, generator);
    EXPECT_LT(discrepancy(right, exact), 0.06);
    EXPECT_LT(discrepancy(published, tilted), 0.06);
    EXPECT_GT(discrepancy(published, exact), discrepancy(right, exact) + 0.03);
    const auto mean = [](const torch::Tensor& x) { return x.mean().item<double>(); };
    const auto variance = [](const torch::Tensor& x) { return x.var(0).mean().item<double>(); };
    EXPECT_NEAR(mean(right), mean(exact), 0.05);
    EXPECT_NEAR(mean(published), mean(tilted), 0.05);
    EXPECT_NEAR(variance(right), variance(exact), 0.025);
    EXPECT_NEAR(variance(published), variance(tilted), 0.025);
    if (law.name.starts_with("uniform")) {
      EXPECT_NEAR(variance(right), 1.0 / 3.0, 0.025);
      EXPECT_NEAR(variance(published), 1.0 / 5.0, 0.025);
    }
  }
}

}  // namespace
}  // namespace softrl::continuous
