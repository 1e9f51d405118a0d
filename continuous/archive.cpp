#include "continuous/archive.hpp"

#include <stdexcept>

namespace softrl::continuous {

void read_into(torch::serialize::InputArchive& archive, const std::string& key, const torch::Tensor& tensor) {
  torch::Tensor saved;
  archive.read(key, saved);
  if (saved.sizes() != tensor.sizes() || saved.scalar_type() != tensor.scalar_type())
    throw std::runtime_error(key + " has another shape or type");
  tensor.copy_(saved);
}

}  // namespace softrl::continuous
