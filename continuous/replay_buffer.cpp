#include "continuous/replay_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "softrl/check.hpp"

namespace softrl::continuous {
namespace {

constexpr std::int64_t first_rows = 1024;

template <class Number>
void write_row(const Transition<Eigen::VectorXd, Eigen::VectorXd>& t, Number* to) {
  const auto put = [&](const auto& values) {
    to = std::transform(values.begin(), values.end(), to, [](double x) { return static_cast<Number>(x); });
  };
  put(t.observation);
  put(t.action);
  *to++ = static_cast<Number>(t.reward);
  put(t.next_observation);
  *to = static_cast<Number>(t.terminated ? 0.0 : 1.0);
}

// rows[places]. Which rows come next is known, but not to the processor: they are asked for while others are copied.
torch::Tensor gather(const torch::Tensor& rows, const torch::Tensor& places) {
  constexpr std::int64_t ahead = 4, line = 64;
  const std::int64_t count = places.size(0), bytes = rows.size(1) * static_cast<std::int64_t>(rows.element_size());
  torch::Tensor result = torch::empty({count, rows.size(1)}, rows.options());
  const auto* const from = static_cast<const char*>(rows.const_data_ptr());
  auto* const to = static_cast<char*>(result.mutable_data_ptr());
  const auto* const place = places.const_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < count; ++i) {
    if (i + ahead < count)
      for (std::int64_t at = 0; at < bytes; at += line) __builtin_prefetch(from + place[i + ahead] * bytes + at);
    std::memcpy(to + i * bytes, from + place[i] * bytes, static_cast<std::size_t>(bytes));
  }
  return result;
}

}  // namespace

Batch ReplayBuffer::fields_of(const torch::Tensor& rows) const {
  const std::int64_t reward = observation_size_ + action_size_;
  return {.observations = rows.narrow(1, 0, observation_size_),
          .actions = rows.narrow(1, observation_size_, action_size_),
          .rewards = rows.select(1, reward),
          .next_observations = rows.narrow(1, reward + 1, observation_size_),
          .continues = rows.select(1, reward + 1 + observation_size_)};
}

ReplayBuffer::ReplayBuffer(std::int64_t capacity, int observation_size, int action_size, torch::Dtype dtype)
    : capacity_(capacity), observation_size_(observation_size), action_size_(action_size) {
  check_sizes();
  rows_ = torch::empty({0, row_width(observation_size, action_size)}, dtype);
}

ReplayBuffer::ReplayBuffer(std::int64_t capacity, int observation_size, int action_size, const MappedRows& file)
    : capacity_(capacity), observation_size_(observation_size), action_size_(action_size), file_(file) {
  check_sizes();
  check_count("rows of the replay file", file.rows(), capacity);
  check_size("row of the replay file", file.width(), row_width(observation_size, action_size));
  rows_ = torch::from_blob(file.data(), {file.rows(), file.width()}, torch::kFloat32);
}

void ReplayBuffer::check_sizes() const {
  check_count("replay_capacity", capacity_, 1);
  check_count("observation size", observation_size_, 1);
  check_count("action size", action_size_, 1);
}

// Where the transitions that a ring of `capacity_` would have at `places` are: addition n lies in row n modulo the rows
// there are, and the one at a place is the newest whose number leaves it modulo the capacity.
torch::Tensor ReplayBuffer::rows_of(const torch::Tensor& places) const {
  if (!file_) return places;
  const torch::Tensor age = (added_ - 1 - places).remainder(capacity_);
  return (added_ - 1 - age).remainder(file_->rows());
}

void ReplayBuffer::reserve(std::int64_t rows) {
  const std::int64_t held = rows_.size(0);
  if (rows <= held) return;
  const std::int64_t grown = std::min(capacity_, std::max({rows, 2 * held, first_rows}));
  torch::Tensor larger = torch::empty({grown, rows_.size(1)}, rows_.options());
  larger.narrow(0, 0, held).copy_(rows_);
  rows_ = larger;
}

void ReplayBuffer::add(const Transition<Eigen::VectorXd, Eigen::VectorXd>& transition) {
  check_size("observation", transition.observation.size(), observation_size_);
  check_size("action", transition.action.size(), action_size_);
  check_size("next observation", transition.next_observation.size(), observation_size_);
  if (!file_) reserve(next() + 1);
  const std::int64_t place = (file_ ? added_ % file_->rows() : next()) * rows_.size(1);
  if (rows_.scalar_type() == torch::kFloat32) {
    write_row(transition, rows_.mutable_data_ptr<float>() + place);
  } else {
    write_row(transition, rows_.mutable_data_ptr<double>() + place);
  }
  ++added_;
}

Batch ReplayBuffer::sample(int batch_size, const at::Generator& generator, const c10::Device& device) const {
  check_count("batch_size", batch_size, 1);
  check_count("transitions in the replay buffer", size(), 1);
  const torch::Tensor places =
      torch::randint(size(), {batch_size}, generator, torch::TensorOptions(torch::kInt64).device(generator.device()))
          .cpu();
  return fields_of(gather(rows_, rows_of(places)).to(device));
}

torch::Tensor ReplayBuffer::contents() const {
  return file_ ? gather(rows_, rows_of(torch::arange(size(), torch::kInt64))) : rows_.narrow(0, 0, size()).clone();
}

void ReplayBuffer::restore(const torch::Tensor& contents, std::int64_t next) {
  const std::int64_t rows = contents.dim() == 2 && contents.size(1) == rows_.size(1) ? contents.size(0) : -1;
  const bool fits = contents.scalar_type() == rows_.scalar_type() && rows >= 0 &&
                    (rows < capacity_ ? next == rows : rows == capacity_ && next >= 0 && next < rows);
  if (!fits) throw std::invalid_argument("replay contents do not fit this buffer");
  rows_ = contents.clone();
  added_ = rows < capacity_ ? rows : capacity_ + next;
}

void ReplayBuffer::restore(std::int64_t added) {
  check_count("transitions added to the replay buffer", added, 0);
  added_ = added;
}

}  // namespace softrl::continuous
