#include "continuous/replay_buffer.hpp"

#include <algorithm>
#include <stdexcept>

#include "softrl/check.hpp"

namespace softrl::continuous {
namespace {

constexpr std::int64_t first_rows = 1024;

template <class Function>
Batch each_field(const Batch& batch, Function function) {
  return {.observations = function(batch.observations),
          .actions = function(batch.actions),
          .rewards = function(batch.rewards),
          .next_observations = function(batch.next_observations),
          .continues = function(batch.continues)};
}

void write_row(torch::Tensor& block, std::int64_t row, const double* values) {
  const std::int64_t width = block.dim() == 1 ? 1 : block.size(1);
  if (block.scalar_type() == torch::kFloat32) {
    std::transform(values, values + width, block.data_ptr<float>() + row * width,
                   [](double x) { return static_cast<float>(x); });
  } else {
    std::copy(values, values + width, block.data_ptr<double>() + row * width);
  }
}

}  // namespace

ReplayBuffer::ReplayBuffer(std::int64_t capacity, int observation_size, int action_size, torch::Dtype dtype)
    : capacity_(capacity) {
  check_count("replay_capacity", capacity, 1);
  check_count("observation size", observation_size, 1);
  check_count("action size", action_size, 1);
  storage_ = {.observations = torch::empty({0, observation_size}, dtype),
              .actions = torch::empty({0, action_size}, dtype),
              .rewards = torch::empty({0}, dtype),
              .next_observations = torch::empty({0, observation_size}, dtype),
              .continues = torch::empty({0}, dtype)};
}

void ReplayBuffer::reserve(std::int64_t rows) {
  const std::int64_t held = storage_.rewards.size(0);
  if (rows <= held) return;
  const std::int64_t grown = std::min(capacity_, std::max({rows, 2 * held, first_rows}));
  storage_ = each_field(storage_, [&](const torch::Tensor& block) {
    auto shape = block.sizes().vec();
    shape[0] = grown;
    torch::Tensor larger = torch::empty(shape, block.options());
    larger.narrow(0, 0, held).copy_(block);
    return larger;
  });
}

void ReplayBuffer::add(const Transition<Eigen::VectorXd, Eigen::VectorXd>& transition) {
  check_size("observation", transition.observation.size(), storage_.observations.size(1));
  check_size("action", transition.action.size(), storage_.actions.size(1));
  check_size("next observation", transition.next_observation.size(), storage_.observations.size(1));
  reserve(next_ + 1);
  const double continues = transition.terminated ? 0.0 : 1.0;
  write_row(storage_.observations, next_, transition.observation.data());
  write_row(storage_.actions, next_, transition.action.data());
  write_row(storage_.rewards, next_, &transition.reward);
  write_row(storage_.next_observations, next_, transition.next_observation.data());
  write_row(storage_.continues, next_, &continues);
  next_ = (next_ + 1) % capacity_;
  size_ = std::min(size_ + 1, capacity_);
}

Batch ReplayBuffer::sample(int batch_size, const at::Generator& generator, const c10::Device& device) const {
  check_count("batch_size", batch_size, 1);
  check_count("transitions in the replay buffer", size_, 1);
  const torch::Tensor rows =
      torch::randint(size_, {batch_size}, generator, torch::TensorOptions(torch::kInt64).device(generator.device()))
          .cpu();
  return each_field(storage_, [&](const torch::Tensor& block) { return block.index_select(0, rows).to(device); });
}

Batch ReplayBuffer::contents() const {
  return each_field(storage_, [&](const torch::Tensor& block) { return block.narrow(0, 0, size_).clone(); });
}

void ReplayBuffer::restore(const Batch& contents, std::int64_t next) {
  const std::int64_t rows = contents.rewards.dim() == 1 ? contents.rewards.size(0) : -1;
  const auto same = [&](const torch::Tensor& block, const torch::Tensor& stored) {
    auto shape = stored.sizes().vec();
    shape[0] = rows;
    return block.sizes() == at::IntArrayRef(shape) && block.scalar_type() == stored.scalar_type();
  };
  const bool fits = same(contents.observations, storage_.observations) && same(contents.actions, storage_.actions) &&
                    same(contents.rewards, storage_.rewards) &&
                    same(contents.next_observations, storage_.next_observations) &&
                    same(contents.continues, storage_.continues) &&
                    (rows < capacity_ ? next == rows : rows == capacity_ && next >= 0 && next < rows);
  if (!fits) throw std::invalid_argument("replay contents do not fit this buffer");
  storage_ = each_field(contents, [](const torch::Tensor& block) { return block.clone(); });
  size_ = rows;
  next_ = next;
}

}  // namespace softrl::continuous
