#include "continuous/products.hpp"

#include <limits>

#include <ATen/Parallel.h>
#include <gmock/gmock.h>

#include "continuous/product_kernel.hpp"
#include "softrl/vector_instructions.hpp"
#include "torch_generator.hpp"

namespace softrl::continuous {
namespace {

struct Size {
  std::int64_t rows, in, out;
};

// Tiles and panels that are full, that are not, that are all edge, narrow, deep, and empty.
const std::vector<Size> sizes{{1, 1, 1},    {3, 2, 5},     {14, 16, 32},   {28, 64, 64},  {100, 23, 64}, {100, 64, 1},
                              {97, 65, 33}, {256, 17, 12}, {64, 128, 6},   {300, 6, 128}, {15, 1500, 8}, {2100, 40, 30},
                              {33, 7, 9},   {50, 256, 17}, {2500, 17, 64}, {0, 4, 4},     {5, 0, 40}};

torch::Tensor draw(at::IntArrayRef size, std::uint64_t seed) {
  return torch::randn(size, test_generator(seed), torch::kFloat32);
}

torch::Tensor exact(const torch::Tensor& x) { return x.to(torch::kFloat64); }

// A sum of n products of which each factor has been rounded: γ_n Σ |a b| at most (Higham 2002, 3.5), u = 2⁻²⁴.
void expect_product(const torch::Tensor& found, const torch::Tensor& expected, const torch::Tensor& magnitude,
                    std::int64_t depth) {
  ASSERT_EQ(found.sizes(), expected.sizes());
  const double bound = static_cast<double>(depth + 2) * 0x1p-24;
  EXPECT_TRUE(((exact(found) - expected).abs() <= bound * magnitude + 1e-30).all().item<bool>());
}

TEST(Products, LayerIsItsProductInDoublePrecision) {
  for (const auto& [rows, in, out] : sizes) {
    SCOPED_TRACE(testing::Message() << rows << " x " << in << " x " << out);
    const torch::Tensor x = draw({rows, in}, 1), weight = draw({out, in}, 2), bias = draw({out}, 3);
    const torch::Tensor expected = at::mm(exact(x), exact(weight).t()) + exact(bias);
    const torch::Tensor magnitude = at::mm(exact(x).abs(), exact(weight).t().abs()) + exact(bias).abs();
    expect_product(layer(x, weight, bias, Activation::None), expected, magnitude, in);
    expect_product(layer(x, weight, bias, Activation::Relu), expected.relu(), magnitude, in);
    if (rows % 5 != 0 || rows == 0) continue;
    const torch::Tensor of_groups = draw({rows / 5, out}, 4);
    const torch::Tensor repeated = exact(of_groups).repeat_interleave(5, 0);
    expect_product(layer(x, weight, of_groups, Activation::None), expected - exact(bias) + repeated,
                   magnitude + repeated.abs(), in);
  }
}

TEST(Products, BackThroughIsItsProductWhereTheGateIsOpen) {
  for (const auto& [rows, in, out] : sizes) {
    SCOPED_TRACE(testing::Message() << rows << " x " << in << " x " << out);
    const torch::Tensor delta = draw({rows, out}, 1), weight = draw({out, in}, 2), hidden = draw({rows, in}, 3).relu();
    const torch::Tensor expected = at::mm(exact(delta), exact(weight));
    const torch::Tensor magnitude = at::mm(exact(delta).abs(), exact(weight).abs());
    expect_product(back_through(delta, weight), expected, magnitude, out);
    expect_product(back_through(delta, weight, hidden), expected * exact(hidden.gt(0)), magnitude, out);
  }
}

TEST(Products, WeightGradientIsItsProduct) {
  for (const auto& [rows, in, out] : sizes) {
    SCOPED_TRACE(testing::Message() << rows << " x " << in << " x " << out);
    const torch::Tensor delta = draw({rows, out}, 1), x = draw({rows, in}, 2);
    const torch::Tensor gradient = torch::full({out, in}, 7.0, torch::kFloat32);
    weight_gradient(delta, x, gradient);
    expect_product(gradient, at::mm(exact(delta).t(), exact(x)), at::mm(exact(delta).abs().t(), exact(x).abs()), rows);
  }
}

TEST(Products, TakeViewsAsTheyAre) {
  const torch::Tensor x = draw({40, 200}, 1).narrow(1, 30, 64), weight = draw({64, 48}, 2).t(), bias = draw({48}, 3);
  EXPECT_TRUE(torch::equal(layer(x, weight, bias, Activation::Relu),
                           layer(x.contiguous(), weight.contiguous(), bias, Activation::Relu)));
  const torch::Tensor delta = draw({1, 48}, 4).expand({40, 48});
  EXPECT_TRUE(torch::equal(back_through(delta, weight, x), back_through(delta.contiguous(), weight.contiguous(), x)));
  torch::Tensor a = torch::empty({48, 64}), b = torch::empty({48, 64});
  weight_gradient(delta, x, a);
  weight_gradient(delta.contiguous(), x.contiguous(), b);
  EXPECT_TRUE(torch::equal(a, b));
}

TEST(Products, AreTheSameOnAnyNumberOfThreads) {
  const torch::Tensor x = draw({3000, 128}, 1), weight = draw({130, 128}, 2), bias = draw({130}, 3);
  const auto all = [&] {
    const torch::Tensor y = layer(x, weight, bias, Activation::Relu), gradient = torch::empty({130, 128});
    weight_gradient(y, x, gradient);
    return std::vector<torch::Tensor>{y, back_through(y, weight, x), gradient};
  };
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const auto alone = all();
  at::set_num_threads(3);
  const auto together = all();
  at::set_num_threads(before);
  for (std::size_t i = 0; i < alone.size(); ++i) EXPECT_TRUE(torch::equal(alone[i], together[i])) << i;
}

// Whatever the processor, the one that is chosen on it is one of these.
TEST(Products, EveryKernelComputesTheProduct) {
  std::vector<const ProductKernel*> kernels{&any_processor::product_kernel};
#if defined(__x86_64__)
  if (has_avx2()) kernels.push_back(&avx2::product_kernel);
  if (has_avx512()) kernels.push_back(&avx512::product_kernel);
#endif
  for (const ProductKernel* kernel : kernels) {
    for (const auto& [rows, in, out] : sizes) {
      SCOPED_TRACE(testing::Message() << rows << " x " << in << " x " << out << " in rows of " << kernel->rows_at_once);
      const torch::Tensor a = draw({rows, in}, 1), b = draw({out, in}, 2), gate = draw({rows, out}, 3);
      const torch::Tensor start = draw({1, out}, 4);
      torch::Tensor c = torch::full({rows, out}, 7.0, torch::kFloat32);
      const Product x{.rows = rows,
                      .columns = out,
                      .depth = in,
                      .a = a.const_data_ptr<float>(),
                      .a_row = in,
                      .a_column = 1,
                      .b = b.const_data_ptr<float>(),
                      .b_row = 1,
                      .b_column = in,
                      .c = c.mutable_data_ptr<float>(),
                      .c_row = out,
                      .start = start.const_data_ptr<float>(),
                      .rows_per_start = std::max<std::ptrdiff_t>(rows, 1),
                      .gate = gate.const_data_ptr<float>(),
                      .gate_row = out};
      std::vector<float> packed(static_cast<std::size_t>(kernel->packed_size(x)));
      kernel->pack(x, packed.data());
      kernel->multiply(x, packed.data(), 0, rows);
      const torch::Tensor expected = (at::mm(exact(a), exact(b).t()) + exact(start)) * exact(gate.gt(0));
      expect_product(c, expected, at::mm(exact(a).abs(), exact(b).abs().t()) + exact(start).abs(), in);
    }
  }
}

// A run that has diverged must be seen to.
TEST(Products, KeepWhatIsNotFinite) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  for (const std::int64_t out : {1, 40}) {
    torch::Tensor x = draw({20, 30}, 1);
    x[3][4] = nan;
    const torch::Tensor y = layer(x, draw({out, 30}, 2), draw({out}, 3), Activation::Relu);
    EXPECT_TRUE(y[3].isnan().all().item<bool>());
    EXPECT_EQ(y.isnan().sum().item<std::int64_t>(), out);
  }
}

}  // namespace
}  // namespace softrl::continuous
