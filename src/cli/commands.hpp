// The subcommands of the `softrl` program, a file each. add_<command> declares options on `app` and, when the command
// is the one called, stores what to run in `run`: a function that returns the exit code.
// Exit codes: 0 done; 1 the answer is no (a theorem fails, a fit or solve did not converge); 2 wrong usage or bad
// input.
#pragma once
#include <functional>

#include <CLI/CLI.hpp>

namespace softrl::cli {

using Run = std::function<int()>;

void add_solve(CLI::App& app, Run& run);
void add_verify(CLI::App& app, Run& run);
void add_routes(CLI::App& app, Run& run);
void add_train(CLI::App& app, Run& run);
void add_evaluate(CLI::App& app, Run& run);

}  // namespace softrl::cli
