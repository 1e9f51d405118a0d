// A batch of transitions drawn at random, for tests: three numbers of observation, two of action.
#pragma once
#include "continuous/replay_buffer.hpp"
#include "torch_generator.hpp"

namespace softrl::continuous {

inline Batch random_batch(int size) {
  const auto random = test_generator(11);
  return {.observations = torch::randn({size, 3}, random, torch::kFloat64),
          .actions = torch::empty({size, 2}, torch::kFloat64).uniform_(-1.0, 1.0, random),
          .rewards = torch::randn({size}, random, torch::kFloat64),
          .next_observations = torch::randn({size, 3}, random, torch::kFloat64),
          .continues = torch::ones({size}, torch::kFloat64)};
}

}  // namespace softrl::continuous
