// Values and policies to look at: maps of a gridworld, a table of the first states of any other model.
#pragma once
#include <string>

#include <Eigen/Core>

#include "tabular/mdp_files.hpp"

namespace softrl::cli {

// With headings; empty where a map would be wider than a screen. `values` [S], `policy` [K].
std::string view(const tabular::Model& model, const Eigen::Ref<const Eigen::VectorXd>& values,
                 const Eigen::Ref<const Eigen::VectorXd>& policy);

}  // namespace softrl::cli
