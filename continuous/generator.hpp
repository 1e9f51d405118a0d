// Torch's random number generators, one per agent, where its tensors are.
#pragma once
#include <cstdint>
#include <string_view>

#include <ATen/core/Generator.h>

namespace softrl::continuous {

// Its sequence follows from seed and key. Throws std::runtime_error if there is no such device.
at::Generator make_generator(const c10::Device& device, std::uint64_t seed, std::string_view key);

}  // namespace softrl::continuous
