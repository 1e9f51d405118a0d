// The heart of the route likelihood on a generated city of about 7,000 links: factorise I − M and solve it for 400
// destinations at once, by the library's own LU and by Eigen's SparseLU; then a whole evaluation with its gradient.
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

void lu_of_wide_numbers(benchmark::State& state) {
  PathSum path_sum(city().network, every_link());
  WideBlock block = path_sum.zero_block();
  for (auto _ : state) {
    path_sum.set_weights(city_options.weights);
    for (int first = 0; first < destinations; first += WideBlock::columns) {
      block.clear();
      for (int c = 0; c < WideBlock::columns && first + c < destinations; ++c)
        for (const int link : city().destinations[first + c].links) block.set(path_sum.row(link), c, Wide::of(1.0));
      benchmark::DoNotOptimize(path_sum.solve(block));
    }
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
  Eigen::MatrixXd b = Eigen::MatrixXd::Zero(links, destinations);
  for (int d = 0; d < destinations; ++d)
    for (const int link : city().destinations[static_cast<std::size_t>(d)].links) b(link, d) = 1.0;
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

BENCHMARK(lu_of_wide_numbers)->Unit(benchmark::kMillisecond);
BENCHMARK(eigen_sparse_lu)->Unit(benchmark::kMillisecond);
BENCHMARK(likelihood_and_gradient)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace softrl::irl
