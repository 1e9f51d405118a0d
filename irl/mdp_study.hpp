// A study of demonstrations in a finite MDP: which model, which features, which file of demonstrations. A TOML file;
// docs/maxent_irl.md describes it.
//
// clang-format off
//     mdp = "../gridworlds/slippery.toml"      # any model that `softrl solve` takes
//     demonstrations = "slippery.csv"
//     model = "causal_entropy"                 # or "maxent_paths"
//     features = ["step", "puddle", "goal"]
//
//     [horizon]
//     kind = "to_goal"                         # or "fixed" with steps = 50 (and at_goal = true), or "discounted" with discount = 0.97
//
//     [feature.step]                           # one of constant, enters, distance_to, file
//     constant = 1
//
//     [feature.puddle]                         # of a gridworld: 1 on a move that enters a cell with this symbol
//     enters = "w"
//
//     [feature.goal]                           # of a gridworld: moves from the cell entered to the nearest such cell
//     distance_to = "G"
//     scale = 0.1                              # optional: multiplies
//
//     [feature.risk]                           # a .npy file: [S], [K] or [S, A], [N]; or [.., k] with a column
//     file = "risk.npy"
//     on = "states"                            # or "state_actions", "transitions"
//     column = 0
//
//     [penalty]                                # optional
//     l1 = 0.0
//     l2 = 0.0
// clang-format on
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "irl/maxent_process.hpp"
#include "irl/maximise.hpp"
#include "irl/mdp_features.hpp"
#include "tabular/mdp_files.hpp"

namespace softrl::irl {

struct MdpFeatureDefinition {
  enum class Source { Constant, Enters, DistanceTo, File };
  std::string name;
  Source source = Source::Constant;
  char symbol = ' ';                                   // of Enters and DistanceTo
  std::filesystem::path file = {};                     // of File
  MdpFeatures::On on = MdpFeatures::On::StateActions;  // of File
  int column = 0;                                      // of File
  double scale = 1.0;                                  // multiplies
};

struct MdpStudy {
  std::filesystem::path file;  // of the study itself
  std::filesystem::path mdp, demonstrations;
  PathModel model = PathModel::CausalEntropy;
  Horizon horizon = Horizon::to_goal();
  std::vector<MdpFeatureDefinition> features;
  Penalty penalty = {};
};

// Names of files in it are relative to the study's folder. Throws std::runtime_error, "file:line: table.key: what is
// wrong".
MdpStudy read_mdp_study(const std::filesystem::path& file);

// The features of a study. Throws std::runtime_error, naming study and feature: a symbol of a model that is no
// gridworld or has no such cell, a file of another shape, a value that is not finite.
MdpFeatures study_features(const MdpStudy& study, const tabular::Model& model);

}  // namespace softrl::irl
