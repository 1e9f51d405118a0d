// softrl export: a trained policy in other programs' formats.
#include <memory>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include "cli/argument_checks.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/run_argument.hpp"
#include "continuous/onnx_file.hpp"
#include "continuous/policy_function.hpp"
#include "continuous/torch_script.hpp"
#include "continuous/trained_run.hpp"
#include "softrl/atomic_file.hpp"

namespace softrl::cli {
namespace {

struct Arguments {
  std::string folder, torchscript, onnx;
  bool best = false;
};

int export_policy(const Arguments& arguments) {
  if (arguments.torchscript.empty() && arguments.onnx.empty())
    throw std::invalid_argument("export needs --torchscript FILE, --onnx FILE or both");
  check_outputs({arguments.torchscript, arguments.onnx});
  const auto run = load_run(arguments.folder);
  const auto function = continuous::policy_function(*run.policy, arguments.best);
  if (!arguments.torchscript.empty())
    write_atomically(arguments.torchscript, [&](const std::filesystem::path& temporary) {
      continuous::write_torch_script(function, temporary);
      continuous::check_torch_script(temporary, *run.policy, arguments.best);
    });
  if (!arguments.onnx.empty()) write_atomically(arguments.onnx, continuous::onnx_model(function));
  fmt::print("{}, {} after {} training steps: observation [N, {}]{} to action [N, {}]\n", run.options.task,
             run.options.algorithm, run.step, function.observation_size,
             function.noisy ? fmt::format(", noise [N, {}]", function.action_size) : "", function.action_size);
  return 0;
}

}  // namespace

void add_export(CLI::App& app, Run& run) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("export", "Write a trained policy as TorchScript or ONNX");
  command->add_option("run", arguments->folder, "The folder that `softrl train` wrote")
      ->required()
      ->check(must_not_be_empty);
  command->add_option("--torchscript", arguments->torchscript, "Write a module for torch.jit.load to this file")
      ->check(must_not_be_empty);
  command->add_option("--onnx", arguments->onnx, "Write an ONNX model (opset 17) to this file")
      ->check(must_not_be_empty);
  command->add_flag("--best", arguments->best, "The best action, in place of one drawn by noise");
  command->callback([arguments, &run] { run = [arguments] { return export_policy(*arguments); }; });
}

}  // namespace softrl::cli
