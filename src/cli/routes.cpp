// softrl routes: what do drivers care about? Weights of route features from observed trips.
#include "cli/commands.hpp"

namespace softrl::cli {

void add_routes(CLI::App& app, Run& run) {
  CLI::App* routes = app.add_subcommand("routes", "Learn what route choices reveal: maximum-entropy inverse RL");
  routes->require_subcommand(1);
  add_routes_fit(*routes, run);
  add_routes_evaluate(*routes, run);
  add_routes_compare(*routes, run);
  add_routes_path(*routes, run);
  add_routes_wald(*routes, run);
  add_routes_bootstrap(*routes, run);
  add_routes_likelihood(*routes, run);
  add_routes_predict(*routes, run);
  add_routes_destinations(*routes, run);
  add_routes_flows(*routes, run);
  add_routes_simulate(*routes, run);
  add_routes_generate(*routes, run);
}

}  // namespace softrl::cli
