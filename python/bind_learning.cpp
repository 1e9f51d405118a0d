// softrl.tabular: what is learned or estimated from samples of an Mdp. Shapes, units and errors are those of the
// headers in tabular/.
#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include <nanobind/eigen/dense.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/vector.h>

#include "bind_support.hpp"
#include "tabular/monte_carlo.hpp"
#include "tabular/soft_q_learning.hpp"
#include "tabular/tabular_environment.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace softrl;
using namespace softrl::tabular;
using Eigen::VectorXd;

namespace {

using Release = nb::call_guard<nb::gil_scoped_release>;

void bind_soft_q_learning(nb::module_& m) {
  nb::class_<Schedule>(m, "Schedule", "max(floor, initial / (1 + n / scale) ** exponent); constant at exponent 0.")
      .def(
          "__init__",
          [](Schedule* self, double initial, double exponent, double scale, double floor) {
            new (self) Schedule{.initial = initial, .exponent = exponent, .scale = scale, .floor = floor};
          },
          "initial"_a, "exponent"_a = 0.0, "scale"_a = 1.0, "floor"_a = 0.0);
  nb::class_<SoftQLearningResult>(m, "SoftQLearningResult", "See tabular/soft_q_learning.hpp.")
      .def_ro("episodes", &SoftQLearningResult::episodes, "That were begun.")
      .def_prop_ro(
          "action_values", [](const SoftQLearningResult& r) { return read_only(r.action_values); },
          "[S, A]; read-only.")
      .def_prop_ro(
          "policy", [](const SoftQLearningResult& r) { return read_only(r.policy); }, "[S, A]; read-only.")
      .def_prop_ro(
          "values", [](const SoftQLearningResult& r) { return read_only(r.values); }, "[S]; read-only.")
      .def_prop_ro(
          "updates", [](const SoftQLearningResult& r) { return r.updates; }, "[S, A] how often each was updated.");
  const SoftQLearningOptions defaults;
  m.def(
      "soft_q_learning",
      [](const Mdp& mdp, double temperature, const std::optional<VectorXd>& log_weights, int backup_steps,
         double lambda, int segment_steps, const Schedule& step_size, const Schedule& exploration, std::int64_t steps,
         std::uint64_t seed, const std::optional<PythonObserver>& progress) {
        TabularEnvironment environment(mdp);
        return soft_q_learning(environment, {.discount = mdp.discount(),
                                             .temperature = {.initial = temperature},
                                             .log_weights = dense_log_weights(mdp, to_measure(log_weights)),
                                             .backup_steps = backup_steps,
                                             .lambda = lambda,
                                             .segment_steps = segment_steps,
                                             .step_size = step_size,
                                             .exploration = exploration,
                                             .steps = steps,
                                             .seed = seed,
                                             .progress = to_observer(progress)});
      },
      "mdp"_a, nb::kw_only(), "temperature"_a = defaults.temperature.initial, "log_weights"_a = nb::none(),
      "backup_steps"_a = defaults.backup_steps, "lambda_"_a = defaults.lambda,
      "segment_steps"_a = defaults.segment_steps, "step_size"_a = defaults.step_size,
      "exploration"_a = defaults.exploration, "steps"_a = defaults.steps, "seed"_a = defaults.seed,
      "progress"_a = nb::none(), Release(),
      "Soft Q-learning from `steps` samples of the process, which it never looks into; options as in "
      "tabular/soft_q_learning.hpp.");
}

void bind_monte_carlo(nb::module_& m) {
  nb::class_<MonteCarloEstimate>(m, "MonteCarloEstimate", "See tabular/monte_carlo.hpp.")
      .def_ro("mean", &MonteCarloEstimate::mean, "Over the episodes.")
      .def_ro("low", &MonteCarloEstimate::low, "Lower end of the interval.")
      .def_ro("high", &MonteCarloEstimate::high, "Upper end of the interval.")
      .def_ro("cut_episodes", &MonteCarloEstimate::cut_episodes, "That max_steps ended.");
  nb::class_<MonteCarloVisitation>(m, "MonteCarloVisitation", "See tabular/monte_carlo.hpp.")
      .def_prop_ro(
          "mean", [](const MonteCarloVisitation& v) { return read_only(v.mean); }, "[S] discounted visits; read-only.")
      .def_prop_ro(
          "low", [](const MonteCarloVisitation& v) { return read_only(v.low); }, "[S] lower ends; read-only.")
      .def_prop_ro(
          "high", [](const MonteCarloVisitation& v) { return read_only(v.high); }, "[S] upper ends; read-only.")
      .def_ro("cut_episodes", &MonteCarloVisitation::cut_episodes, "That max_steps ended.");
  const MonteCarloOptions defaults;
  m.def(
      "monte_carlo_value",
      [](const Mdp& mdp, const VectorXd& policy, int episodes, int max_steps, double confidence, std::uint64_t seed,
         double temperature, const std::optional<VectorXd>& log_weights) {
        return monte_carlo_value(mdp, policy,
                                 {.episodes = episodes,
                                  .max_steps = max_steps,
                                  .confidence = confidence,
                                  .seed = seed,
                                  .temperature = temperature,
                                  .base_measure = to_measure(log_weights)});
      },
      "mdp"_a, "policy"_a, nb::kw_only(), "episodes"_a = defaults.episodes, "max_steps"_a = defaults.max_steps,
      "confidence"_a = defaults.confidence, "seed"_a = defaults.seed, "temperature"_a = defaults.temperature,
      "log_weights"_a = nb::none(), Release(), "The return of `policy` [K] estimated from episodes, with an interval.");
  m.def(
      "monte_carlo_visitation",
      [](const Mdp& mdp, const VectorXd& policy, int episodes, int max_steps, double confidence, std::uint64_t seed) {
        return monte_carlo_visitation(
            mdp, policy, {.episodes = episodes, .max_steps = max_steps, .confidence = confidence, .seed = seed});
      },
      "mdp"_a, "policy"_a, nb::kw_only(), "episodes"_a = defaults.episodes, "max_steps"_a = defaults.max_steps,
      "confidence"_a = defaults.confidence, "seed"_a = defaults.seed, Release(),
      "Discounted visits of `policy` [K] estimated from episodes; all intervals hold together.");
  m.def(
      "monte_carlo_hitting",
      [](const Mdp& mdp, const VectorXd& policy, const std::vector<Index>& targets, int episodes, int max_steps,
         double confidence, std::uint64_t seed) {
        return monte_carlo_hitting(
            mdp, policy, targets,
            {.episodes = episodes, .max_steps = max_steps, .confidence = confidence, .seed = seed});
      },
      "mdp"_a, "policy"_a, "targets"_a, nb::kw_only(), "episodes"_a = defaults.episodes,
      "max_steps"_a = defaults.max_steps, "confidence"_a = defaults.confidence, "seed"_a = defaults.seed, Release(),
      "The probability of ever entering a state of the list `targets` under `policy` [K], estimated from episodes.");
}

}  // namespace

void bind_learning(nb::module_& m) {
  bind_soft_q_learning(m);
  bind_monte_carlo(m);
}
