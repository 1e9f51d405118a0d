#include <cstdio>
#include <exception>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "softrl/version.hpp"

namespace softrl::cli {
namespace {

// CLI11 says "a subcommand is required" to a misspelt one; its name says more. `words` are those after the program.
void check_command(const CLI::App& app, std::span<char*> words) {
  const auto commands = app.get_subcommands({});
  if (commands.empty() || words.empty() || words.front()[0] == '-') return;
  std::string known;
  for (const CLI::App* command : commands) {
    if (command->get_name() == words.front()) return check_command(*command, words.subspan(1));
    known += (known.empty() ? "" : ", ") + command->get_name();
  }
  throw std::invalid_argument(fmt::format("unknown command \"{}\" (known: {})", words.front(), known));
}

// In one line: what libraries append to their messages (Torch its stack) is for their developers.
void complain(std::string_view message) { fmt::print(stderr, "softrl: {}\n", message.substr(0, message.find('\n'))); }

}  // namespace

int parse_and_run(CLI::App& app, const Run& run, int argc, char** argv) {
  app.set_version_flag("--version", softrl::version);
  app.require_subcommand(1);
  try {
    check_command(app, std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
    app.parse(argc, argv);
    const int code = run();
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
      throw std::runtime_error("standard output: cannot be written");
    return code;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    complain(error.what());
  } catch (const std::bad_alloc&) {
    complain("this needs more memory than there is");
  } catch (const std::exception& error) {
    complain(error.what());
  }
  return 2;
}

}  // namespace softrl::cli
