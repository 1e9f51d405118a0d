// softrl.irl: maximum-entropy inverse RL on any finite MDP. Shapes, units and errors are those of irl/maxent_irl.hpp.
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nanobind/eigen/dense.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bind_support.hpp"
#include "bind_weights.hpp"
#include "irl/maxent_irl.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace softrl::irl;

namespace {

using Walk = std::pair<std::vector<Index>, std::vector<Index>>;

// The fit with what names its arrays, so that it stands without the data.
struct IrlFit {
  std::vector<std::string> names;
  MaxEntFit fit;
  Eigen::VectorXd action_policy;  // [K], of a fixed horizon in the first step

  Eigen::VectorXd errors(const Eigen::MatrixXd& covariance) const { return standard_errors(covariance, fit.estimated); }
};

MdpFeatures::On on_named(const std::string& on) {
  if (on == "states") return MdpFeatures::On::States;
  if (on == "state_actions") return MdpFeatures::On::StateActions;
  if (on == "transitions") return MdpFeatures::On::Transitions;
  throw std::invalid_argument(fmt::format("on must be states, state_actions or transitions, got '{}'", on));
}

PathModel model_named(const std::string& model) {
  for (const PathModel m : {PathModel::CausalEntropy, PathModel::MaxEntPaths})
    if (model == to_string(m)) return m;
  throw std::invalid_argument(fmt::format("model must be causal_entropy or maxent_paths, got '{}'", model));
}

Optimiser optimiser_named(const std::string& optimiser) {
  for (const Optimiser o : {Optimiser::Lbfgs, Optimiser::ExponentiatedGradient})
    if (optimiser == to_string(o)) return o;
  throw std::invalid_argument(fmt::format("optimiser must be lbfgs or exponentiated_gradient, got '{}'", optimiser));
}

Horizon horizon_of(std::optional<int> steps, std::optional<double> discount, bool at_goal) {
  if (at_goal && !steps)
    throw std::invalid_argument("at_goal needs a horizon; without one, paths end at a goal anyway");
  if (at_goal && steps && !discount) return Horizon::fixed_to_goal(*steps);
  if (steps && discount) throw std::invalid_argument("horizon and discount cannot both be given");
  return steps ? Horizon::fixed(*steps) : discount ? Horizon::discounted(*discount) : Horizon::to_goal();
}

void bind_fit(nb::module_& m) {
  const auto copy = nb::rv_policy::copy;
  nb::class_<IrlFit>(m, "IrlFit", "Fitted weights of a reward and their errors; definitions as in irl/maxent_irl.hpp.")
      .def_ro("names", &IrlFit::names, "Names of the weights, in the order of all arrays here.")
      .def_prop_ro(
          "status", [](const IrlFit& r) { return status_of(r.fit); }, "'converged', 'iteration_limit' or 'stalled'.")
      .def_prop_ro(
          "values", [](const IrlFit& r) { return r.fit.weights; }, copy, "[k] weights.")
      .def_prop_ro(
          "std_error", [](const IrlFit& r) { return r.errors(r.fit.covariance); }, copy, "[k]; NaN if not estimated.")
      .def_prop_ro(
          "robust_std_error", [](const IrlFit& r) { return r.errors(r.fit.robust_covariance); }, copy,
          "[k] from the sandwich estimator; NaN if not estimated.")
      .def_prop_ro(
          "objective", [](const IrlFit& r) { return r.fit.objective; }, "Penalties included, in nats.")
      .def_prop_ro(
          "log_likelihood", [](const IrlFit& r) { return r.fit.log_likelihood; }, "Of the actions taken, in nats.")
      .def_prop_ro(
          "feature_mismatch", [](const IrlFit& r) { return r.fit.feature_mismatch; },
          "Greatest difference per demonstration between demonstrated and expected features.")
      .def_prop_ro(
          "counted_visits", [](const IrlFit& r) { return r.fit.counted_visits; }, copy, "[S] visits per demonstration.")
      .def_prop_ro(
          "expected_visits", [](const IrlFit& r) { return r.fit.expected_visits; }, copy,
          "[S] the same as the model expects them.")
      .def_prop_ro(
          "policy", [](const IrlFit& r) { return r.action_policy; }, copy,
          "[K] P(a | s) over pairs; of a fixed horizon, in the first step.")
      .def_prop_ro(
          "warnings", [](const IrlFit& r) { return r.fit.warnings; },
          "A sentence for each weight, or set of weights, that the demonstrations cannot tell.")
      .def_prop_ro(
          "iterations", [](const IrlFit& r) { return r.fit.iterations; }, "Of the optimiser.")
      .def("__repr__", [](const IrlFit& r) {
        std::string text =
            fmt::format("IrlFit({}, feature_mismatch={:.2g}", softrl::to_string(r.fit.status), r.fit.feature_mismatch);
        for (std::size_t j = 0; j < r.names.size(); ++j)
          text += fmt::format(", {}={:.4g}", r.names[j], r.fit.weights(static_cast<Eigen::Index>(j)));
        return text + ")";
      });
}

}  // namespace

