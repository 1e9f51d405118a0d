#include "continuous/stein.hpp"

#include <cmath>

#include <gmock/gmock.h>

#include "torch_generator.hpp"

namespace softrl::continuous {
namespace {

double kernel(const torch::Tensor& x, const torch::Tensor& y, double h) {
  return std::exp(-(x - y).square().sum().item<double>() / h);
}

// The definition, written out for one state, with ∇_x k by central differences.
torch::Tensor direction_by_definition(const torch::Tensor& fixed, const torch::Tensor& scores, const torch::Tensor& y,
                                      double h) {
  const double step = 1e-5;
  torch::Tensor sum = torch::zeros_like(y);
  for (std::int64_t i = 0; i < fixed.size(0); ++i) {
    sum += kernel(fixed[i], y, h) * scores[i];
    for (std::int64_t k = 0; k < y.size(0); ++k) {
      torch::Tensor up = fixed[i].clone(), down = fixed[i].clone();
      up[k] += step;
      down[k] -= step;
      sum[k] += (kernel(up, y, h) - kernel(down, y, h)) / (2.0 * step);
    }
  }
  return sum / fixed.size(0);
}

TEST(Stein, DirectionIsTheDefinition) {
  for (const int d : {1, 2, 6}) {
    const auto random = test_generator(static_cast<std::uint64_t>(d));
    const torch::Tensor fixed = torch::randn({2, 7, d}, random, torch::kFloat64);
    const torch::Tensor updated = torch::randn({2, 5, d}, random, torch::kFloat64);
    const torch::Tensor scores = torch::randn({2, 7, d}, random, torch::kFloat64);
    const torch::Tensor direction = stein_direction(fixed, scores, updated);
    for (int state = 0; state < 2; ++state) {
      const double h =
          bandwidth(squared_distances(fixed, updated), BandwidthRule::MedianSqOverLogN1, 1e-3)[state].item<double>();
      for (int j = 0; j < 5; ++j) {
        const torch::Tensor expected = direction_by_definition(fixed[state], scores[state], updated[state][j], h);
        EXPECT_LT((direction[state][j] - expected).abs().max().item<double>(), 1e-9) << "d " << d << ", particle " << j;
      }
    }
  }
}

// Two particles at ±x with no score: the repulsion on the one at x is (1/2) · 2 · 2x/h · exp(−4x²/h), away from the
// other.
TEST(Stein, RepulsionPushesApart) {
  const torch::Tensor particles = torch::tensor({-0.5, 0.5}, torch::kFloat64).view({1, 2, 1});
  const double h = 1e3;  // the floor decides
  const torch::Tensor direction =
      stein_direction(particles, torch::zeros_like(particles), particles,
                      {.bandwidth = BandwidthRule::MedianSqOverLogN1, .bandwidth_floor = h});
  const double expected = 0.5 * 2.0 * 1.0 / h * std::exp(-1.0 / h);
  EXPECT_NEAR(direction[0][1][0].item<double>(), expected, 1e-15);
  EXPECT_NEAR(direction[0][0][0].item<double>(), -expected, 1e-15);
}

TEST(Stein, LogSquashIsItsDefinitionAndStaysFiniteFarOut) {
  for (double u = -8.0; u <= 8.0; u += 0.37) {
    const double direct = std::log1p(-std::tanh(u)) + std::log1p(std::tanh(u));
    EXPECT_NEAR(log_squash(torch::tensor({u}, torch::kFloat64)).item<double>(), direct,
                1e-8 * std::abs(direct) + 1e-12);
  }
  // log(1 − tanh² u) → log 4 − 2|u|, where 1 − tanh² u itself has long been rounded to 0.
  EXPECT_NEAR(log_squash(torch::tensor({300.0}, torch::kFloat64)).item<double>(), std::log(4.0) - 600.0, 1e-10);
  EXPECT_NEAR(log_squash(torch::tensor({-300.0}, torch::kFloat64)).item<double>(), std::log(4.0) - 600.0, 1e-10);
}

// ∇_u [ sin(3 a) + log Π(1 − a²) ] at a = tanh u, by central differences.
TEST(Stein, SquashedScoreIsTheGradientBeforeTheSquash) {
  const double step = 1e-6;
  const torch::Tensor u = torch::randn({20, 3}, test_generator(1), torch::kFloat64);
  const torch::Tensor a = u.tanh();
  const torch::Tensor score = squashed_score(a, 3.0 * (3.0 * a).cos());
  const auto log_density = [](const torch::Tensor& x) { return (3.0 * x.tanh()).sin().sum(-1) + log_squash(x); };
  for (int k = 0; k < 3; ++k) {
    torch::Tensor shift = torch::zeros({3}, torch::kFloat64);
    shift[k] = step;
    const torch::Tensor difference = (log_density(u + shift) - log_density(u - shift)) / (2.0 * step);
    EXPECT_LT((score.select(1, k) - difference).abs().max().item<double>(), 1e-8);
  }
}

// Particles moved along the direction until they stand still have the moments of the density they are meant to have.
// Q(a) is the log density of the action on [−1, 1], up to a constant; the exact moments come from the midpoint rule.
struct Moments {
  double mean, variance;
};

Moments exact_moments(double (*q)(double)) {
  double mass = 0.0, first = 0.0, second = 0.0;
  const int cells = 20'000;
  for (int i = 0; i < cells; ++i) {
    const double a = -1.0 + (2.0 * i + 1.0) / cells;
    const double weight = std::exp(q(a));
    mass += weight;
    first += weight * a;
    second += weight * a * a;
  }
  return {first / mass, second / mass - first / mass * (first / mass)};
}

Moments particle_moments(torch::Tensor (*q)(const torch::Tensor&), int particles, int steps) {
  torch::Tensor u = torch::randn({1, particles, 1}, test_generator(3), torch::kFloat64) * 0.5;
  for (int step = 0; step < steps; ++step) {
    torch::Tensor a = u.tanh().requires_grad_();
    q(a).sum().backward();
    const torch::Tensor scores = squashed_score(a.detach(), a.grad());
    u = u + (step < steps / 2 ? 0.5 : 0.1) * stein_direction(u, scores, u);
  }
  const torch::Tensor a = u.tanh();
  return {a.mean().item<double>(), a.var(false).item<double>()};
}

TEST(Stein, ParticlesOfAFlatQAreUniform) {
  const Moments moments = particle_moments([](const torch::Tensor& a) { return a * 0.0; }, 128, 1500);
  EXPECT_NEAR(moments.mean, 0.0, 0.01);
  EXPECT_NEAR(moments.variance, 1.0 / 3.0, 0.02);
}

TEST(Stein, ParticlesOfAOneSidedQHaveItsMoments) {
  const Moments exact = exact_moments([](double a) { return 2.0 * a; });
  const Moments moments = particle_moments([](const torch::Tensor& a) { return 2.0 * a; }, 128, 1500);
  EXPECT_NEAR(moments.mean, exact.mean, 0.02);
  EXPECT_NEAR(moments.variance, exact.variance, 0.02);
}

TEST(Stein, ParticlesOfATwoPeakedQHaveItsMoments) {
  const Moments exact = exact_moments([](double a) { return -12.0 * (a * a - 0.36) * (a * a - 0.36); });
  const Moments moments =
      particle_moments([](const torch::Tensor& a) { return -12.0 * (a * a - 0.36).square(); }, 128, 1500);
  EXPECT_NEAR(moments.mean, 0.0, 0.03);
  EXPECT_NEAR(moments.variance, exact.variance, 0.02);
}

// Q(a) = 2 a_1 − a_2 makes the coordinates independent, each with the moments of its own part. 128 particles in two
// dimensions stand about 0.15 apart; their mean and variance are nearer than a quarter of that to the exact ones.
TEST(Stein, ParticlesInTwoDimensionsHaveTheMomentsOfEachCoordinate) {
  torch::Tensor u = torch::randn({1, 128, 2}, test_generator(5), torch::kFloat64) * 0.5;
  const torch::Tensor slope = torch::tensor({2.0, -1.0}, torch::kFloat64);
  for (int step = 0; step < 1500; ++step) {
    const torch::Tensor scores = squashed_score(u.tanh(), slope.expand_as(u));
    u = u + (step < 750 ? 0.5 : 0.1) * stein_direction(u, scores, u);
  }
  const Moments exact[] = {exact_moments([](double a) { return 2.0 * a; }), exact_moments([](double a) { return -a; })};
  for (int k = 0; k < 2; ++k) {
    const torch::Tensor a = u.tanh().select(2, k);
    EXPECT_NEAR(a.mean().item<double>(), exact[k].mean, 0.04) << "coordinate " << k;
    EXPECT_NEAR(a.var(false).item<double>(), exact[k].variance, 0.04) << "coordinate " << k;
  }
}

TEST(Stein, NamesTheOptionItRefuses) {
  const torch::Tensor x = torch::zeros({1, 2, 1});
  EXPECT_THAT([&] { stein_direction(x, x, x, {.bandwidth_floor = 0.0}); },
              testing::ThrowsMessage<std::invalid_argument>(testing::HasSubstr("bandwidth_floor")));
}

}  // namespace
}  // namespace softrl::continuous
