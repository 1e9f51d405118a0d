#include <cstdio>
#include <exception>
#include <string>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "softrl/version.hpp"

namespace softrl::cli {
namespace {

// CLI11 says "a subcommand is required" to a misspelt one; its name says more.
void check_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::string known;
  for (const CLI::App* command : app.get_subcommands({})) {
    if (command->get_name() == argv[1]) return;
    known += (known.empty() ? "" : ", ") + command->get_name();
  }
  throw std::invalid_argument(fmt::format("unknown command \"{}\" (known: {})", argv[1], known));
}

}  // namespace

int parse_and_run(CLI::App& app, const Run& run, int argc, char** argv) {
  app.set_version_flag("--version", softrl::version);
  app.require_subcommand(1);
  try {
    check_command(app, argc, argv);
    app.parse(argc, argv);
    return run();
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    fmt::print(stderr, "softrl: {}\n", error.what());
  } catch (const std::exception& error) {
    fmt::print(stderr, "softrl: {}\n", error.what());
  }
  return 2;
}

}  // namespace softrl::cli
