// How the route likelihood grows with the network: for every folder that bench/new_york.py made, the factorisation of
// I − M, and value and gradient of the log-likelihood for all destinations on one thread and on two, in one run. Times
// are by the wall clock, the least of `repetitions`; memory is the most so far, so that folders go from small to large.
//
//     build/bench/route_scale FOLDER...
#include <algorithm>
#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>

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

void measure(const std::filesystem::path& folder) {
  const RouteData data = read_routes(read_study(folder / "study.toml"), folder);
  const Eigen::VectorXd weights = read_weights(folder / "weights.txt", data.network.features);
  double factors = 0.0;
  {
    PathSum path_sum(data.network, relevant_links(data));
    factors = seconds_of([&] { path_sum.set_weights(weights); });
  }
  const double one = evaluation(data, weights, 1), two = evaluation(data, weights, 2);
  std::vector<bool> used(data.destinations.size(), false);
  for (const Trip& trip : data.trips) used[trip.destination] = true;
  const auto destinations = std::count(used.begin(), used.end(), true);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("| {} | {} | {} | {:.2f} | {:.2f} | {:.2f} | {:.2f} | {:.4f} | {:.2f} |\n", data.network.link_count(),
             data.network.move_count(), destinations, factors, one, two, (one - factors) / (two - factors),
             (two - factors) / static_cast<double>(destinations), static_cast<double>(usage.ru_maxrss) / (1 << 20));
}

}  // namespace
}  // namespace softrl::irl

int main(int count, char** folders) {
  try {
    fmt::print(
        "| links | moves | destinations | factors, s | one thread, s | two, s | speed-up of the rest | s per "
        "destination, two threads, without factors | GiB |\n| --- | --- | --- | --- | --- | --- | --- | --- | "
        "--- |\n");
    for (int i = 1; i < count; ++i) softrl::irl::measure(folders[i]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "route_scale: {}\n", error.what());
    return 2;
  }
}
