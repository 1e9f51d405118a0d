// The products of a network's layers, each in one pass with what belongs to it. On a CPU in single precision by kernels
// of our own, which reach what the processor can (bench/README.md) from the smallest layers on; elsewhere by Torch.
//
// Results do not depend on the number of threads: every entry is summed up by one thread, in one order.
#pragma once
#include <torch/types.h>

namespace softrl::continuous {

enum class Activation { None, Relu };

// x [R, n], weight [m, n], bias [m] or one for every R/G rows, [G, m] (or undefined: none)
//     → activation(x weightᵀ + bias) [R, m].
torch::Tensor layer(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias = {},
                    Activation activation = Activation::None);

// What reaches the layer's inputs: delta [R, m] → delta weight [R, n]; 0 where `hidden` [R, n], if it is given, is not
// positive: the derivative of the rectifier that made it.
torch::Tensor back_through(const torch::Tensor& delta, const torch::Tensor& weight, const torch::Tensor& hidden = {});

// deltaᵀ x [m, n], put into `gradient`.
void weight_gradient(const torch::Tensor& delta, const torch::Tensor& x, const torch::Tensor& gradient);

}  // namespace softrl::continuous
