// Reading tensors from Torch's archives into tensors that exist.
#pragma once
#include <string>

#include <torch/serialize.h>
#include <torch/types.h>

namespace softrl::continuous {

// Copies the values of `key` into `tensor`, in place, so that views of it see them. Throws std::runtime_error if the
// shape or the type is another, c10::Error if there is no such key.
void read_into(torch::serialize::InputArchive& archive, const std::string& key, const torch::Tensor& tensor);

// What is written there by archive.write(key, part), a part of an agent for instance.
template <class Part>
void write_part(torch::serialize::OutputArchive& archive, const std::string& key, const Part& part) {
  torch::serialize::OutputArchive own;
  part.save(own);
  archive.write(key, own);
}
template <class Part>
void read_part(torch::serialize::InputArchive& archive, const std::string& key, Part& part) {
  torch::serialize::InputArchive own;
  archive.read(key, own);
  part.load(own);
}

}  // namespace softrl::continuous
