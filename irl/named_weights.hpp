// Weights given by name: where a search starts, which ones it leaves alone.
#pragma once
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <Eigen/Core>

namespace softrl::irl {

struct NamedWeight {
  std::string name;
  double value;
};

struct WeightBounds {
  std::string name;
  double lower = -std::numeric_limits<double>::infinity();
  double upper = std::numeric_limits<double>::infinity();
};

// `base` [K] with the named weights replaced. `option` is what messages call it.
// Throws std::invalid_argument: a name that is not one of `features` or appears twice, a value that is not finite.
Eigen::VectorXd with_named_weights(const std::vector<std::string>& features, Eigen::VectorXd base,
                                   std::string_view option, const std::vector<NamedWeight>& named);

// The weights [K], every one of which must be named. Throws as above.
Eigen::VectorXd all_named_weights(const std::vector<std::string>& features, std::string_view option,
                                  const std::vector<NamedWeight>& named);

// [K] which of `features` are named.
std::vector<bool> is_named(const std::vector<std::string>& features, const std::vector<NamedWeight>& named);

// Throws as above, and if a weight is both started and fixed. `prefix` stands before the options' names in messages.
void check_start_and_fixed(const std::vector<std::string>& features, std::string_view prefix,
                           const std::vector<NamedWeight>& start, const std::vector<NamedWeight>& fixed);

// Adds to what a caller says of weights (start, fixed) what is known otherwise of those that the caller does not name.
void add_defaults(std::vector<NamedWeight>& start, std::vector<NamedWeight>& fixed,
                  const std::vector<NamedWeight>& default_start, const std::vector<NamedWeight>& default_fixed);

}  // namespace softrl::irl
