// softrl record: a video of a trained agent. Drawing is Python's business (softrl/record.py), options included.
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/commands.hpp"

namespace softrl::cli {
namespace {

constexpr const char* script = R"python(import sys
try:
    from softrl.record import main
except ImportError as error:
    print(f"softrl: record: {error} (in {sys.executable}; SOFTRL_PYTHON names another)", file=sys.stderr)
    sys.exit(2)
sys.exit(main(sys.argv[1:])))python";

// SOFTRL_PYTHON, the interpreter of the checkout that this was built in, or python3.
std::string interpreter() {
  if (const char* chosen = std::getenv("SOFTRL_PYTHON")) return chosen;
  return std::filesystem::exists(SOFTRL_VENV_PYTHON) ? SOFTRL_VENV_PYTHON : "python3";
}

// The package that was built beside this program comes first.
void prefer_own_package() {
  const auto package = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "python";
  if (!std::filesystem::exists(package / "softrl" / "__init__.py")) return;
  const char* others = std::getenv("PYTHONPATH");
  const std::string path = others ? fmt::format("{}:{}", package.string(), others) : package.string();
  ::setenv("PYTHONPATH", path.c_str(), 1);
}

int record(const std::vector<std::string>& arguments) {
  prefer_own_package();
  const std::string python = interpreter();
  std::vector<std::string> words{python, "-c", script};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execvp(python.c_str(), argv.data());
  throw std::runtime_error(
      fmt::format("{}: cannot be run: {} (SOFTRL_PYTHON names the interpreter)", python, std::strerror(errno)));
}

}  // namespace

void add_record(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("record", "Make a video of a trained agent");
  command->prefix_command();   // What follows the name is for softrl/record.py to judge,
  command->set_help_flag("");  // --help included.
  command->callback([command, &run] { run = [command] { return record(command->remaining()); }; });
}

}  // namespace softrl::cli
