// The weights that a command on a route study takes as given: --weights speed=-1,turn=-0.5, or --fit FIT.json.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <Eigen/Core>

#include "irl/study.hpp"

namespace softrl::cli {

struct WeightsArgument {
  std::vector<std::string> words;
  std::filesystem::path fit;

  // Declares both options. This object must outlive the parsing.
  void add_to(CLI::App& command);

  // A value for each of `names` [K]. Throws std::invalid_argument or std::runtime_error, naming option or file, if
  // neither is given, a value is missing, unknown or no number, the fit did not converge, or its weights are of other
  // features than those of `study` by the same names.
  Eigen::VectorXd read(const irl::Study& study, const std::vector<std::string>& names) const;

  bool given() const { return !words.empty() || !fit.empty(); }

  std::vector<std::filesystem::path> files() const;  // That are read.
};

}  // namespace softrl::cli
