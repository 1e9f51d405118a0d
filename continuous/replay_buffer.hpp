// Experience, one contiguous block per field, overwritten from the oldest when full. A batch is one index_select per
// field.
#pragma once
#include <cstdint>

#include <Eigen/Core>
#include <torch/types.h>

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

  void add(const Transition<Eigen::VectorXd, Eigen::VectorXd>& transition);

  std::int64_t size() const { return size_; }
  std::int64_t capacity() const { return capacity_; }

  // `batch_size` transitions, uniformly with replacement, put on `device`. Needs size() ≥ 1.
  Batch sample(int batch_size, const at::Generator& generator, const c10::Device& device = torch::kCPU) const;

  // The stored transitions in their places, for checkpoints: restore() on a buffer of the same shape makes it the same,
  // and throws std::invalid_argument if they are not what such a buffer can hold.
  Batch contents() const;
  std::int64_t next() const { return next_; }  // Where the next one goes.
  void restore(const Batch& contents, std::int64_t next);

 private:
  void reserve(std::int64_t rows);

  std::int64_t capacity_;
  std::int64_t size_ = 0;
  std::int64_t next_ = 0;
  Batch storage_;
};

}  // namespace softrl::continuous
