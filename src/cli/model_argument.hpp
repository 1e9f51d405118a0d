// The argument MODEL of a subcommand, a file of any format, with the options that say how to read it.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "tabular/mdp_files.hpp"

namespace softrl::cli {

struct ModelArgument {
  std::string file;
  tabular::ReadModelOptions options;

  tabular::Model read() const { return tabular::read_model(file, options); }
};

// Declares MODEL, --discount, --format, --terminal-label and --reward-model. `argument` must outlive the parsing.
void add_model_argument(CLI::App& command, ModelArgument& argument);

// "cliff.toml (gridworld): 48 states, 148 state-actions, 148 transitions, discount 0.98".
void print_model_line(const std::string& name, tabular::ModelFormat format, const tabular::Mdp& mdp);

// An option whose value is the name of a format.
CLI::Option* add_format_option(CLI::App& command, const std::string& name, std::optional<tabular::ModelFormat>& format,
                               const std::string& description);

}  // namespace softrl::cli
