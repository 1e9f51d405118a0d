// Arrays of a solution from and to .npy files.
#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "tabular/mdp.hpp"

namespace softrl::cli {

// `data`, row-major; nothing if `path` is empty.
void write_array(const std::filesystem::path& path, const double* data, const std::vector<std::size_t>& shape);

// [S]. Throws std::runtime_error naming the file.
Eigen::VectorXd read_state_array(const tabular::Mdp& mdp, const std::filesystem::path& file);

// [K], also from a table [S, A] that is 0 where an action is not available. Throws std::runtime_error naming the file.
Eigen::VectorXd read_pair_array(const tabular::Mdp& mdp, const std::filesystem::path& file);

}  // namespace softrl::cli
