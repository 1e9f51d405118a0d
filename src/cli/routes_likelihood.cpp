// softrl routes likelihood: log-likelihood and its slope at given weights.
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/study_argument.hpp"
#include "cli/weight_options.hpp"
#include "irl/named_weights.hpp"
#include "irl/study_model.hpp"

namespace softrl::cli {
namespace {

// Why there is no log-likelihood, for JSON; null if there is one.
Json reason(irl::PathSumStatus status) {
  switch (status) {
    case irl::PathSumStatus::Finite:
      return nullptr;
    case irl::PathSumStatus::Divergent:
      return "diverges";
    case irl::PathSumStatus::OutOfRange:
      return "out_of_range";
    case irl::PathSumStatus::Inaccurate:
      return "inaccurate";
  }
  return nullptr;
}

// Where detours are too cheap; null if that is not known.
Json region(const irl::SpectralRadius& radius, const irl::RoadNetwork& network) {
  if (radius.cycle.empty()) return nullptr;
  Json cycle = Json::array();
  for (const int link : radius.cycle) cycle.push_back(network.links[link]);
  return {{"links", radius.region}, {"cycle", cycle}};
}

struct LikelihoodCommand {
  StudyArgument study;
  irl::ModelOptions model_options;
  std::vector<std::string> weights;

  int run() const {
    const std::vector<irl::NamedWeight> named = parse_weights("--weights", weights);
    const LoadedStudy loaded = study.read();
    fmt::print("{}\n\n", describe(loaded.data));
    const auto model = irl::make_model(loaded.study, loaded.data, model_options);
    const std::vector<std::string>& names = model->weight_names();
    const Eigen::VectorXd values = irl::all_named_weights(names, "--weights", named);

    const irl::LikelihoodValue value = model->evaluate(values);
    const irl::SpectralRadius radius = model->radius();
    const bool finite = value.status == irl::PathSumStatus::Finite;
    // Weights may be feasible although double precision cannot hold what they imply.
    const bool feasible = finite || radius.upper < 1.0;
    Json gradient = Json::array();
    for (int j = 0; j < static_cast<int>(names.size()); ++j)
      gradient.push_back({{"name", names[j]}, {"value", finite ? number(value.gradient(j)) : Json(nullptr)}});
    if (finite) {
      Table table{.header = {"weight", "value", "slope"}};
      for (int j = 0; j < static_cast<int>(names.size()); ++j)
        table.rows.push_back({names[j], fmt::format("{}", values(j)), weight_text(value.gradient(j))});
      fmt::print("{}\nlog-likelihood {} of {}; spectral radius {:.6f}\n", table.text(),
                 decimals(value.log_likelihood, 6), counted(loaded.data.trips.size(), "trip"), radius.upper);
    } else {
      fmt::print("at these weights {}", describe(value.status));
      if (std::isfinite(radius.upper))
        fmt::print("; the spectral radius is between {:.9g} and {:.9g}{}", radius.lower, radius.upper,
                   feasible ? "" : ", and must be below 1" + irl::describe_region(radius, loaded.data.network));
      fmt::print("\n");
    }
    std::fflush(stdout);
    Json json = {{"log_likelihood", finite ? number(value.log_likelihood) : Json(nullptr)},
                 {"gradient", gradient},
                 {"spectral_radius", to_json(radius)},
                 {"feasible", feasible},
                 {"region", feasible ? Json(nullptr) : region(radius, loaded.data.network)},
                 {"reason", reason(value.status)},
                 {"trips", loaded.data.trips.size()}};
    add_trip_report(json, loaded.data.trip_report);
    write_json(study.json, json);
    return finite ? 0 : 1;
  }
};

}  // namespace

void add_routes_likelihood(CLI::App& routes, Run& run) {
  const auto likelihood = std::make_shared<LikelihoodCommand>();
  CLI::App* command = routes.add_subcommand("likelihood", "Log-likelihood and its slope at given weights");
  likelihood->study.add_to(*command);
  add_weights(*command, "--weights", likelihood->weights, "A value for every weight")->required();
  add_model_options(*command, likelihood->model_options);
  command->callback([likelihood, &run] { run = [likelihood] { return likelihood->run(); }; });
}

}  // namespace softrl::cli
