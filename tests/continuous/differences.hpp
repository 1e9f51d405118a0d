// Gradients against central differences, for tests.
#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>

#include <gtest/gtest.h>
#include <torch/types.h>

namespace softrl::continuous {

// `gradient` of `loss` in about forty entries of `parameters`, which it is a function of; both contiguous.
inline void expect_gradient(const torch::Tensor& parameters, const torch::Tensor& gradient,
                            const std::function<double()>& loss, double step = 1e-6, double tolerance = 1e-6) {
  torch::Tensor values = parameters.view({-1});
  const torch::Tensor slopes = gradient.clone().view({-1});
  const std::int64_t stride = std::max<std::int64_t>(1, values.numel() / 40);
  for (std::int64_t i = 0; i < values.numel(); i += stride) {
    const double before = values[i].item<double>();
    values[i] = before + step;
    const double up = loss();
    values[i] = before - step;
    const double down = loss();
    values[i] = before;
    EXPECT_NEAR(slopes[i].item<double>(), (up - down) / (2.0 * step), tolerance) << "entry " << i;
  }
}

}  // namespace softrl::continuous
