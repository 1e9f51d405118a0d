#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/commands.hpp"

namespace softrl::cli {
namespace {

// Replaces this process, so that signals and the exit code are those of softrl-agents itself.
int pass_on(char** argv) {
  const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "softrl-agents";
  ::execv(program.c_str(), argv);
  throw std::runtime_error(fmt::format("{}: cannot be run: {}", program.string(), std::strerror(errno)));
}

}  // namespace

void add_agents(CLI::App& app, Run& run, char** argv) {
  for (const auto& [name, description] :
       {std::pair{"train", "Train a continuous agent"}, std::pair{"evaluate", "Evaluate a trained agent"},
        std::pair{"export", "Write a trained policy as TorchScript or ONNX"},
        std::pair{"tasks", "List the continuous tasks, or the options of one"},
        std::pair{"validate", "Compare a trained agent with the exact solution of its task"}}) {
    CLI::App* command = app.add_subcommand(name, description);
    command->prefix_command();   // What follows the name is for softrl-agents to judge,
    command->set_help_flag("");  // --help included.
    command->callback([&run, argv] { run = [argv] { return pass_on(argv); }; });
  }
}

}  // namespace softrl::cli
