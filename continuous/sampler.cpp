#include "continuous/sampler.hpp"

#include <cmath>
#include <numbers>

#include "continuous/stein.hpp"

namespace softrl::continuous {
namespace {

constexpr double least_stretch = 1e-6;
constexpr double smallest_square = 1e-30;  // so that a column of zeros projects nothing out

// Adds ξ, nearly, to the output of a network that has been drawn: two units of every layer pass a component on,
// relu(ξ_i) and relu(−ξ_i), and the output takes their difference.
void pass_noise_through(const Network& network) {
  const Network::Places places = network.places_in(network.parameters());
  const std::int64_t size = network.shape().input_size, units = 2 * size;
  const torch::Tensor one = torch::eye(units, network.parameters().options());
  const torch::Tensor difference = one.narrow(0, 0, size) - one.narrow(0, size, size);  // [d, 2d]
  places.input_weight.narrow(0, 0, units).add_(difference.t());
  for (std::size_t i = 1; i + 1 < places.layers.size(); ++i)
    places.layers[i].weight.narrow(0, 0, units).narrow(1, 0, units).add_(one);
  places.layers.back().weight.narrow(1, 0, units).add_(difference);
}

}  // namespace

Sampler::Sampler(int observation_size, int action_size, const std::vector<int>& hidden, const at::Generator& generator,
                 const torch::TensorOptions& type)
    : network_(
          {.state_size = observation_size, .input_size = action_size, .output_size = action_size, .hidden = hidden},
          generator, type) {
  for (const int width : hidden)
    if (width < 2 * action_size) return;
  pass_noise_through(network_);
}

torch::Tensor Sampler::log_density(const Network::Pass& pass) const {
  const torch::Tensor noise = pass.inputs.view_as(pass.output);
  const double log_normaliser = 0.5 * static_cast<double>(noise.size(-1)) * std::log(2.0 * std::numbers::pi);
  const double least = static_cast<double>(noise.size(-1)) * std::log(least_stretch);
  return -0.5 * noise.square().sum(-1) - log_normaliser -
         log_abs_determinant(network_.jacobian(pass)).clamp_min(least) - log_squash(pass.output);
}

// What is left of column k once the earlier ones are projected out is the k-th diagonal entry of R in A = QR.
torch::Tensor log_abs_determinant(const torch::Tensor& matrices) {
  torch::Tensor columns = matrices.transpose(-1, -2).contiguous();  // column k in row k
  torch::Tensor total;
  for (std::int64_t k = 0; k < columns.size(-1); ++k) {
    const torch::Tensor column = columns.select(-2, 0);
    const torch::Tensor squared = column.square().sum(-1);
    total = total.defined() ? total + squared.log() : squared.log();
    if (columns.size(-2) == 1) break;
    const torch::Tensor rest = columns.narrow(-2, 1, columns.size(-2) - 1);
    const torch::Tensor shares =
        at::matmul(rest, column.unsqueeze(-1)) / squared.clamp_min(smallest_square).unsqueeze(-1).unsqueeze(-1);
    columns = rest - shares * column.unsqueeze(-2);
  }
  return 0.5 * total;
}

}  // namespace softrl::continuous
