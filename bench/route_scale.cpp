// How the route likelihood grows with the network: for every folder that bench/new_york.py made, the factorisation of
// I − M, and value and gradient of the log-likelihood for all destinations on one thread and on two, in one run. Times
// are by the wall clock, the least of `repetitions`; memory is the most so far, so that folders go from small to large.
//
// The limit is memory: two solutions for eight destinations at a time, the path sums and the flows, read all factors
// once each, 16 bytes an entry (value, column, exponent). What that makes in a second stands beside what a copy reads.
//
//     build/bench/route_scale FOLDER...
#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <sys/resource.h>

#include "irl/likelihood.hpp"
#include "irl/route_files.hpp"
#include "irl/study.hpp"

namespace softrl::irl {
namespace {

constexpr int repetitions = 3;

// "name=value,name=value"
Eigen::VectorXd read_weights(const std::filesystem::path& file, const std::vector<std::string>& names) {
  std::ifstream stream(file);
  if (!stream) throw std::runtime_error(fmt::format("{}: cannot be read", file.string()));
  std::vector<NamedWeight> weights;
  for (std::string word; std::getline(stream, word, ',');) {
    const std::size_t equals = word.find('=');
    weights.push_back({word.substr(0, equals), std::stod(word.substr(equals + 1))});
  }
  return all_named_weights(names, file.string(), weights);
}

template <class Work>
double seconds_of(const Work& work) {
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < repetitions; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    least = std::min(least, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return least;
}

double evaluation(const RouteData& data, const Eigen::VectorXd& weights, int threads) {
  Likelihood likelihood(data, threads);
  return seconds_of([&] {
    if (likelihood.evaluate(weights).status != PathSumStatus::Finite)
      throw std::runtime_error("these weights are not feasible");
  });
}

// Gigabytes that a copy of 512 MiB reads in a second.
double copied() {
  const std::vector<double> from(1 << 26, 1.0);
  std::vector<double> to(from.size());
  return static_cast<double>(from.size() * sizeof(double)) /
         seconds_of([&] { std::copy(from.begin(), from.end(), to.begin()); }) / 1e9;
}

void measure(const std::filesystem::path& folder) {
  const RouteData data = read_routes(read_study(folder / "study.toml"), folder);
  const Eigen::VectorXd weights = read_weights(folder / "weights.txt", data.network.features);
  double factors = 0.0, entries = 0.0;
  {
    PathSum path_sum(data.network, relevant_links(data));
    factors = seconds_of([&] { path_sum.set_weights(weights); });
    entries = path_sum.pattern()->lower.places() + path_sum.pattern()->upper.places();
  }
  const double one = evaluation(data, weights, 1), two = evaluation(data, weights, 2);
  std::vector<bool> used(data.destinations.size(), false);
  for (const Trip& trip : data.trips) used[trip.destination] = true;
  const auto destinations = std::count(used.begin(), used.end(), true);
  const double read = 2 * 16 * entries * std::ceil(static_cast<double>(destinations) / WideBlock::columns) / 1e9;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("| {} | {} | {} | {:.1f} | {:.3f} | {:.2f} | {:.2f} | {:.2f} | {:.4f} | {:.1f} | {:.2f} |\n",
             data.network.link_count(), data.network.move_count(), destinations, entries / 1e6, factors, one, two,
             (one - factors) / (two - factors), (two - factors) / static_cast<double>(destinations),
             read / (one - factors), static_cast<double>(usage.ru_maxrss) / (1 << 20));
}

}  // namespace
}  // namespace softrl::irl

int main(int count, char** folders) {
  try {
    fmt::print(
        "| links | moves | destinations | entries of factors, millions | factors, s | one thread, s | two, s | "
        "speed-up but for factors | s per destination on two but for factors | GB/s of factors on one | GiB |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (int i = 1; i < count; ++i) softrl::irl::measure(folders[i]);
    fmt::print("\na copy reads {:.1f} GB/s\n", softrl::irl::copied());
  } catch (const std::exception& error) {
    fmt::print(stderr, "route_scale: {}\n", error.what());
    return 2;
  }
}
