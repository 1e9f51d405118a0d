#include "continuous/normalisation.hpp"

#include "continuous/to_tensor.hpp"

namespace softrl::continuous {
Normalisation::Normalisation(bool observations, bool rewards, double discount, int environments, int observation_size)
    : state{.observations = RunningMoments::zero(observation_size),
            .returns = RunningMoments::zero(1),
            .discounted_returns = Eigen::VectorXd::Zero(environments)},
      observations_(observations),
      rewards_(rewards),
      discount_(discount) {}

void Normalisation::see_start(const RowMatrix& observations) {
  if (observations_) state.observations.add(observations);
}

void Normalisation::see(const VectorStep& step) {
  see_start(step.observations);
  if (!rewards_) return;
  Eigen::VectorXd& returns = state.discounted_returns;
  returns = discount_ * returns + step.rewards;
  state.returns.add(returns);
  returns = (step.terminated || step.truncated).select(0.0, returns.array()).matrix();
}

ObservationScale Normalisation::observation_scale() const {
  return {.mean = state.observations.mean, .deviation = state.observations.deviation()};
}

double Normalisation::reward_deviation() const { return rewards_ ? state.returns.deviation()(0) : 1.0; }

RowMatrix Normalisation::observations(const RowMatrix& observations) const {
  if (!observations_) return observations;
  const ObservationScale scale = observation_scale();
  RowMatrix result(observations.rows(), observations.cols());
  for (Eigen::Index i = 0; i < observations.rows(); ++i)
    result.row(i) = scale.apply(observations.row(i).transpose()).transpose();
  return result;
}

Batch Normalisation::batch(const Batch& batch) const {
  Batch result = batch;
  if (observations_) {
    const ObservationScale scale = observation_scale();
    const torch::Tensor mean = to_tensor(scale.mean).to(batch.observations.options());
    const torch::Tensor deviation = to_tensor(scale.deviation).to(batch.observations.options());
    const auto normalised = [&](const torch::Tensor& observations) {
      return observations.sub(mean).div_(deviation).clamp_(-greatest_normalised, greatest_normalised);
    };
    result.observations = normalised(batch.observations);
    result.next_observations = normalised(batch.next_observations);
  }
  if (rewards_)
    result.rewards = batch.rewards.div(reward_deviation()).clamp_(-greatest_normalised, greatest_normalised);
  return result;
}

}  // namespace softrl::continuous
