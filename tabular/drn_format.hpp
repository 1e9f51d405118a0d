// Storm's DRN files of MDPs and Markov chains (docs/formats.md).
#pragma once
#include <filesystem>
#include <string>

#include "tabular/labelled_process.hpp"

namespace softrl::tabular {

// Throws std::runtime_error "file:line: what is wrong"; std::invalid_argument if the file has several reward models and
// `reward_model` is not one of them.
LabelledProcess read_drn(const std::filesystem::path& file, const std::string& reward_model);

std::string to_drn(const Mdp& mdp);

}  // namespace softrl::tabular
