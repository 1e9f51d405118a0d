// Adam (Kingma & Ba 2015) on one contiguous vector of parameters, β = (0.9, 0.999), ε = 1e-8.
#pragma once
#include <string>

#include <torch/serialize.h>
#include <torch/types.h>

namespace softrl::continuous {

class Adam {
 public:
  // Steps change `parameters` [P] in place. `learning_rate` > 0.
  Adam(torch::Tensor parameters, double learning_rate);

  const torch::Tensor& gradient() const { return gradient_; }  // [P], to be filled before a step.
  void step(double pace = 1.0);                                // with so many times the learning rate

  void save(torch::serialize::OutputArchive& archive) const;
  void load(torch::serialize::InputArchive& archive);

 private:
  torch::Tensor parameters_, gradient_, mean_, square_;
  torch::Tensor steps_;  // A scalar, where the parameters are.
  double learning_rate_;
};

}  // namespace softrl::continuous
