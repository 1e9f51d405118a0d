// The heart of the route likelihood on a generated city of about 7,000 links: factorise I − M and solve it for 400
// destinations at once, by the library's KLU and by Eigen's SparseLU; then a whole evaluation with its gradient.
#include <vector>

#include <Eigen/SparseLU>
#include <benchmark/benchmark.h>

#include "irl/generated_city.hpp"
#include "irl/likelihood.hpp"
#include "irl/path_sum.hpp"

namespace softrl::irl {
namespace {

constexpr int destinations = 400;
const CityOptions city_options{.rows = 44, .columns = 44, .destinations = destinations, .trips = 2000};

const RouteData& city() {
  static const RouteData data = generate_city(city_options);
  return data;
}

std::vector<bool> every_link() {
  return std::vector<bool>(static_cast<std::size_t>(city().network.link_count()), true);
}

Eigen::MatrixXd right_hand_sides() {
  std::vector<int> all(destinations);
  for (int d = 0; d < destinations; ++d) all[static_cast<std::size_t>(d)] = d;
  return ending_links(city(), all);
}

void klu(benchmark::State& state) {
  PathSum path_sum(city().network, every_link());
  const Eigen::MatrixXd b = right_hand_sides();
  for (auto _ : state) {
    path_sum.set_weights(city_options.weights);
    Eigen::MatrixXd x = b;
    benchmark::DoNotOptimize(path_sum.solve(x));
  }
}

void eigen_sparse_lu(benchmark::State& state) {
  const RoadNetwork& network = city().network;
  const int links = network.link_count();
  std::vector<Eigen::Triplet<double>> entries;
  for (int k = 0; k < links; ++k) entries.emplace_back(k, k, 1.0);
  for (int m = 0; m < network.move_count(); ++m) {
    const double weight = std::exp(network.attributes.row(m).dot(city_options.weights));
    entries.emplace_back(network.from[static_cast<std::size_t>(m)], network.to[static_cast<std::size_t>(m)], -weight);
  }
  Eigen::SparseMatrix<double> matrix(links, links);
  matrix.setFromTriplets(entries.begin(), entries.end());
  const Eigen::MatrixXd b = right_hand_sides();
  Eigen::SparseLU<Eigen::SparseMatrix<double>> lu;
  lu.analyzePattern(matrix);
  for (auto _ : state) {
    lu.factorize(matrix);
    Eigen::MatrixXd x = lu.solve(b);
    benchmark::DoNotOptimize(x.data());
  }
}

void likelihood_and_gradient(benchmark::State& state) {
  Likelihood likelihood(city());
  for (auto _ : state) benchmark::DoNotOptimize(likelihood.evaluate(city_options.weights));
}

BENCHMARK(klu)->Unit(benchmark::kMillisecond);
BENCHMARK(eigen_sparse_lu)->Unit(benchmark::kMillisecond);
BENCHMARK(likelihood_and_gradient)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace softrl::irl
