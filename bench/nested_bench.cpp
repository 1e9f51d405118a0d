// An evaluation of the nested recursive logit, value and gradient, against plain fixed-point sweeps: V ← TV over all
// links until the greatest change is below 1e-8, and λ ← c + Pᵀ λ likewise. Both on the trips of Borlänge where
// SOFTRL_DATA says where these are, else on a generated city; both from the values at weights that are 1 % away, as in
// a search, or from nothing. Sweeps use the same vector instructions, eight destinations side by side, and begin from
// the same values.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include <benchmark/benchmark.h>

#include "irl/generated_city.hpp"
#include "irl/nested.hpp"
#include "irl/nested_values.hpp"
#include "irl/route_files.hpp"
#include "irl/study.hpp"
#include "softrl/panel_operators.hpp"

namespace softrl::irl {
namespace {

constexpr int lanes = 8;
constexpr double never = -std::numeric_limits<double>::infinity();

struct Case {
  RouteData data;
  Eigen::VectorXd weights, near;
};

Case make_case() {
  Case result;
  const char* folder = std::getenv("SOFTRL_DATA");
  if (folder != nullptr && std::filesystem::exists(std::filesystem::path(folder) / "borlange")) {
    const std::filesystem::path study = std::filesystem::path(SOFTRL_SOURCE_DIR) / "examples/borlange_nested.toml";
    result.data = read_routes(read_study(study), std::filesystem::path(folder) / "borlange");
    result.weights.resize(6);
    result.weights << -1.08, -0.43, -0.18, -2.18, 0.98, -0.26;  // about the maximum
  } else {
    const CityOptions options{.rows = 44, .columns = 44, .destinations = 400, .trips = 2000};
    result.data = generate_city(options);
    RouteData& data = result.data;
    data.scales = {"out_degree"};
    data.scale_attributes.resize(data.network.link_count(), 1);
    for (int k = 0; k < data.network.link_count(); ++k) data.scale_attributes(k, 0) = data.network.out_degree(k);
    result.weights.resize(options.weights.size() + 1);
    result.weights << options.weights, -0.1;
  }
  result.near = 1.01 * result.weights;
  return result;
}

const Case& the_case() {
  static const Case result = make_case();
  return result;
}

// Eight destinations, or fewer in the last block.
struct Block {
  std::vector<std::uint8_t> ending;  // [L] a bit per destination
  std::vector<double> values;        // [L × 8]
  std::vector<double> slopes;        // [L × 8] of the log-likelihood, in V
};

class PlainSweeps {
 public:
  explicit PlainSweeps(const RouteData& data) : data_(&data) {
    const RoadNetwork& network = data.network;
    std::vector<int> position(data.destinations.size(), -1);
    int destinations = 0;
    for (const Trip& trip : data.trips) {
      int& at = position[trip.destination];
      if (at < 0) {
        at = destinations++;
        if (at % lanes == 0) blocks_.push_back(empty_block());
        for (const int link : data.destinations[trip.destination].links)
          blocks_.back().ending[link] |= static_cast<std::uint8_t>(1U << at % lanes);
      }
      Block& block = blocks_[at / lanes];
      const int lane = at % lanes;
      for (const int m : trip.moves) {
        block.slopes[lanes * network.to[m] + lane] += 1.0;  // leave out 1 / μ: no matter for speed
        block.slopes[lanes * network.from[m] + lane] -= 1.0;
      }
    }
    for (int lane = destinations % lanes; lane > 0 && lane < lanes; ++lane)  // else these would never end
      for (const int link : data.destinations[data.trips.front().destination].links)
        blocks_.back().ending[link] |= static_cast<std::uint8_t>(1U << lane);
    next_ = policy_ = {};
    next_.resize(blocks_.front().values.size());
    policy_.resize(lanes * network.to.size());
  }

  void set_weights(const Eigen::VectorXd& weights) {
    const auto features = data_->network.attributes.cols();
    utilities_ = data_->network.attributes * weights.head(features);
    scales_ = (data_->scale_attributes * weights.tail(weights.size() - features)).array().exp();
  }

  // Values and flows of all destinations; returns the mean number of sweeps for values.
  double solve(bool from_nothing) {
    double sweeps = 0.0;
    for (Block& block : blocks_) {
      if (from_nothing) std::fill(block.values.begin(), block.values.end(), 0.0);
      sweeps += sweep_values(block);
      sweep_flows(block);
    }
    return sweeps / static_cast<double>(blocks_.size());
  }

 private:
  Block empty_block() const {
    const auto links = static_cast<std::size_t>(data_->network.link_count());
    return {.ending = std::vector<std::uint8_t>(links, 0),
            .values = std::vector<double>(lanes * links, 0.0),
            .slopes = std::vector<double>(lanes * links, 0.0)};
  }

