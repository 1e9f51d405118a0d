// softrl.tabular: finite horizons, and where a policy goes and when it arrives. Shapes, units and errors are those of
// the headers in tabular/.
#include <optional>
#include <string>
#include <vector>

#include <nanobind/eigen/dense.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bind_support.hpp"
#include "softrl/status.hpp"
#include "tabular/advantage.hpp"
#include "tabular/finite_horizon.hpp"
#include "tabular/hitting.hpp"
#include "tabular/stationary_distribution.hpp"
#include "tabular/visitation.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace softrl;
using namespace softrl::tabular;
using Eigen::VectorXd;

namespace {

using Release = nb::call_guard<nb::gil_scoped_release>;

FiniteHorizonOptions finite_horizon_options(double temperature, const std::optional<VectorXd>& log_weights,
                                            const std::optional<DenseTable>& rewards,
                                            const std::optional<VectorXd>& final_values, int threads) {
  return {.temperature = temperature,
          .base_measure = to_measure(log_weights),
          .rewards = rewards.value_or(DenseTable()),
          .final_values = final_values.value_or(VectorXd()),
          .threads = threads,
          .progress = stop_on_signals()};
}

void bind_finite_horizon(nb::module_& m) {
  nb::class_<FiniteHorizonSolution>(m, "FiniteHorizonSolution", "See tabular/finite_horizon.hpp.")
      .def_ro("error_bound", &FiniteHorizonSolution::error_bound, "Of every value, rounding included.")
      .def_prop_ro(
          "values", [](const FiniteHorizonSolution& s) { return read_only(s.values); }, "[N+1, S]; read-only.")
      .def_prop_ro(
          "policy", [](const FiniteHorizonSolution& s) { return read_only(s.policy); }, "[N, K]; read-only.");
  nb::class_<FiniteHorizonVisitation>(m, "FiniteHorizonVisitation", "See tabular/finite_horizon.hpp.")
      .def_ro("relative_error", &FiniteHorizonVisitation::relative_error, "Of every entry, rounding included.")
      .def_prop_ro(
          "states", [](const FiniteHorizonVisitation& v) { return read_only(v.states); }, "[N+1, S]; read-only.")
      .def_prop_ro(
          "pairs", [](const FiniteHorizonVisitation& v) { return read_only(v.pairs); }, "[N, K]; read-only.");

  const FiniteHorizonOptions defaults;
  const char* solve_doc =
      "Backward induction over a finite horizon, exact but for rounding; see tabular/finite_horizon.hpp.\n\n"
      "horizon              N steps of `mdp`; or instead of both `models`, a list of an Mdp for each step\n"
      "rewards [N, K]       in place of the models', or [1, K] for every step\n"
      "final_values [S]     default 0; -inf where a path must not end";
  m.def(
      "backward_induction",
      [](const Mdp& mdp, int horizon, double temperature, const std::optional<VectorXd>& log_weights,
         const std::optional<DenseTable>& rewards, const std::optional<VectorXd>& final_values, int threads) {
        return backward_induction(StepModels(mdp, horizon),
                                  finite_horizon_options(temperature, log_weights, rewards, final_values, threads));
      },
      "mdp"_a, "horizon"_a, nb::kw_only(), "temperature"_a = defaults.temperature, "log_weights"_a = nb::none(),
      "rewards"_a = nb::none(), "final_values"_a = nb::none(), "threads"_a = defaults.threads, Release(), solve_doc);
  m.def(
      "backward_induction",
      [](const std::vector<Mdp>& models, double temperature, const std::optional<VectorXd>& log_weights,
         const std::optional<DenseTable>& rewards, const std::optional<VectorXd>& final_values, int threads) {
        return backward_induction(StepModels(models),
                                  finite_horizon_options(temperature, log_weights, rewards, final_values, threads));
      },
      "models"_a, nb::kw_only(), "temperature"_a = defaults.temperature, "log_weights"_a = nb::none(),
      "rewards"_a = nb::none(), "final_values"_a = nb::none(), "threads"_a = defaults.threads, Release(), solve_doc);
  m.def(
      "finite_horizon_visitation",
      [](const Mdp& mdp, const DenseTable& policy, int horizon, const std::optional<VectorXd>& start) {
        return finite_horizon_visitation(StepModels(mdp, horizon), policy, start.value_or(VectorXd()));
      },
      "mdp"_a, "policy"_a, "horizon"_a, nb::kw_only(), "start"_a = nb::none(), Release(),
      "P(s_t = s) and P(s_t = s, a_t = a) under `policy` [N, K], or [1, K] for every step, from the distribution "
      "`start` [S]; default: that of the Mdp.");
}

void bind_visitation(nb::module_& m) {
  nb::class_<Visitation>(m, "Visitation", "See tabular/visitation.hpp.")
      .def_prop_ro("status", &status_of<Visitation>,
                   "'converged', or, at discount 1, 'infeasible' for a policy that may never end, or 'stalled'.")
      .def_ro("flow_residual", &Visitation::flow_residual, "By how much flow in and flow out differ, summed.")
      .def_ro("error_bound", &Visitation::error_bound, "Of the sum over states of the errors, rounding included.")
      .def_prop_ro(
          "states", [](const Visitation& v) { return read_only(v.states); }, "[S] discounted visits; read-only.")
      .def_prop_ro(
          "pairs", [](const Visitation& v) { return read_only(v.pairs); }, "[K] of state-actions; read-only.");
  m.def(
      "visitation",
      [](const Mdp& mdp, const VectorXd& policy, const std::optional<VectorXd>& start) {
        return visitation(mdp, policy, start.value_or(VectorXd()));
      },
      "mdp"_a, "policy"_a, nb::kw_only(), "start"_a = nb::none(), Release(),
      "How often `policy` [K] visits states and state-actions: sums of discount^t P(s_t = s), not normalised; at "
      "discount 1 expected visits until the end. `start` [S]; default: the Mdp's initial distribution.");
}

void bind_stationary_distribution(nb::module_& m) {
  nb::class_<StationaryDistribution>(m, "StationaryDistribution", "See tabular/stationary_distribution.hpp.")
      .def_prop_ro("status", &status_of<StationaryDistribution>, "'converged' or 'stalled'.")
      .def_ro("flow_residual", &StationaryDistribution::flow_residual, "By how much flow in and out differ, summed.")
      .def_ro("error_bound", &StationaryDistribution::error_bound, "Of the sum of the errors, rounding included.")
      .def_ro("recurrent_classes", &StationaryDistribution::recurrent_classes, "1: it is the same for every start.")
      .def_prop_ro(
          "states", [](const StationaryDistribution& x) { return read_only(x.states); }, "[S]; read-only.")
      .def_prop_ro(
          "pairs", [](const StationaryDistribution& x) { return read_only(x.pairs); }, "[K]; read-only.");
  m.def(
      "stationary_distribution",
      [](const Mdp& mdp, const VectorXd& policy, const std::optional<VectorXd>& start) {
        return stationary_distribution(mdp, policy, start.value_or(VectorXd()));
      },
      "mdp"_a, "policy"_a, nb::kw_only(), "start"_a = nb::none(), Release(),
      "The long-run share of time in each state under `policy` [K] from `start` [S]; default: the Mdp's initial "
      "distribution.");
}

void bind_hitting(nb::module_& m) {
  nb::class_<Hitting>(m, "Hitting", "See tabular/hitting.hpp.")
      .def_prop_ro("status", &status_of<Hitting>, "'converged' or 'stalled'.")
      .def_ro("error_bound", &Hitting::error_bound, "Of every finite entry, rounding included.")
      .def_prop_ro(
          "states", [](const Hitting& h) { return read_only(h.states); }, "[S] for a start in s; read-only.");
  m.def(
      "hitting_probabilities",
      [](const Mdp& mdp, const VectorXd& policy, const std::vector<Index>& targets) {
        return hitting_probabilities(mdp, policy, targets);
      },
      "mdp"_a, "policy"_a, "targets"_a, Release(),
      "Of ever entering a state of the list `targets` under `policy` [K].");
  m.def(
      "expected_hitting_times",
      [](const Mdp& mdp, const VectorXd& policy, const std::vector<Index>& targets) {
        return expected_hitting_times(mdp, policy, targets);
      },
      "mdp"_a, "policy"_a, "targets"_a, Release(),
      "Expected steps until a state of the list `targets` is entered under `policy` [K]; inf where it may be missed.");
}

void bind_advantage(nb::module_& m) {
  nb::class_<Advantage>(m, "Advantage", "See tabular/advantage.hpp.")
      .def_ro("error_bound", &Advantage::error_bound, "Of every entry of either, rounding included.")
      .def_prop_ro(
          "action_values", [](const Advantage& a) { return read_only(a.action_values); }, "[K] Q; read-only.")
      .def_prop_ro(
          "advantages", [](const Advantage& a) { return read_only(a.advantages); }, "[K] Q - V; read-only.");
  m.def("advantage", &advantage, "mdp"_a, "values"_a, "values_error"_a = 0.0, Release(),
        "Action values and advantages of `values` [S], which are within `values_error` of the exact ones.");
  nb::class_<AverageValue>(m, "AverageValue", "See tabular/advantage.hpp.")
      .def_ro("value", &AverageValue::value, "Mean of the values over the start distribution.")
      .def_ro("error_bound", &AverageValue::error_bound, "Of `value`, rounding included.");
  m.def(
      "average_value",
      [](const Mdp& mdp, const VectorXd& values, double values_error, const std::optional<VectorXd>& start) {
        return average_value(mdp, values, values_error, start.value_or(VectorXd()));
      },
      "mdp"_a, "values"_a, "values_error"_a = 0.0, nb::kw_only(), "start"_a = nb::none(), Release(),
      "The mean of `values` [S] over `start` [S]; default: the Mdp's initial distribution.");
}

}  // namespace

void bind_measures(nb::module_& m) {
  bind_finite_horizon(m);
  bind_visitation(m);
  bind_stationary_distribution(m);
  bind_hitting(m);
  bind_advantage(m);
}
