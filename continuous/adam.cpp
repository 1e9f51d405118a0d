#include "continuous/adam.hpp"

#include <utility>
#include <vector>

#include <ATen/ops/_fused_adam.h>

#include "continuous/archive.hpp"
#include "softrl/check.hpp"

namespace softrl::continuous {

Adam::Adam(torch::Tensor parameters, double learning_rate)
    : parameters_(std::move(parameters)),
      gradient_(torch::zeros_like(parameters_)),
      mean_(torch::zeros_like(parameters_)),
      square_(torch::zeros_like(parameters_)),
      steps_(torch::zeros({}, parameters_.options().dtype(torch::kFloat32))),
      learning_rate_(learning_rate) {
  check_positive("learning rate", learning_rate);
}

void Adam::step(double pace) {
  steps_.add_(1.0);
  const std::vector<torch::Tensor> parameters{parameters_}, gradients{gradient_}, means{mean_}, squares{square_}, none,
      steps{steps_};
  at::_fused_adam_(parameters, gradients, means, squares, none, steps, pace * learning_rate_, /*beta1=*/0.9,
                   /*beta2=*/0.999,
                   /*weight_decay=*/0.0, /*eps=*/1e-8, /*amsgrad=*/false, /*maximize=*/false);
}

void Adam::save(torch::serialize::OutputArchive& archive) const {
  archive.write("mean", mean_);
  archive.write("square", square_);
  archive.write("steps", steps_);
}

void Adam::load(torch::serialize::InputArchive& archive) {
  read_into(archive, "mean", mean_);
  read_into(archive, "square", square_);
  read_into(archive, "steps", steps_);
}

}  // namespace softrl::continuous
