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
  const std::int64_t width = block.dim() == 1 ? 1 : block.size(1), offset = row * block.stride(0);
  if (block.scalar_type() == torch::kFloat32) {
    std::transform(values, values + width, block.data_ptr<float>() + offset,
                   [](double x) { return static_cast<float>(x); });
  } else {
    std::copy(values, values + width, block.data_ptr<double>() + offset);
  }
}

// A row is observation, action, reward, next observation, continues.
Batch fields_of(const MappedRows& file, std::int64_t observation_size, std::int64_t action_size) {
  const torch::Tensor rows = torch::from_blob(file.data(), {file.rows(), file.width()}, torch::kFloat32);
  const std::int64_t reward = observation_size + action_size;
  return {.observations = rows.narrow(1, 0, observation_size),
          .actions = rows.narrow(1, observation_size, action_size),
          .rewards = rows.select(1, reward),
          .next_observations = rows.narrow(1, reward + 1, observation_size),
          .continues = rows.select(1, reward + 1 + observation_size)};
}

}  // namespace

ReplayBuffer::ReplayBuffer(std::int64_t capacity, int observation_size, int action_size, torch::Dtype dtype)
    : capacity_(capacity) {
  check_sizes(observation_size, action_size);
  storage_ = {.observations = torch::empty({0, observation_size}, dtype),
              .actions = torch::empty({0, action_size}, dtype),
              .rewards = torch::empty({0}, dtype),
              .next_observations = torch::empty({0, observation_size}, dtype),
              .continues = torch::empty({0}, dtype)};
}

ReplayBuffer::ReplayBuffer(std::int64_t capacity, int observation_size, int action_size, const MappedRows& file)
    : capacity_(capacity), file_(file) {
  check_sizes(observation_size, action_size);
  check_count("rows of the replay file", file.rows(), capacity);
  check_size("row of the replay file", file.width(), row_width(observation_size, action_size));
  storage_ = fields_of(file, observation_size, action_size);
}

void ReplayBuffer::check_sizes(int observation_size, int action_size) const {
  check_count("replay_capacity", capacity_, 1);
  check_count("observation size", observation_size, 1);
  check_count("action size", action_size, 1);
}

// Where the transitions that a ring of `capacity_` would have at `places` are: addition n lies in row n modulo the rows
// there are, and the one at a place is the newest whose number leaves it modulo the capacity.
torch::Tensor ReplayBuffer::rows_of(const torch::Tensor& places) const {
  if (!file_) return places;
  const torch::Tensor age = (added_ - 1 - places).remainder(capacity_);
  return (added_ - 1 - age).remainder(file_->rows());
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
  if (!file_) reserve(next() + 1);
  const std::int64_t row = file_ ? added_ % file_->rows() : next();
  const double continues = transition.terminated ? 0.0 : 1.0;
  write_row(storage_.observations, row, transition.observation.data());
  write_row(storage_.actions, row, transition.action.data());
  write_row(storage_.rewards, row, &transition.reward);
  write_row(storage_.next_observations, row, transition.next_observation.data());
  write_row(storage_.continues, row, &continues);
  ++added_;
}

Batch ReplayBuffer::sample(int batch_size, const at::Generator& generator, const c10::Device& device) const {
  check_count("batch_size", batch_size, 1);
  check_count("transitions in the replay buffer", size(), 1);
  const torch::Tensor places =
      torch::randint(size(), {batch_size}, generator, torch::TensorOptions(torch::kInt64).device(generator.device()))
          .cpu();
  const torch::Tensor rows = rows_of(places);
  return each_field(storage_, [&](const torch::Tensor& block) { return block.index_select(0, rows).to(device); });
}

Batch ReplayBuffer::contents() const {
  if (!file_)
    return each_field(storage_, [&](const torch::Tensor& block) { return block.narrow(0, 0, size()).clone(); });
  const torch::Tensor rows = rows_of(torch::arange(size(), torch::kInt64));
  return each_field(storage_, [&](const torch::Tensor& block) { return block.index_select(0, rows); });
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
  added_ = rows < capacity_ ? rows : capacity_ + next;
}

void ReplayBuffer::restore(std::int64_t added) {
  check_count("transitions added to the replay buffer", added, 0);
  added_ = added;
}

}  // namespace softrl::continuous
