#include "irl/named_weights.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

#include <fmt/format.h>

#include "softrl/check.hpp"

namespace softrl::irl {
namespace {

// Its index, or that of the end.
std::size_t find(const std::vector<std::string>& features, const std::string& name) {
  return static_cast<std::size_t>(std::find(features.begin(), features.end(), name) - features.begin());
}

}  // namespace

Eigen::VectorXd with_named_weights(const std::vector<std::string>& features, Eigen::VectorXd base,
                                   std::string_view option, const std::vector<NamedWeight>& named) {
  check_size(option, base.size(), static_cast<std::int64_t>(features.size()));
  std::set<std::string> seen;
  for (const auto& [name, value] : named) {
    const std::size_t feature = find(features, name);
    if (feature == features.size())
      throw std::invalid_argument(
          fmt::format("{}: unknown weight \"{}\" (weights: {})", option, name, fmt::join(features, ", ")));
    if (!seen.insert(name).second) throw std::invalid_argument(fmt::format("{}: \"{}\" appears twice", option, name));
    check_finite(fmt::format("{}: {}", option, name), value);
    base(static_cast<Eigen::Index>(feature)) = value;
  }
  return base;
}

Eigen::VectorXd all_named_weights(const std::vector<std::string>& features, std::string_view option,
                                  const std::vector<NamedWeight>& named) {
  const Eigen::VectorXd none = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(features.size()));
  Eigen::VectorXd weights = with_named_weights(features, none, option, named);
  const std::vector<bool> given = is_named(features, named);
  for (std::size_t j = 0; j < features.size(); ++j)
    if (!given[j]) throw std::invalid_argument(fmt::format("{}: {} is missing", option, features[j]));
  return weights;
}

std::vector<bool> is_named(const std::vector<std::string>& features, const std::vector<NamedWeight>& named) {
  std::vector<bool> result(features.size(), false);
  for (const NamedWeight& weight : named) result.at(find(features, weight.name)) = true;
  return result;
}

void check_start_and_fixed(const std::vector<std::string>& features, std::string_view prefix,
                           const std::vector<NamedWeight>& start, const std::vector<NamedWeight>& fixed) {
  const Eigen::VectorXd none = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(features.size()));
  with_named_weights(features, none, fmt::format("{}start", prefix), start);
  with_named_weights(features, none, fmt::format("{}fix", prefix), fixed);
  for (const auto& [name, value] : start)
    for (const auto& [fixed_name, fixed_value] : fixed)
      if (name == fixed_name)
        throw std::invalid_argument(
            fmt::format("{0}start: {1}={2} is fixed, by {0}fix {1}={3}", prefix, name, value, fixed_value));
}

void add_defaults(std::vector<NamedWeight>& start, std::vector<NamedWeight>& fixed,
                  const std::vector<NamedWeight>& default_start, const std::vector<NamedWeight>& default_fixed) {
  std::set<std::string> said;
  for (const auto* list : {&start, &fixed})
    for (const NamedWeight& weight : *list) said.insert(weight.name);
  const auto add = [&said](std::vector<NamedWeight>& to, const std::vector<NamedWeight>& from) {
    for (const NamedWeight& weight : from)
      if (!said.contains(weight.name)) to.push_back(weight);
  };
  add(start, default_start);
  add(fixed, default_fixed);
}

}  // namespace softrl::irl
