#include "irl/spectral_radius.hpp"

#include <cmath>
#include <stdexcept>

#include <Eigen/Dense>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "small_networks.hpp"

namespace softrl::irl {
namespace {

std::vector<double> random_weights(const RoadNetwork& network, std::uint64_t seed) {
  Random random(seed, "weights");
  std::vector<double> weights;
  for (int m = 0; m < network.move_count(); ++m) weights.push_back(std::exp(random.uniform(-6.0, 2.0)));
  return weights;
}

WideValues wide(const std::vector<double>& weights) {
  WideValues values(static_cast<int>(weights.size()));
  for (std::size_t m = 0; m < weights.size(); ++m) values.set(static_cast<int>(m), Wide::of(weights[m]));
  return values;
}

// Two links that lead to each other: the eigenvalues are ±√(ab).
TEST(SpectralRadius, OfTwoLinksHasAClosedForm) {
  const RoadNetwork two = network_of(2, {{0, 1}, {1, 0}}, {{1}, {1}});
  for (const auto& [a, b] : {std::pair{0.25, 1.0}, {0.9, 0.9}, {1e-3, 1e3}, {3.0, 5.0}}) {
    const SpectralRadius radius = spectral_radius(two, {true, true}, wide({a, b}));
    EXPECT_EQ(radius.status, Status::Converged) << a;
    EXPECT_LE(radius.lower, std::sqrt(a * b) * (1 + 1e-15)) << a;
    EXPECT_GE(radius.upper, std::sqrt(a * b) * (1 - 1e-15)) << a;
    EXPECT_NEAR(radius.upper / radius.lower, 1.0, 1e-8) << a;
  }
}

TEST(SpectralRadius, WithoutCyclesIsZero) {
  const RoadNetwork chain = network_of(3, {{0, 1}, {1, 2}, {0, 2}}, {{1}, {1}, {1}});
  const SpectralRadius radius = spectral_radius(chain, {true, true, true}, wide({5.0, 5.0, 5.0}));
  EXPECT_EQ(radius.lower, 0.0);
  EXPECT_EQ(radius.upper, 0.0);
}

TEST(SpectralRadius, OfALoopIsItsWeight) {
  const RoadNetwork loop = network_of(1, {{0, 0}}, {{1}});
  const SpectralRadius radius = spectral_radius(loop, {true}, wide({0.75}));
  EXPECT_EQ(radius.lower, 0.75);
  EXPECT_EQ(radius.upper, 0.75);
}

// Networks with several components and dead ends, against the eigenvalues of the dense matrix.
TEST(SpectralRadius, BoundsEncloseTheGreatestDenseEigenvalue) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const RoadNetwork network = random_network({.links = 12, .max_moves = 3}, seed);
    const std::vector<double> weights = random_weights(network, seed);
    Eigen::MatrixXd dense = Eigen::MatrixXd::Zero(12, 12);
    for (int m = 0; m < network.move_count(); ++m) dense(network.from[m], network.to[m]) = weights[m];
    const double expected = dense.eigenvalues().cwiseAbs().maxCoeff();
    const SpectralRadius radius = spectral_radius(network, std::vector<bool>(12, true), wide(weights));
    EXPECT_EQ(radius.status, Status::Converged) << "seed " << seed;
    // The dense eigenvalues of a reducible matrix are only good to about the square or cube root of rounding.
    EXPECT_LE(radius.lower, expected + 1e-5) << "seed " << seed;
    EXPECT_GE(radius.upper, expected - 1e-5) << "seed " << seed;
    EXPECT_LE(radius.upper - radius.lower, 1e-9 * radius.upper) << "seed " << seed;
  }
}

TEST(SpectralRadius, StopsAtTheLimitWithValidBounds) {
  const RoadNetwork two = network_of(2, {{0, 1}, {1, 0}}, {{1}, {1}});
  const SpectralRadius radius = spectral_radius(two, {true, true}, wide({0.25, 1.0}), {.max_iterations = 1});
  EXPECT_EQ(radius.status, Status::IterationLimit);
  EXPECT_EQ(radius.lower, 0.25);
  EXPECT_EQ(radius.upper, 1.0);
}

// Scaled by potentials u, M(k,a) exp(u(a) − u(k)), M keeps its radius, however large they are.
TEST(SpectralRadius, DoesNotDependOnPotentials) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const RoadNetwork network = random_network({.links = 12, .max_moves = 3}, seed);
    WideValues weights = wide(random_weights(network, seed));
    const std::vector<bool> all(12, true);
    const double expected = spectral_radius(network, all, weights).upper;
    Random random(seed, "potentials");
    std::vector<double> potential;
    for (int k = 0; k < 12; ++k) potential.push_back(random.uniform(-5000.0, 5000.0));
    for (int m = 0; m < network.move_count(); ++m)
      weights.set(m, weights.get(m) * wide_exp(potential[network.to[m]] - potential[network.from[m]]));
    const SpectralRadius radius = spectral_radius(network, all, weights);
    EXPECT_EQ(radius.status, Status::Converged) << "seed " << seed;
    EXPECT_NEAR(radius.upper, expected, 1e-8 * expected) << "seed " << seed;
    EXPECT_NEAR(radius.lower, expected, 1e-8 * expected) << "seed " << seed;
  }
}

// Two rings, of three moves at 0.5 and of two at 0.8, with a weak way between them and back: the radius is near 0.8
// because of the second.
TEST(SpectralRadius, NamesTheCycleThatContributesMost) {
  const RoadNetwork rings = network_of(6, {{0, 1}, {1, 2}, {2, 0}, {2, 3}, {3, 4}, {4, 3}, {4, 0}, {4, 5}},
                                       std::vector<std::vector<double>>(8, {1.0}));
  // By link left, then link entered: 0→1, 1→2, 2→0, 2→3, 3→4, 4→0, 4→3, 4→5.
  const SpectralRadius radius =
      spectral_radius(rings, std::vector<bool>(6, true), wide({0.5, 0.5, 0.5, 1e-3, 0.8, 1e-3, 0.8, 9.0}));
  EXPECT_NEAR(radius.upper, 0.8, 1e-5);
  EXPECT_EQ(radius.region, 5);
  ASSERT_EQ(radius.cycle.size(), 2u);
  EXPECT_EQ(radius.cycle[0] + radius.cycle[1], 7);
  EXPECT_THAT(describe_region(radius, rings), testing::HasSubstr("in a region of 5 links"));
  EXPECT_EQ(describe_region(spectral_radius(rings, {true, true, false, false, false, false}, wide(std::vector(8, 1.0))),
                            rings),
            "");
}

TEST(SpectralRadius, RefusesAnOptionOutOfRange) {
  const RoadNetwork loop = network_of(1, {{0, 0}}, {{1}});
  EXPECT_THROW(spectral_radius(loop, {true}, wide({1.0}), {.tolerance = -1.0}), std::invalid_argument);
}

}  // namespace
}  // namespace softrl::irl