  // T at one link: q of its moves, and of ending.
  int arrange(const Block& block, int k, std::span<double> q) const {
    const RoadNetwork& network = data_->network;
    const int first = network.first_move[k], degree = network.out_degree(k);
    for (int i = 0; i < degree; ++i) {
      const double utility = utilities_(first + i);
      const double* there = &block.values[lanes * network.to[first + i]];
      for (int lane = 0; lane < lanes; ++lane) q[lanes * i + lane] = utility + there[lane];
    }
    if (block.ending[k] == 0) return degree;
    for (int lane = 0; lane < lanes; ++lane)
      q[lanes * degree + lane] = (block.ending[k] >> lane & 1) != 0 ? 0.0 : never;
    return degree + 1;
  }

  int sweep_values(Block& block) {
    std::array<double, lanes * 16> q;
    for (int sweep = 1;; ++sweep) {
      double change = 0.0;
      for (int k = 0; k < data_->network.link_count(); ++k) {
        const int actions = arrange(block, k, q);
        double* value = &next_[lanes * k];
        soft_values({q.data(), static_cast<std::size_t>(lanes * actions)}, scales_(k), {}, {value, lanes});
        for (int lane = 0; lane < lanes; ++lane)
          change = std::max(change, std::abs(value[lane] - block.values[lanes * k + lane]));
      }
      block.values.swap(next_);
      if (change < 1e-8 || sweep == 100'000) return sweep;
    }
  }

  void sweep_flows(const Block& block) {
    const RoadNetwork& network = data_->network;
    std::array<double, lanes * 16> q, p;
    std::array<double, lanes> value;
    for (int k = 0; k < network.link_count(); ++k) {
      const auto size = static_cast<std::size_t>(lanes * arrange(block, k, q));
      boltzmann_policies({q.data(), size}, scales_(k), {}, {p.data(), size}, value);
      std::copy_n(p.begin(), lanes * network.out_degree(k), &policy_[lanes * network.first_move[k]]);
    }
    std::vector<double> flows = block.slopes;
    for (int sweep = 0; sweep < 100'000; ++sweep) {
      next_ = block.slopes;
      for (int m = 0; m < network.move_count(); ++m)
        for (int lane = 0; lane < lanes; ++lane)
          next_[lanes * network.to[m] + lane] += policy_[lanes * m + lane] * flows[lanes * network.from[m] + lane];
      double change = 0.0;
      for (std::size_t i = 0; i < flows.size(); ++i) change = std::max(change, std::abs(next_[i] - flows[i]));
      flows.swap(next_);
      if (change < 1e-8) break;
    }
    benchmark::DoNotOptimize(flows.data());
  }

  const RouteData* data_;
  Eigen::VectorXd utilities_, scales_;
  std::vector<Block> blocks_;
  std::vector<double> next_, policy_;
};

// From the values at weights that are 1 % away.
void nested_near(benchmark::State& state) {
  NestedLikelihood nested(the_case().data);
  for (auto _ : state) {
    state.PauseTiming();
    benchmark::DoNotOptimize(nested.evaluate(the_case().near));
    state.ResumeTiming();
    const LikelihoodValue value = nested.evaluate(the_case().weights);
    if (value.status != PathSumStatus::Finite) state.SkipWithError("the weights are not feasible");
    state.counters["log_likelihood"] = value.log_likelihood;
    state.counters["factorisations"] = nested.factorisations();
  }
}

void plain_sweeps_near(benchmark::State& state) {
  PlainSweeps sweeps(the_case().data);
  for (auto _ : state) {
    state.PauseTiming();
    sweeps.set_weights(the_case().near);
    sweeps.solve(false);
    sweeps.set_weights(the_case().weights);
    state.ResumeTiming();
    state.counters["sweeps"] = sweeps.solve(false);
  }
}

void nested_from_nothing(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    NestedLikelihood nested(the_case().data);
    state.ResumeTiming();
    benchmark::DoNotOptimize(nested.evaluate(the_case().weights));
    state.counters["factorisations"] = nested.factorisations();
  }
}

void plain_sweeps_from_nothing(benchmark::State& state) {
  PlainSweeps sweeps(the_case().data);
  sweeps.set_weights(the_case().weights);
  for (auto _ : state) state.counters["sweeps"] = sweeps.solve(true);
}

BENCHMARK(nested_near)->Unit(benchmark::kMillisecond);
BENCHMARK(plain_sweeps_near)->Unit(benchmark::kMillisecond);
BENCHMARK(nested_from_nothing)->Unit(benchmark::kMillisecond);
BENCHMARK(plain_sweeps_from_nothing)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace softrl::irl
