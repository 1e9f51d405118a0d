// softrl routes compare: which of two fits of the same trips explains them better?
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/saved_fit.hpp"
#include "irl/inference.hpp"
#include "irl/model_comparison.hpp"
#include "softrl/atomic_file.hpp"

namespace softrl::cli {
namespace {

namespace fs = std::filesystem;

SavedFit comparable_fit(const fs::path& file) {
  SavedFit fit = read_fit(file);
  if (!fit.warnings.empty())
    throw std::runtime_error(
        fmt::format("{}: only a fit without warnings can be compared: {}", file.string(), fit.warnings.front()));
  if (fit.penalised)
    throw std::runtime_error(
        fmt::format("{}: the fit is penalised: these tests are for fits of maximum likelihood", file.string()));
  return fit;
}

// The log-likelihoods of `b`'s trips in the order of `a`'s.
Eigen::VectorXd in_order_of(const SavedFit& a, const SavedFit& b) {
  const auto differ = [&](const std::string& how) {
    throw std::runtime_error(
        fmt::format("{} and {} are fits of different trips: {}", a.file.string(), b.file.string(), how));
  };
  if (a.trips.size() != b.trips.size()) differ(fmt::format("{} and {}", a.trips.size(), b.trips.size()));
  const auto sorted = [](const SavedFit& fit) {
    std::vector<std::size_t> order(fit.trips.size());
    for (std::size_t t = 0; t < order.size(); ++t) order[t] = t;
    std::sort(order.begin(), order.end(), [&](std::size_t s, std::size_t t) { return fit.trips[s] < fit.trips[t]; });
    return order;
  };
  const std::vector<std::size_t> of_a = sorted(a), of_b = sorted(b);
  Eigen::VectorXd result(b.trip_log_likelihoods.size());
  for (std::size_t i = 0; i < of_a.size(); ++i) {
    const std::string &name = a.trips[of_a[i]], &other = b.trips[of_b[i]];
    if (name != other)
      differ(fmt::format("trip {} is in {} only", std::min(name, other), (name < other ? a : b).file.string()));
    result(static_cast<Eigen::Index>(of_a[i])) = b.trip_log_likelihoods(static_cast<Eigen::Index>(of_b[i]));
  }
  // The null model knows the trips and the network's moves, and no features.
  if (!(std::abs(a.null_log_likelihood - b.null_log_likelihood) <= 1e-9 * std::abs(a.null_log_likelihood)))
    differ(fmt::format("the null log-likelihood is {} in one and {} in the other", a.null_log_likelihood,
                       b.null_log_likelihood));
  return result;
}

// Weights of one name must belong to one feature.
void check_definitions(const SavedFit& a, const SavedFit& b) {
  for (const irl::FittedWeight& one : a.weights)
    for (const irl::FittedWeight& other : b.weights)
      if (one.name == other.name && one.definition != other.definition)
        throw std::runtime_error(fmt::format("{} and {} mean different features by {}: \"{}\" and \"{}\"",
                                             a.file.string(), b.file.string(), one.name, one.definition,
                                             other.definition));
}

// Corridors are made from the very trips: their likelihoods go with no others.
void check_same_corridor(const SavedFit& a, const SavedFit& b) {
  const auto has_corridor = [](const SavedFit& fit) {
    return fit.family.find(" in the corridor ") != std::string::npos;
  };
  if (a.family != b.family && (has_corridor(a) || has_corridor(b)))
    throw std::runtime_error(
        fmt::format("{} is a fit of {}, {} one of {}: log-likelihoods over the paths of a corridor, which the trips "
                    "themselves widen, compare with no others",
                    a.file.string(), a.family, b.file.string(), b.family));
}

struct CompareCommand {
  fs::path first, second, json;

