#include "continuous/matrix_products.hpp"

#include <algorithm>

#include <ATen/Context.h>
#include <malloc.h>
#include <torch/types.h>

#include "continuous/generator.hpp"

namespace softrl::continuous {
namespace {

// Multiplications from which on oneDNN is the faster one: between 128 × 64 × 64, where it takes twice as long, and 128
// × 128 × 128 and above, where it is as fast or faster.
constexpr double large_product = 1.5e6;

void allow_bfloat16(bool allowed) {
  at::globalContext().setFloat32Precision(at::Float32Backend::MKLDNN, at::Float32Op::MATMUL,
                                          allowed ? at::Float32Precision::BF16 : at::Float32Precision::NONE);
}

// Rounding to bfloat16 would cost about 1e-3 of a product, single precision costs 1e-6.
bool has_single_precision() {
  const at::Generator generator = make_generator(c10::kCPU, 1, "matrix_products");
  const torch::Tensor a = torch::randn({192, 160}, generator, torch::kFloat64);
  const torch::Tensor b = torch::randn({160, 128}, generator, torch::kFloat64);
  const torch::Tensor exact = at::mm(a, b), found = at::mm(a.to(torch::kFloat32), b.to(torch::kFloat32));
  return ((found - exact).abs().max() / exact.abs().max()).item<double>() < 1e-5;
}

}  // namespace

void choose_matrix_products(const std::vector<int>& hidden, std::int64_t rows) {
  const int width = hidden.empty() ? 1 : *std::max_element(hidden.begin(), hidden.end());
  const bool large = static_cast<double>(rows) * width * width >= large_product;
  allow_bfloat16(large);
  if (large && !has_single_precision()) allow_bfloat16(false);
}

void keep_freed_memory() {
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 1 << 26);
#endif
}

}  // namespace softrl::continuous
