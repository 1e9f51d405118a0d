// softrl convert: a model from one format into another.
#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/model_argument.hpp"
#include "cli/output.hpp"
#include "softrl/atomic_file.hpp"

namespace softrl::cli {
namespace {

struct ConvertArguments {
  ModelArgument model;
  std::string out;
  std::optional<tabular::ModelFormat> to;
};

int run_convert(const ConvertArguments& arguments) {
  const auto files = tabular::model_files(arguments.out, arguments.to);
  check_outputs(files, {arguments.model.file});
  const tabular::Model model = arguments.model.read();
  tabular::write_model(arguments.out, model.mdp, arguments.to, model.gridworld ? &*model.gridworld : nullptr);
  print_model_line(arguments.model.file, model.format, model.mdp);
  std::string names;
  for (const auto& file : files) names += (names.empty() ? "" : ", ") + file.string();
  fmt::print("wrote {}\n", names);
  return 0;
}

}  // namespace

void add_convert(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("convert", "Convert a model from one file format into another");
  const auto arguments = std::make_shared<ConvertArguments>();
  add_model_argument(*command, arguments->model);
  command->add_option("out", arguments->out, "File to write; its suffix says the format unless --to does")->required();
  add_format_option(*command, "--to", arguments->to,
                    "Format to write (default by suffix: .npz npz, .drn drn, .tra prism, .toml gridworld)");
  command->callback([arguments, &run] { run = [arguments] { return run_convert(*arguments); }; });
}

}  // namespace softrl::cli