  int run() const {
    check_outputs({json}, {first, second});
    const SavedFit a = comparable_fit(first), b = comparable_fit(second);
    check_definitions(a, b);
    check_same_corridor(a, b);
    const Eigen::VectorXd trips_of_b = in_order_of(a, b);
    const irl::FitStatistics of_a = a.statistics(), of_b = b.statistics();
    Table table{.header = {"fit", "log-likelihood", "weights", "adjusted rho-squared", "AIC", "BIC"}};
    for (const auto& [fit, statistics] : {std::pair(&a, &of_a), std::pair(&b, &of_b)})
      table.rows.push_back({fit->file.string(), decimals(fit->log_likelihood, 4), fmt::format("{}", fit->estimated()),
                            decimals(statistics->adjusted_rho_squared, 4), decimals(statistics->aic, 2),
                            decimals(statistics->bic, 2)});
    table.rows.push_back({"difference", decimals(a.log_likelihood - b.log_likelihood, 4),
                          fmt::format("{}", a.estimated() - b.estimated()),
                          decimals(of_a.adjusted_rho_squared - of_b.adjusted_rho_squared, 4),
                          decimals(of_a.aic - of_b.aic, 2), decimals(of_a.bic - of_b.bic, 2)});
    fmt::print("{}, the same in both\n\n{}\n", counted(static_cast<std::int64_t>(a.trips.size()), "trip"),
               table.text());
    Json result{{"trips", a.trips.size()},
                {"log_likelihood_difference", number(a.log_likelihood - b.log_likelihood)},
                {"aic_difference", number(of_a.aic - of_b.aic)},
                {"bic_difference", number(of_a.bic - of_b.bic)},
                {"likelihood_ratio", nullptr},
                {"vuong", nullptr}};
    const auto nested = [](const SavedFit& restricted, const SavedFit& full) {
      return irl::may_nest(restricted.family, full.family) && irl::is_nested(restricted.weights, full.weights);
    };
    const bool a_in_b = nested(a, b);
    if (a_in_b || nested(b, a))
      result["likelihood_ratio"] = a_in_b ? likelihood_ratio(a, b) : likelihood_ratio(b, a);
    else
      result["vuong"] = vuong(a, b, trips_of_b);
    std::fflush(stdout);
    write_json(json, result);
    return 0;
  }

  static Json likelihood_ratio(const SavedFit& restricted, const SavedFit& full) {
    const irl::LikelihoodRatioTest test = irl::likelihood_ratio_test(restricted.log_likelihood, full.log_likelihood,
                                                                     full.estimated() - restricted.estimated());
    fmt::print("{} is nested in {}: likelihood ratio {:.4f}, {} of freedom, p {}\n", restricted.file.string(),
               full.file.string(), test.statistic, counted(test.degrees_of_freedom, "degree"), p_text(test.p_value));
    return {{"restricted", restricted.file.string()},
            {"full", full.file.string()},
            {"statistic", number(test.statistic)},
            {"degrees_of_freedom", test.degrees_of_freedom},
            {"p_value", number(test.p_value)}};
  }

  static Json vuong(const SavedFit& a, const SavedFit& b, const Eigen::VectorXd& trips_of_b) {
    const irl::VuongTest test = irl::vuong_test(a.trip_log_likelihoods, trips_of_b);
    if (std::isnan(test.statistic))
      fmt::print("not nested, and both give every trip the same probability: no test tells them apart\n");
    else
      fmt::print("not nested: Vuong's statistic {:.4f}, p {}; the larger log-likelihood is that of {}\n",
                 test.statistic, p_text(test.p_value), (test.statistic > 0.0 ? a : b).file.string());
    return {{"statistic", number(test.statistic)}, {"p_value", number(test.p_value)}};
  }
};

}  // namespace

void add_routes_compare(CLI::App& routes, Run& run) {
  const auto compare = std::make_shared<CompareCommand>();
  CLI::App* command = routes.add_subcommand(
      "compare", "Two fits of the same trips: likelihood-ratio test if one is nested in the other, else Vuong's");
  command->add_option("first", compare->first, "What fit --json wrote")->required();
  command->add_option("second", compare->second, "What fit --json wrote of another model")->required();
  command->add_option("--json", compare->json, "Write the result to this file");
  command->callback([compare, &run] { run = [compare] { return compare->run(); }; });
}

}  // namespace softrl::cli
