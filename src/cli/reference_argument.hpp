// The option --reference of a subcommand: the policy to which KL is penalised in place of the entropy bonus.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/output.hpp"
#include "tabular/base_measure.hpp"
#include "tabular/mdp.hpp"

namespace softrl::cli {

struct ReferenceArgument {
  std::string reference;  // "uniform" or a file; empty: none.

  // The counting measure if there is none. Throws std::runtime_error naming the file if it holds no policy of `mdp`.
  tabular::BaseMeasure base_measure(const tabular::Mdp& mdp) const;

  std::vector<std::filesystem::path> files() const;  // That are read.
  Json json() const;                                 // As given; null if there is none.
  std::string text() const;                          // ", KL to uniform"; empty if there is none.
};

// Declares --reference. `argument` must outlive the parsing.
void add_reference_argument(CLI::App& command, ReferenceArgument& argument);

}  // namespace softrl::cli
