#include "irl/study_model.hpp"

#include <stdexcept>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "irl/action_model.hpp"
#include "irl/corridor.hpp"
#include "irl/likelihood.hpp"
#include "irl/link_size.hpp"
#include "irl/nested.hpp"

namespace softrl::irl {

std::unique_ptr<RouteModel> make_model(const Study& study, const RouteData& data, const ModelOptions& options) {
  for (const std::string_view name : {"time", "max_margin", "action_costs"})
    if (study.model == name)
      throw std::invalid_argument(
          fmt::format("model = \"{}\": it predicts a route and has no probabilities; softrl routes fit and softrl "
                      "routes evaluate take it",
                      name));
  const auto missing = [&](std::string_view table) {
    throw std::invalid_argument(
        fmt::format("{} with model = \"{}\": this version of softrl has no such model", table, study.model));
  };
  if (study.link_size && study.corridor) missing("corridor and link_size");
  if (study.model != "maxent" && study.model != "nested" && study.link_size) missing("link_size");
  if (study.model != "maxent" && study.corridor) missing("corridor");
  if (options.solver == PathSolver::Iterative && (study.model != "maxent" || study.link_size || study.corridor))
    throw std::invalid_argument("solver iterative: only maxent without link size and corridor can do without factors");
  if (study.model == "action") return std::make_unique<ActionModel>(data);
  if (study.link_size) {
    Eigen::VectorXd weights = all_named_weights(data.network.features, "link_size.weights", study.link_size->weights);
    if (study.model == "nested") return std::make_unique<NestedLikelihood>(data, std::move(weights), options.threads);
    return std::make_unique<LinkSizeModel>(data, std::move(weights), options.threads);
  }
  if (study.model == "nested") return std::make_unique<NestedLikelihood>(data, options.threads);
  if (study.corridor) {
    const Eigen::VectorXd weights =
        with_named_weights(data.network.features, Eigen::VectorXd::Zero(data.network.feature_count()),
                           "corridor.weights", study.corridor->weights);
    return std::make_unique<CorridorLikelihood>(data, -(data.network.attributes * weights), study.corridor->detour);
  }
  return std::make_unique<Likelihood>(data, options.threads, options.solver);
}

}  // namespace softrl::irl
