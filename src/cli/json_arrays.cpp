#include "cli/json_arrays.hpp"

#include <cmath>
#include <fstream>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>

namespace softrl::cli {

Json numbers(const Eigen::VectorXd& values) {
  Json json = Json::array();
  for (const double value : values) json.push_back(number(value));
  return json;
}

Json rows(const Eigen::MatrixXd& values) {
  Json json = Json::array();
  for (Eigen::Index i = 0; i < values.rows(); ++i) json.push_back(numbers(values.row(i).transpose()));
  return json;
}

Eigen::VectorXd vector_from(const Json& json) {
  Eigen::VectorXd result(static_cast<Eigen::Index>(json.size()));
  for (Eigen::Index i = 0; i < result.size(); ++i) {
    const Json& entry = json.at(static_cast<std::size_t>(i));
    result(i) = entry.is_null() ? std::nan("") : entry.get<double>();
  }
  return result;
}

Eigen::MatrixXd matrix_from(const Json& json) {
  const std::size_t columns = json.empty() ? 0 : json.at(0).size();
  Eigen::MatrixXd result(static_cast<Eigen::Index>(json.size()), static_cast<Eigen::Index>(columns));
  for (Eigen::Index i = 0; i < result.rows(); ++i) {
    const Eigen::VectorXd row = vector_from(json.at(static_cast<std::size_t>(i)));
    if (row.size() != result.cols())
      throw Json::out_of_range::create(401, "rows of a matrix have different lengths", &json);
    result.row(i) = row.transpose();
  }
  return result;
}

Json read_json(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) throw std::runtime_error(fmt::format("{}: cannot be read", file.string()));
  try {
    return Json::parse(stream);
  } catch (const Json::exception& error) {
    const std::string_view message = error.what();  // behind "[json.exception.…] "
    throw std::runtime_error(
        fmt::format("{}: is not JSON, or damaged: {}", file.string(), message.substr(message.find("] ") + 2)));
  }
}

}  // namespace softrl::cli
