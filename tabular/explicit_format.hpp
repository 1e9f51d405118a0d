// The explicit files of PRISM and Storm: transitions in NAME.tra, beside it labels in NAME.lab, rewards of states in
// NAME.srew or NAME.state.rew, rewards of transitions in NAME.trew or NAME.trans.rew, states in NAME.sta
// (docs/formats.md). Both dialects are read, told apart by the first line of NAME.tra: three numbers are PRISM's, "mdp"
// is Storm's.
#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tabular/labelled_process.hpp"

namespace softrl::tabular {

enum class ExplicitDialect { Prism, Storm };

struct ExplicitProcess {
  LabelledProcess process;
  ExplicitDialect dialect;
};

// Throws std::runtime_error "file:line: what is wrong".
ExplicitProcess read_explicit(const std::filesystem::path& transitions);

struct ExplicitFile {
  std::filesystem::path path;
  std::string text;
};

// All of them, also those that say nothing, so that none of an older model remains.
std::vector<std::filesystem::path> explicit_files(const std::filesystem::path& transitions, ExplicitDialect dialect);
std::vector<ExplicitFile> to_explicit(const Mdp& mdp, const std::filesystem::path& transitions,
                                      ExplicitDialect dialect);

}  // namespace softrl::tabular
