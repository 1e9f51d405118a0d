// Weights given by name: where a search starts, which ones it leaves alone.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <Eigen/Core>

namespace softrl::irl {

struct NamedWeight {
  std::string name;
  double value;
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

}  // namespace softrl::irl
