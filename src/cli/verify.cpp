// softrl verify: the statements of soft Bellman theory, measured on a model.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/argument_checks.hpp"
#include "cli/commands.hpp"
#include "cli/html_report.hpp"
#include "cli/model_argument.hpp"
#include "cli/output.hpp"
#include "cli/reference_argument.hpp"
#include "softrl/atomic_file.hpp"
#include "tabular/theory.hpp"

namespace softrl::cli {
namespace {

using tabular::Theorem;

struct VerifyArguments {
  ModelArgument model;
  ReferenceArgument reference;
  tabular::TheoryOptions options;
  std::string json, report;
};

Json row(const Theorem& theorem, int group) {
  Json attained = Json::array();
  for (const auto& a : theorem.attained)
    attained.push_back({{"on", a.on},
                        {"value", number(a.value)},
                        {"limit", number(a.limit)},
                        {"rounding", number(a.rounding)},
                        {"holds", a.holds}});
  const bool measured = theorem.skipped.empty();
  const auto figure = [&](double value) { return measured ? number(value) : Json(nullptr); };
  return {{"id", theorem.id},
          {"group", group},
          {"name", theorem.name},
          {"source", theorem.source},
          {"statement", theorem.statement},
          {"measured", figure(theorem.measured)},
          {"bound", figure(theorem.bound)},
          {"margin", figure(theorem.margin())},
          {"holds", measured ? Json(theorem.holds) : Json(nullptr)},
          {"skipped", measured ? Json(nullptr) : Json(theorem.skipped)},
          {"measured_on", theorem.measured_on},
          {"attained", std::move(attained)}};
}

Json report(const VerifyArguments& arguments, const tabular::Model& model, const std::vector<Theorem>& theorems) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < theorems.size(); ++i)
    rows.push_back(row(theorems[i], tabular::all_statements()[i].group));
  return {{"model", arguments.model.file},
          {"format", to_string(model.format)},
          {"states", model.mdp.states()},
          {"state_actions", model.mdp.pairs()},
          {"transitions", model.mdp.transitions()},
          {"discount", model.mdp.discount()},
          {"temperature", arguments.options.temperature},
          {"reference", arguments.reference.json()},
          {"seed", arguments.options.seed},
          {"trials", arguments.options.trials},
          {"theorems", std::move(rows)}};
}

std::string figure(double value) { return fmt::format("{:.4g}", value + 0.0); }  // + 0.0: no "-0"

constexpr int wide = 120;  // Columns that a row takes with everything in it.

// The paper and its numbers: without "; math.md 2.4" unless there is no other source, and without ", with Hoeffding's
// inequality".
std::string paper(const std::string& source) {
  return source.substr(0, std::min(source.find("; math.md"), source.find(", with ")));
}

// A row for each theorem; where the terminal is narrow, the source and what was attained go below its name.
std::string table(const std::vector<Theorem>& theorems) {
  const bool narrow = output_columns(wide) < wide;
  Table result{.header = {"theorem", "measured", "bound", "holds"}, .right_aligned = {false, true, true, false}};
  if (!narrow) {
    result.header.insert(result.header.end(), {"attained", "source"});
    result.right_aligned.insert(result.right_aligned.end(), {false, false});
  }
  for (const Theorem& theorem : theorems) {
    const bool measured = theorem.skipped.empty();
    const auto met =
        std::count_if(theorem.attained.begin(), theorem.attained.end(), [](const auto& a) { return a.holds; });
    const std::string attained =
        measured && !theorem.attained.empty() ? fmt::format("{} of {}", met, theorem.attained.size()) : std::string();
    std::vector<std::string> row{theorem.name, measured ? figure(theorem.measured) : "",
                                 measured ? figure(theorem.bound) : "",
                                 !measured       ? "skipped"
                                 : theorem.holds ? "yes"
                                                 : "NO"};
    if (!narrow) row.insert(row.end(), {attained, paper(theorem.source)});
    result.rows.push_back(std::move(row));
    if (narrow)
      result.rows.push_back(
          {fmt::format("  {}{}", paper(theorem.source), attained.empty() ? "" : fmt::format(", {} attained", attained)),
           "", "", ""});
  }
  return result.text();
}

