#include "continuous/temperature.hpp"

#include <algorithm>
#include <cmath>

#include "continuous/archive.hpp"

namespace softrl::continuous {

AutomaticTemperature::AutomaticTemperature(double start, double target_entropy, double learning_rate,
                                           const torch::TensorOptions& type)
    : target_(target_entropy), log_(torch::full({1}, std::log(start), type)), optimizer_(log_, learning_rate) {}

void AutomaticTemperature::step(const torch::Tensor& entropy) {
  optimizer_.gradient().copy_(entropy - target_);
  optimizer_.step();
}

void AutomaticTemperature::save(torch::serialize::OutputArchive& archive) const {
  archive.write("log", log_);
  write_part(archive, "optimizer", optimizer_);
}

void AutomaticTemperature::load(torch::serialize::InputArchive& archive) {
  read_into(archive, "log", log_);
  read_part(archive, "optimizer", optimizer_);
}

double linear(double start, double end, std::int64_t done, std::int64_t steps) {
  const double share = std::clamp(static_cast<double>(done) / static_cast<double>(steps), 0.0, 1.0);
  return start + share * (end - start);
}

double log_linear(double start, double end, std::int64_t done, std::int64_t steps) {
  return std::exp(linear(std::log(start), std::log(end), done, steps));
}

}  // namespace softrl::continuous
