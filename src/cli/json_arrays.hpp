// Vectors and matrices in JSON: lists of numbers and lists of rows, null where a number is infinite or NaN.
#pragma once
#include <filesystem>

#include <Eigen/Core>

#include "cli/output.hpp"

namespace softrl::cli {

Json numbers(const Eigen::VectorXd& values);
Json rows(const Eigen::MatrixXd& values);

// The other way round; null is NaN. Throw Json::exception for anything else, and for rows of different lengths.
Eigen::VectorXd vector_from(const Json& json);
Eigen::MatrixXd matrix_from(const Json& json);

// Throws std::runtime_error, naming the file, if it cannot be read or is not JSON.
Json read_json(const std::filesystem::path& file);

}  // namespace softrl::cli
