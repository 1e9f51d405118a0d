// A seeded generator for tests on tensors.
#pragma once
#include <cstdint>

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>

namespace softrl::continuous {

inline at::Generator test_generator(std::uint64_t seed) { return at::make_generator<at::CPUGeneratorImpl>(seed); }

}  // namespace softrl::continuous
