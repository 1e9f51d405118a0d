#include "continuous/products.hpp"

#include <algorithm>
#include <cassert>

#include <ATen/Parallel.h>

#include "continuous/product_kernel.hpp"
#include "softrl/vector_instructions.hpp"

namespace softrl::continuous {
namespace {

constexpr double work_of_a_thread = 2e6;  // operations, some 20 µs: less is not worth waking one

const ProductKernel& fastest() {
#ifdef SOFTRL_X86_KERNELS
  if (has_avx512()) return avx512::product_kernel;
  if (has_avx2()) return avx2::product_kernel;
#endif
  return any_processor::product_kernel;
}

void compute(const Product& x) {
  static const ProductKernel& kernel = fastest();
  if (x.rows == 0 || x.columns == 0) return;
  torch::Tensor packed;
  if (const std::ptrdiff_t size = kernel.packed_size(x); size > 0) {
    packed = at::empty({size}, torch::kFloat32);
    kernel.pack(x, packed.mutable_data_ptr<float>());
  }
  const float* b = packed.defined() ? packed.const_data_ptr<float>() : nullptr;
  const std::ptrdiff_t pieces = (x.rows + kernel.rows_at_once - 1) / kernel.rows_at_once;
  const double piece_work = 2.0 * static_cast<double>(kernel.rows_at_once * x.columns * x.depth) + 1.0;
  at::parallel_for(0, pieces, static_cast<std::int64_t>(work_of_a_thread / piece_work) + 1,
                   [&](std::int64_t first, std::int64_t end) {
                     kernel.multiply(x, b, first * kernel.rows_at_once, std::min(end * kernel.rows_at_once, x.rows));
                   });
}

bool is_ours(const torch::Tensor& a, const torch::Tensor& b) {
  return a.scalar_type() == torch::kFloat32 && b.scalar_type() == torch::kFloat32 && a.is_cpu() && b.is_cpu();
}

enum class As { It, Transposed };

// C = A B of these tensors, each as it is or transposed.
Product product_of(const torch::Tensor& a, As a_is, const torch::Tensor& b, As b_is, const torch::Tensor& c) {
  assert(c.stride(1) == 1);
  const int a_row = a_is == As::It ? 0 : 1, b_row = b_is == As::It ? 0 : 1;
  return {.rows = a.size(a_row),
          .columns = b.size(1 - b_row),
          .depth = a.size(1 - a_row),
          .a = a.const_data_ptr<float>(),
          .a_row = a.stride(a_row),
          .a_column = a.stride(1 - a_row),
          .b = b.const_data_ptr<float>(),
          .b_row = b.stride(b_row),
          .b_column = b.stride(1 - b_row),
          .c = c.mutable_data_ptr<float>(),
          .c_row = c.stride(0)};
}

torch::Tensor with_contiguous_rows(const torch::Tensor& x) { return x.stride(1) == 1 ? x : x.contiguous(); }

}  // namespace

torch::Tensor layer(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                    Activation activation) {
  const std::int64_t groups = bias.defined() && bias.dim() == 2 ? bias.size(0) : 1;
  if (!is_ours(x, weight)) {
    torch::Tensor y = at::mm(x, weight.t()).view({groups, -1, weight.size(0)});
    if (bias.defined()) y.add_(bias.view({groups, 1, -1}));
    return (activation == Activation::Relu ? y.relu_() : y).flatten(0, 1);
  }
  torch::Tensor y = at::empty({x.size(0), weight.size(0)}, x.options());
  const torch::Tensor start = bias.defined() ? bias.contiguous() : bias;
  Product product = product_of(x, As::It, weight, As::Transposed, y);
  product.start = start.defined() ? start.const_data_ptr<float>() : nullptr;
  product.start_row = weight.size(0);
  product.rows_per_start = std::max<std::int64_t>(x.size(0) / groups, 1);
  product.relu = activation == Activation::Relu;
  compute(product);
  return y;
}

torch::Tensor back_through(const torch::Tensor& delta, const torch::Tensor& weight, const torch::Tensor& hidden) {
  if (!is_ours(delta, weight)) {
    const torch::Tensor result = at::mm(delta, weight);
    return hidden.defined() ? at::threshold_backward(result, hidden, 0.0) : result;
  }
  torch::Tensor result = at::empty({delta.size(0), weight.size(1)}, delta.options());
  const torch::Tensor gate = hidden.defined() ? with_contiguous_rows(hidden) : hidden;
  Product product = product_of(delta, As::It, weight, As::It, result);
  if (gate.defined()) {
    product.gate = gate.const_data_ptr<float>();
    product.gate_row = gate.stride(0);
  }
  compute(product);
  return result;
}

void weight_gradient(const torch::Tensor& delta, const torch::Tensor& x, const torch::Tensor& gradient) {
  if (!is_ours(delta, x)) {
    torch::Tensor into = gradient;
    at::mm_out(into, delta.t(), x);
    return;
  }
  // Few inputs would leave the columns of a tile empty: then they are the rows.
  const bool turned = x.size(1) < 32 && delta.size(1) >= x.size(1);
  const torch::Tensor& left = turned ? x : delta;
  const torch::Tensor& right = turned ? delta : x;
  const torch::Tensor result = turned ? at::empty({x.size(1), delta.size(1)}, x.options()) : gradient;
  compute(product_of(left, As::Transposed, right, As::It, result));
  if (turned) gradient.copy_(result.t());
}

}  // namespace softrl::continuous
