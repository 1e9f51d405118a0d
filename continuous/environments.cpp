#include "continuous/environments.hpp"

namespace softrl::continuous {

VectorStep VectorStep::zero(int environments, Eigen::Index observation_size, Eigen::Index info_size) {
  const RowMatrix observations = RowMatrix::Zero(environments, observation_size);
  return {.next_observations = observations,
          .observations = observations,
          .rewards = Eigen::VectorXd::Zero(environments),
          .terminated = Eigen::Array<bool, Eigen::Dynamic, 1>::Constant(environments, false),
          .truncated = Eigen::Array<bool, Eigen::Dynamic, 1>::Constant(environments, false),
          .infos = RowMatrix::Zero(environments, info_size)};
}

}  // namespace softrl::continuous
