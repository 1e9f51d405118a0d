#include "cli/model_argument.hpp"

#include <vector>

#include <fmt/format.h>

#include "cli/output.hpp"

namespace softrl::cli {

CLI::Option* add_format_option(CLI::App& command, const std::string& name, std::optional<tabular::ModelFormat>& format,
                               const std::string& description) {
  std::vector<std::string> names;
  for (const auto known : tabular::all_model_formats()) names.emplace_back(to_string(known));
  return command
      .add_option_function<std::string>(
          name, [&format](const std::string& word) { format = tabular::model_format_named(word); }, description)
      ->check(CLI::IsMember(names));
}

void print_model_line(const std::string& name, tabular::ModelFormat format, const tabular::Mdp& mdp) {
  fmt::print("{} ({}): {}, {}, {}, discount {}\n", name, to_string(format), counted(mdp.states(), "state"),
             counted(mdp.pairs(), "state-action"), counted(mdp.transitions(), "transition"), mdp.discount() + 0.0);
}

void add_model_argument(CLI::App& command, ModelArgument& argument) {
  command.add_option("model", argument.file, "Model file: a gridworld (.toml), .npz, .drn or .tra")->required();
  command.add_option("--discount", argument.options.discount,
                     "Discount in [0, 1] (default: the file's; 1 for .drn and .tra, which have none)");
  add_format_option(command, "--format", argument.options.format,
                    "Format of the file (default: recognised by suffix and content)");
  command.add_option("--terminal-label", argument.options.terminal_label,
                     "Label of the terminal states in .drn and .tra models (default: terminal, else target)");
  command.add_option("--reward-model", argument.options.reward_model,
                     "Which reward model of a .drn file (default: the only one)");
}

}  // namespace softrl::cli
