#include "continuous/generator.hpp"

#include <stdexcept>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>

#include "softrl/random.hpp"

namespace softrl::continuous {

at::Generator make_generator(const c10::Device& device, std::uint64_t seed, std::string_view key) {
  const std::uint64_t own = Random(seed, key).bits();
  if (device.is_cpu()) return at::make_generator<at::CPUGeneratorImpl>(own);
  if (!at::hasCUDA()) throw std::runtime_error("device cuda: this build of Torch has no CUDA, or there is no such GPU");
  at::Generator generator = at::globalContext().getAcceleratorHooksInterface(device.type()).getNewGenerator();
  generator.set_current_seed(own);
  return generator;
}

}  // namespace softrl::continuous