void bind_maxent_irl(nb::module_& m) {
  bind_fit(m);
  const MaxEntIrlOptions defaults;
  m.def(
      "maxent_irl",
      [](const Mdp& mdp, const RowMatrix& features, const std::vector<Walk>& demonstrations,
         const std::optional<std::vector<std::string>>& names, const std::string& on, const std::string& model,
         std::optional<int> horizon, std::optional<double> discount, bool at_goal, double l1, double l2,
         const std::string& optimiser, double tolerance, int max_iterations, const Weights& start, const Weights& fix) {
        MdpFeatures described{
            .names = names.value_or(std::vector<std::string>()), .on = on_named(on), .values = features};
        if (!names) {
          for (Eigen::Index j = 0; j < features.cols(); ++j) described.names.push_back(fmt::format("w{}", j));
        }
        std::vector<Demonstration> walks;
        for (const auto& [states, actions] : demonstrations)
          walks.push_back({.name = std::to_string(walks.size()), .states = states, .actions = actions});
        MaxEntLikelihood likelihood(mdp, described, walks, model_named(model), horizon_of(horizon, discount, at_goal));
        MaxEntFit fit = maxent_irl(likelihood, {.start = named(start),
                                                .fixed = named(fix),
                                                .penalty = {.l1 = l1, .l2 = l2},
                                                .optimiser = optimiser_named(optimiser),
                                                .tolerance = tolerance,
                                                .max_iterations = max_iterations,
                                                .progress = stop_on_signals()});
        Eigen::VectorXd policy = likelihood.process().action_policy(fit.policy.policy(0));
        return IrlFit{.names = described.names, .fit = std::move(fit), .action_policy = std::move(policy)};
      },
      "mdp"_a, "features"_a, "demonstrations"_a, nb::kw_only(), "names"_a = nb::none(), "on"_a = "state_actions",
      "model"_a = "causal_entropy", "horizon"_a = nb::none(), "discount"_a = nb::none(), "at_goal"_a = false,
      "l1"_a = 0.0, "l2"_a = 0.0, "optimiser"_a = "lbfgs", "tolerance"_a = defaults.tolerance,
      "max_iterations"_a = defaults.max_iterations, "start"_a = Weights(), "fix"_a = Weights(),
      nb::call_guard<nb::gil_scoped_release>(),
      "Weights of a reward, linear in features, under which the demonstrations are what maximum entropy expects.\n\n"
      "features            [S, k], [K, k] or [N, k], as `on` says: states, state_actions or transitions of `mdp`\n"
      "demonstrations      a list of (states [T+1], actions [T])\n"
      "model               causal_entropy, or maxent_paths (the paper of 2008)\n"
      "horizon, discount   a fixed number of steps, or for ever with a discount; neither: until a terminal state\n"
      "at_goal             whether paths of a fixed number of steps must have reached a terminal state by then\n"
      "start, fix          {name: weight}; names are w0, w1, ... unless given");
}
