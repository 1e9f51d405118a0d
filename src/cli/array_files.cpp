#include "cli/array_files.hpp"

#include <functional>
#include <numeric>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xtensor/xadapt.hpp>
#include <xtensor/xnpy.hpp>

#include "softrl/atomic_file.hpp"
#include "tabular/npz.hpp"

namespace softrl::cli {

using tabular::Index;
using tabular::Mdp;

void write_array(const std::filesystem::path& path, const double* data, const std::vector<std::size_t>& shape) {
  if (path.empty()) return;
  const std::size_t size = std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
  write_atomically(path, [&](const std::filesystem::path& temporary) {
    xt::dump_npy(temporary.string(), xt::adapt(data, size, xt::no_ownership(), shape));
  });
}

Eigen::VectorXd read_state_array(const Mdp& mdp, const std::filesystem::path& file) {
  const auto array = tabular::read_npy(file);
  if (array.shape != std::vector{static_cast<std::size_t>(mdp.states())})
    throw std::runtime_error(
        fmt::format("{}: must have shape [{}], got [{}]", file.string(), mdp.states(), fmt::join(array.shape, ", ")));
  return Eigen::VectorXd::Map(array.values.data(), mdp.states());
}

Eigen::VectorXd read_pair_array(const Mdp& mdp, const std::filesystem::path& file) {
  const auto array = tabular::read_npy(file);
  const auto states = static_cast<std::size_t>(mdp.states()), names = static_cast<std::size_t>(mdp.action_names());
  if (array.shape == std::vector{static_cast<std::size_t>(mdp.pairs())})
    return Eigen::VectorXd::Map(array.values.data(), mdp.pairs());
  if (array.shape != std::vector{states, names})
    throw std::runtime_error(fmt::format("{}: must have shape [{}, {}] or [{}], got [{}]", file.string(), states, names,
                                         mdp.pairs(), fmt::join(array.shape, ", ")));
  Eigen::VectorXd result(mdp.pairs());
  for (Index s = 0; s < mdp.states(); ++s) {
    for (Index a = 0; a < mdp.action_names(); ++a) {
      const double value = array.values[static_cast<std::size_t>(s) * names + static_cast<std::size_t>(a)];
      const Index pair = mdp.find_pair(s, a);
      if (pair >= 0)
        result(pair) = value;
      else if (value != 0.0)
        throw std::runtime_error(
            fmt::format("{}: state {} has no action {}, so its entry must be 0, got {}", file.string(), s, a, value));
    }
  }
  return result;
}

}  // namespace softrl::cli
