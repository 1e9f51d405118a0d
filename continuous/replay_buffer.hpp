// Experience, a row for every transition in one contiguous block, overwritten from the oldest when full: a row is
// observation, action, reward, next observation, continues. A batch is one index_select, its fields are views.
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>

#include <Eigen/Core>
#include <torch/types.h>

#include "continuous/mapped_rows.hpp"
#include "softrl/trajectory.hpp"

namespace softrl::continuous {

// Transitions as tensors. `continues` is 0 after a termination and 1 otherwise, time limits included: what follows a
// time limit has a value, and a learner bootstraps from it.
struct Batch {
  torch::Tensor observations;       // [B, S]
  torch::Tensor actions;            // [B, d]
  torch::Tensor rewards;            // [B]
  torch::Tensor next_observations;  // [B, S]
  torch::Tensor continues;          // [B]
};

class ReplayBuffer {
 public:
  // Memory is taken as it fills, doubling up to `capacity` ≥ 1 transitions.
  ReplayBuffer(std::int64_t capacity, int observation_size, int action_size, torch::Dtype dtype = torch::kFloat32);

  // The same kept in `file`, of rows ≥ capacity and width row_width(): batches and contents are those of one in memory.
  // A file holds `capacity` transitions of any moment since which at most rows − capacity have been added.
  ReplayBuffer(std::int64_t capacity, int observation_size, int action_size, const MappedRows& file);
  static std::int64_t row_width(int observation_size, int action_size) {
    return 2 * observation_size + action_size + 2;
  }

  void add(const Transition<Eigen::VectorXd, Eigen::VectorXd>& transition);

  std::int64_t size() const { return std::min(added_, capacity_); }
  std::int64_t capacity() const { return capacity_; }

  // `batch_size` transitions, uniformly with replacement, put on `device`. Needs size() ≥ 1.
  Batch sample(int batch_size, const at::Generator& generator, const c10::Device& device = torch::kCPU) const;

  // The stored transitions in their places, for checkpoints, [size() × width]: restore() on a buffer of the same shape
  // makes it the same, and throws std::invalid_argument if they are not what such a buffer can hold.
  torch::Tensor contents() const;
  Batch fields_of(const torch::Tensor& rows) const;         // Views.
  std::int64_t next() const { return added_ % capacity_; }  // Where the next one goes.
  void restore(const torch::Tensor& contents, std::int64_t next);

  // The same for one in a file: back to when so many had been added.
  const std::optional<MappedRows>& file() const { return file_; }
  std::int64_t added() const { return added_; }
  void restore(std::int64_t added);

 private:
  void check_sizes() const;
  void reserve(std::int64_t rows);
  torch::Tensor rows_of(const torch::Tensor& places) const;

  std::int64_t capacity_;
  int observation_size_, action_size_;
  std::int64_t added_ = 0;
  torch::Tensor rows_;              // [rows held × width]
  std::optional<MappedRows> file_;  // What rows_ views; nothing if it is in memory.
};

}  // namespace softrl::continuous