// What the table has no room for: why something was skipped, reason by reason, and what exactly failed.
std::string remarks(const std::vector<Theorem>& theorems) {
  std::string text;
  std::vector<std::string> reasons;
  for (const Theorem& theorem : theorems) {
    if (!theorem.skipped.empty() && std::find(reasons.begin(), reasons.end(), theorem.skipped) == reasons.end())
      reasons.push_back(theorem.skipped);
  }
  for (const std::string& reason : reasons) {
    const auto count =
        std::count_if(theorems.begin(), theorems.end(), [&](const Theorem& t) { return t.skipped == reason; });
    text += fmt::format("{} skipped: {}\n", count, reason);
  }
  for (const Theorem& theorem : theorems) {
    if (!theorem.failed()) continue;
    if (!std::isfinite(theorem.bound))
      text += fmt::format("FAILS: {}: nothing bounds it, {}\n", theorem.id, theorem.statement);
    else if (!(theorem.measured <= theorem.bound))
      text += fmt::format("FAILS: {}: {}\n", theorem.id, theorem.statement);
    for (const auto& a : theorem.attained) {
      if (!a.holds)
        text += fmt::format("FAILS: {}: not attained on {}: {:.9g} is not {:.9g} within {:.2g}\n", theorem.id, a.on,
                            a.value, a.limit, a.rounding);
    }
  }
  return text.empty() ? text : "\n" + text;
}

int run_verify(const VerifyArguments& arguments) {
  std::vector<std::filesystem::path> inputs = arguments.reference.files();
  inputs.emplace_back(arguments.model.file);
  check_outputs({arguments.json, arguments.report}, inputs);
  const tabular::Model model = arguments.model.read();
  const tabular::Mdp& mdp = model.mdp;
  tabular::TheoryOptions options = arguments.options;
  options.base_measure = arguments.reference.base_measure(mdp);
  const tabular::TheorySetting setting(mdp, options);
  const auto theorems = [&] {
    ProgressLine line("verify", Limit::End);
    return tabular::verify_theory(setting, line.observer());
  }();

  const std::string summary =
      fmt::format("{}, {}, {}; discount {}, temperature {}{}", counted(mdp.states(), "state"),
                  counted(mdp.pairs(), "state-action"), counted(mdp.transitions(), "transition"), mdp.discount() + 0.0,
                  arguments.options.temperature + 0.0, arguments.reference.text());
  write_json(arguments.json, report(arguments, model, theorems));
  if (!arguments.report.empty())
    write_atomically(arguments.report, html_report(arguments.model.file, summary, theorems));
  fmt::print("{}: {}\nbounds include rounding error; attained: instances that meet the bound\n\n{}{}",
             arguments.model.file, summary, table(theorems), remarks(theorems));
  const auto failed = std::count_if(theorems.begin(), theorems.end(), [](const Theorem& t) { return t.failed(); });
  const auto skipped =
      std::count_if(theorems.begin(), theorems.end(), [](const Theorem& t) { return !t.skipped.empty(); });
  const auto measured = static_cast<std::ptrdiff_t>(theorems.size()) - skipped;
  fmt::print("\n{} of {} hold{}\n", measured - failed, measured,
             skipped == 0 ? "" : fmt::format(", {} skipped", skipped));
  return failed == 0 ? 0 : 1;
}

}  // namespace

void add_verify(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("verify", "Measure the theorems of soft Bellman theory on a model");
  const auto arguments = std::make_shared<VerifyArguments>();
  add_model_argument(*command, arguments->model);
  command
      ->add_option("--temperature", arguments->options.temperature,
                   "Temperature in reward units; 0: only what holds without entropy")
      ->capture_default_str();
  add_reference_argument(*command, arguments->reference);
  command->add_option("--seed", arguments->options.seed, "Seed of the random cases on which each theorem is tried")
      ->check(must_be_natural_number)
      ->capture_default_str();
  command->add_option("--trials", arguments->options.trials, "Random cases for each theorem")->capture_default_str();
  command->add_option("--json", arguments->json, "Write the measurements to this file");
  command->add_option("--report", arguments->report, "Write an HTML page with a plot for each theorem to this file");
  command->callback([arguments, &run] { run = [arguments] { return run_verify(*arguments); }; });
}

}  // namespace softrl::cli
