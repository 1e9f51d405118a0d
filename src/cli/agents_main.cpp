#include "cli/commands.hpp"

int main(int argc, char** argv) {
  CLI::App app{"The subcommands of softrl that need Torch", "softrl"};
  softrl::cli::Run run;
  softrl::cli::add_train(app, run);
  softrl::cli::add_evaluate(app, run);
  softrl::cli::add_export(app, run);
  softrl::cli::add_tasks(app, run);
  softrl::cli::add_validate(app, run);
  return softrl::cli::parse_and_run(app, run, argc, argv);
}
