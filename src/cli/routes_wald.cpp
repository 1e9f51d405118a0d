// softrl routes test, routes ratio: what one fit says of combinations of its weights.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/ratio_text.hpp"
#include "cli/saved_fit.hpp"
#include "irl/wald.hpp"
#include "softrl/atomic_file.hpp"

namespace softrl::cli {
namespace {

namespace fs = std::filesystem;

// Robust errors may be missing: too few clusters of trips.
bool has_robust_errors(const SavedFit& fit) {
  return !(fit.robust_covariance.diagonal().array().isNaN() && !fit.covariance.diagonal().array().isNaN()).any();
}

SavedFit fit_with_errors(const fs::path& file) {
  SavedFit fit = read_fit(file);
  if (fit.penalised)
    throw std::runtime_error(
        fmt::format("{}: the fit is penalised: its errors leave out how far the penalty pulls weights", file.string()));
  return fit;
}

struct TestCommand {
  fs::path file, json;
  std::string text;

  int run() const {
    check_outputs({json}, {file});
    const SavedFit fit = fit_with_errors(file);
    const irl::LinearRestrictions restrictions = irl::parse_restrictions(fit.names(), text);
    Table table{.header = {"Wald test", "statistic", "degrees of freedom", "p"}};
    Json result{{"restrictions", restrictions.text}};
    for (const auto& [name, covariance] :
         {std::pair("classical", &fit.covariance), std::pair("robust", &fit.robust_covariance)}) {
      result[name] = nullptr;
      if (covariance == &fit.robust_covariance && !has_robust_errors(fit)) continue;
      const irl::WaldTest test = irl::wald_test(fit.values(), *covariance, restrictions);
      table.rows.push_back(
          {name, decimals(test.statistic, 4), fmt::format("{}", test.degrees_of_freedom), p_text(test.p_value)});
      result[name] = {{"statistic", number(test.statistic)},
                      {"degrees_of_freedom", test.degrees_of_freedom},
                      {"p_value", number(test.p_value)}};
    }
    for (const std::string& one : restrictions.text) fmt::print("{}\n", one);
    fmt::print("\n{}(a small p refuses {})\n", table.text(),
               restrictions.text.size() == 1 ? "the restriction" : "that all restrictions hold");
    std::fflush(stdout);
    write_json(json, result);
    return 0;
  }
};

struct RatioCommand {
  fs::path file, json;
  std::vector<std::string> ratios;
  std::optional<double> confidence;

  int run() const {
    check_outputs({json}, {file});
    const SavedFit fit = fit_with_errors(file);
    const double level = confidence.value_or(fit.confidence);
    const std::vector<std::string> names = fit.names();
    Table table{.header = {"ratio", "value", "errors", "std error", "lower", "upper", "Fieller"}};
    table.right_aligned = {false, true, false, true, true, true, true};
    Json list = Json::array();
    for (const std::string& text : ratios) {
      const auto [numerator, denominator] = parse_ratio(names, text);
      Json entry{{"numerator", names[static_cast<std::size_t>(numerator)]},
                 {"denominator", names[static_cast<std::size_t>(denominator)]},
                 {"value", fit.values()(numerator) / fit.values()(denominator)},
                 {"classical", nullptr},
                 {"robust", nullptr}};
      for (const auto& [name, covariance] :
           {std::pair("classical", &fit.covariance), std::pair("robust", &fit.robust_covariance)}) {
        if (covariance == &fit.robust_covariance && !has_robust_errors(fit)) continue;
        const irl::WeightRatio ratio = irl::weight_ratio(fit.values(), *covariance, numerator, denominator, level);
        table.rows.push_back({text, weight_text(ratio.value), name, weight_text(ratio.std_error),
                              weight_text(ratio.lower), weight_text(ratio.upper), fieller_text(ratio.fieller)});
        entry[name] = to_json(ratio);
      }
      list.push_back(std::move(entry));
    }
    fmt::print("{}(lower, upper: {:g} % confidence interval by the delta method)\n", table.text(), 100.0 * level);
    std::fflush(stdout);
    write_json(json, {{"confidence", level}, {"ratios", list}});
    return 0;
  }
};

}  // namespace

void add_routes_wald(CLI::App& routes, Run& run) {
  const auto test = std::make_shared<TestCommand>();
  CLI::App* command = routes.add_subcommand("test", "Wald test of linear restrictions on a fit's weights");
  command->add_option("fit", test->file, "What fit --json wrote")->required();
  command->add_option("restrictions", test->text, "Such as \"left_turn = 0, u_turn = 2 * link_constant\"")->required();
  command->add_option("--json", test->json, "Write the result to this file");
  command->callback([test, &run] { run = [test] { return test->run(); }; });

  const auto ratio = std::make_shared<RatioCommand>();
  command = routes.add_subcommand("ratio", "Weights in units of another, with errors: left_turn/travel_time");
  command->add_option("fit", ratio->file, "What fit --json wrote")->required();
  command->add_option("ratios", ratio->ratios, "One or several, each name/name")->required();
  command->add_option("--confidence", ratio->confidence, "Level of the intervals (default: that of the fit)");
  command->add_option("--json", ratio->json, "Write the result to this file");
  command->callback([ratio, &run] { run = [ratio] { return ratio->run(); }; });
}

}  // namespace softrl::cli
