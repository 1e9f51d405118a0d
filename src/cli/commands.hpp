// The subcommands of the `softrl` program, a file each. add_<command> declares options on `app` and, when the command
// is the one called, stores what to run in `run`: a function that returns the exit code.
// Exit codes: 0 done; 1 the answer is no (a theorem fails, a fit or solve did not converge); 2 wrong usage or bad
// input.
#pragma once
#include <functional>

#include <CLI/CLI.hpp>

namespace softrl::cli {

using Run = std::function<int()>;

void add_convert(CLI::App& app, Run& run);
void add_generate(CLI::App& app, Run& run);
void add_solve(CLI::App& app, Run& run);
void add_verify(CLI::App& app, Run& run);
void add_irl(CLI::App& app, Run& run);
void add_routes(CLI::App& app, Run& run);
void add_routes_bootstrap(CLI::App& routes, Run& run);
void add_routes_compare(CLI::App& routes, Run& run);
void add_routes_destinations(CLI::App& routes, Run& run);
void add_routes_evaluate(CLI::App& routes, Run& run);
void add_routes_fit(CLI::App& routes, Run& run);
void add_routes_flows(CLI::App& routes, Run& run);
void add_routes_generate(CLI::App& routes, Run& run);
void add_routes_likelihood(CLI::App& routes, Run& run);
void add_routes_path(CLI::App& routes, Run& run);
void add_routes_predict(CLI::App& routes, Run& run);
void add_routes_simulate(CLI::App& routes, Run& run);
void add_routes_wald(CLI::App& routes, Run& run);  // test, ratio
void add_plot(CLI::App& app, Run& run);
void add_record(CLI::App& app, Run& run);
void add_train(CLI::App& app, Run& run);
void add_evaluate(CLI::App& app, Run& run);
void add_export(CLI::App& app, Run& run);
void add_tasks(CLI::App& app, Run& run);
void add_validate(CLI::App& app, Run& run);

// `train`, `evaluate`, `export`, `tasks` and `validate` by name only: they run in the program softrl-agents, called
// with `argv`.
void add_agents(CLI::App& app, Run& run, char** argv);

// What a main() does once its commands are declared: parses, runs, and turns every error into one line and exit code 2.
int parse_and_run(CLI::App& app, const Run& run, int argc, char** argv);

}  // namespace softrl::cli
