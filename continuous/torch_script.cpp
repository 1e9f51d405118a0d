#include "continuous/torch_script.hpp"

#include <cmath>
#include <stdexcept>

#include <fmt/format.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/types.h>

#include "continuous/to_tensor.hpp"
#include "softrl/random.hpp"

namespace softrl::continuous {
namespace {

using Op = PolicyGraph::Operation;

std::string expression(const PolicyGraph::Node& node, const std::string& x, const std::string& y) {
  switch (node.operation) {
    case Op::MatMul:
      return fmt::format("torch.matmul({}, {})", x, y);
    case Op::Add:
      return fmt::format("{} + {}", x, y);
    case Op::Sub:
      return fmt::format("{} - {}", x, y);
    case Op::Mul:
      return fmt::format("{} * {}", x, y);
    case Op::Div:
      return fmt::format("{} / {}", x, y);
    case Op::Min:
      return fmt::format("torch.minimum({}, {})", x, y);
    case Op::Relu:
      return fmt::format("torch.relu({})", x);
    case Op::Tanh:
      return fmt::format("torch.tanh({})", x);
    case Op::Exp:
      return fmt::format("torch.exp({})", x);
    case Op::Clip:
      return fmt::format("torch.clamp({}, {:.17e}, {:.17e})", x, node.low, node.high);
    case Op::Columns:
      return fmt::format("{}[:, {}:{}]", x, node.from, node.until);
    case Op::WithChoices:
      return fmt::format("torch.unsqueeze({}, 1)", x);
    case Op::PickGreatest:
      return fmt::format("torch.gather({}, 1, torch.argmax({}, 1, True).expand([-1, 1, {}])).squeeze(1)", x, y,
                         node.size);
  }
  return "";
}

}  // namespace

void write_torch_script(const PolicyFunction& function, const std::filesystem::path& file) {
  torch::jit::Module module("Policy");
  for (const PolicyGraph::Constant& constant : function.graph.constants())
    module.register_buffer(constant.name, torch::tensor(constant.values, torch::kFloat32).reshape(constant.shape));
  const auto value = [](const std::string& name) { return name.starts_with("constant_") ? "self." + name : name; };
  std::string code = fmt::format("def forward(self, observation{}):\n", function.noisy ? ", noise" : "");
  for (const PolicyGraph::Node& node : function.graph.nodes())
    code += fmt::format("    {} = {}\n", node.output,
                        expression(node, value(node.inputs.front()), value(node.inputs.back())));
  module.define(code + fmt::format("    return {}\n", function.action));
  try {
    module.save(file.string());
  } catch (const c10::Error& error) {
    throw std::runtime_error(fmt::format("{}: cannot be written", file.string()));
  }
}

void check_torch_script(const std::filesystem::path& file, const TrainedPolicy& policy, bool best) {
  torch::jit::Module module = torch::jit::load(file.string());
  module.to(torch::kFloat64);  // so that the smallest differences are those of its constants
  constexpr std::uint64_t trials = 32;
  for (std::uint64_t i = 0; i < trials; ++i) {
    Random random(i, "check_torch_script");
    Eigen::VectorXd observation(policy.observation_size()), noise(policy.action_size());
    for (double& x : observation) x = random.normal();
    Random again = random;  // sample() draws the very same noise
    for (double& x : noise) x = again.normal();
    const Eigen::VectorXd expected = best ? policy.best(observation) : policy.sample(observation, random);
    const bool noisy = !best && !policy.deterministic();
    const torch::Tensor action =
        noisy ? module.forward({to_tensor(observation).unsqueeze(0), to_tensor(noise).unsqueeze(0)}).toTensor()
              : module.forward({to_tensor(observation).unsqueeze(0)}).toTensor();
    for (Eigen::Index j = 0; j < expected.size(); ++j)
      if (const double got = action[0][j].item<double>();
          !(std::abs(got - expected(j)) <= 1e-5 * (1.0 + std::abs(expected(j)))))
        throw std::runtime_error(
            fmt::format("{}: entry {} of the action is {} where it should be {}", file.string(), j, got, expected(j)));
  }
}

}  // namespace softrl::continuous
