#include <cstdio>
#include <exception>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "softrl/version.hpp"

int main(int argc, char** argv) {
  CLI::App app{"softrl: maximum-entropy reinforcement learning, exact where it can be, learned where it cannot",
               "softrl"};
  app.set_version_flag("--version", softrl::version);
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default();

  softrl::cli::Run run;
  softrl::cli::add_solve(app, run);
  softrl::cli::add_verify(app, run);
  softrl::cli::add_routes(app, run);
#ifdef SOFTRL_CONTINUOUS
  softrl::cli::add_train(app, run);
  softrl::cli::add_evaluate(app, run);
#endif

  try {
    app.parse(argc, argv);
    return run();
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    fmt::print(stderr, "softrl: {}\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "softrl: {}\n", error.what());
    return 2;
  }
}
