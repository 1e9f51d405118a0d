// softrl routes destinations: where is a traveller going, of whom a part of the trip has been seen?
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/argument_checks.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/saved_fit.hpp"
#include "cli/split_argument.hpp"
#include "cli/study_argument.hpp"
#include "cli/weights_argument.hpp"
#include "irl/csv.hpp"
#include "irl/destinations.hpp"
#include "irl/ends_finder.hpp"
#include "irl/fit.hpp"
#include "irl/held_out.hpp"
#include "irl/route_files.hpp"
#include "irl/study_model.hpp"
#include "softrl/atomic_file.hpp"
#include "softrl/random.hpp"

namespace softrl::cli {
namespace {

namespace fs = std::filesystem;

// So many of `trips`, drawn at random, in the order they have.
std::vector<irl::Trip> drawn(const std::vector<irl::Trip>& trips, int count, std::uint64_t seed) {
  if (count <= 0 || count >= static_cast<int>(trips.size())) return trips;
  std::vector<std::size_t> order(trips.size());
  std::iota(order.begin(), order.end(), 0u);
  Random random(seed, "held-out trips");
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
    std::swap(order[i], order[i + static_cast<std::size_t>(random.below(static_cast<std::int64_t>(order.size() - i)))]);
  order.resize(static_cast<std::size_t>(count));
  std::sort(order.begin(), order.end());
  std::vector<irl::Trip> result;
  for (const std::size_t t : order) result.push_back(trips[t]);
  return result;
}

struct DestinationsCommand {
  StudyArgument study;
  WeightsArgument weights;
  SplitArgument random_split;
  irl::ModelOptions model_options;
  std::string links, prior = "counts", held_out;
  fs::path csv;
  double smoothing = 0.0;
  int top = 5, trips = 0;
  std::uint64_t seed = 1;
  std::vector<double> fractions{0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};

  int run() {
    std::vector<fs::path> inputs = weights.files();
    if (prior_is_file()) inputs.push_back(prior);
    if (prior != "counts" && smoothing != 0.0)
      throw std::invalid_argument("--smoothing: only the prior \"counts\" can be smoothed");
    const fs::path file = read_share() ? fs::path() : fs::path(held_out);
    if (!file.empty()) inputs.push_back(file);
    if (!links.empty() && random_split.wanted())
      throw std::invalid_argument("--links is one trip: there is nothing to hold out");
    if (!file.empty() && random_split.wanted()) throw std::invalid_argument("--held-out and --folds: one of them only");
    LoadedStudy loaded = study.read(irl::TripSet::Train, {csv}, inputs);
    fmt::print("{}\n", describe(loaded.data));
    std::fflush(stdout);
    return links.empty() ? test(loaded, file) : tell(loaded);
  }

  // Takes --held-out for a share of the study's trips if it is a number.
  bool read_share() {
    const char* end = held_out.data() + held_out.size();
    double share = 0.0;
    const auto [stop, error] = std::from_chars(held_out.data(), end, share);
    if (error != std::errc() || stop != end) return false;
    random_split.share = share;
    return true;
  }

  int test(LoadedStudy& loaded, const fs::path& file) const {
    irl::TripReport report;
    std::vector<irl::Trip> given;
    if (!random_split.wanted()) {
      irl::TripFile seen = irl::read_trips(loaded.study, file.empty() ? held_out_file(loaded.study) : file, loaded.data,
                                           {.strict = study.strict});
      report = std::move(seen.report);
      given = std::move(seen.trips);
    }
    const Eigen::VectorXd named = read_prior(loaded.data);  // which may know of more destinations
    std::vector<irl::HeldOut> splits;
    if (random_split.wanted())
      splits = random_split.split(loaded.data, seed);
    else
      splits.push_back({.train = loaded.data, .held_out = std::move(given)});
    std::vector<irl::DestinationTest> tests;
    Json folds = Json::array();
    std::int64_t held_out_trips = 0, no_prior = 0;  // the latter of destinations, in the fold that has most
    for (std::size_t fold = 0; fold < splits.size(); ++fold) {
      const irl::RouteData& train = splits[fold].train;
      const std::string which = splits.size() > 1 ? fmt::format(" {}", fold) : "";
      const std::vector<irl::Trip> seen = drawn(splits[fold].held_out, trips, seed);
      const auto model = irl::make_model(loaded.study, train, model_options);
      const Eigen::VectorXd values = weights.given() ? given_weights(loaded.study, *model, splits[fold])
                                                     : fitted_weights(*model, loaded.study, "fit" + which);
      ProgressLine line((model->origin_matters() ? "pairs" : "destinations") + which, Limit::End);
      const Eigen::VectorXd shares = prior == "counts" ? irl::destination_shares(train, smoothing) : named;
      tests.push_back(irl::test_destinations(*model, values, shares, seen, fractions, line.observer()));
      Json parameters = Json::array();
      for (std::size_t j = 0; j < model->weight_names().size(); ++j)
        parameters.push_back(
            {{"name", model->weight_names()[j]}, {"value", number(values(static_cast<Eigen::Index>(j)))}});
      const std::int64_t without_prior = zeros(shares);
      no_prior = std::max(no_prior, without_prior);
      folds.push_back({{"training_trips", train.trips.size()},
                       {"trips", seen.size()},
                       {"destinations_of_prior_zero", without_prior},
                       {"parameters", parameters}});
      held_out_trips += static_cast<std::int64_t>(seen.size());
    }
    const std::string learned =
        fmt::format("{} to learn from{}", counted(splits.front().train.trips.size(), "trip"),
                    random_split.wanted() ? fmt::format(": {}", random_split.describe(seed)) : "");
    fmt::print("{}, {}{}\n", counted(held_out_trips, "held-out trip"), learned, describe(report));
    print_zeros(no_prior, loaded.data.destinations.size(), splits.size() > 1 ? "up to " : "");
    return this->report(irl::pool(tests), held_out_trips, report, std::move(folds));
  }

  static std::int64_t zeros(const Eigen::VectorXd& shares) { return (shares.array() == 0.0).count(); }

  static void print_zeros(std::int64_t count, std::size_t destinations, const char* up_to) {
    if (count > 0)
      fmt::print("{}{} of {} {} prior 0\n", up_to, count,
                 counted(static_cast<std::int64_t>(destinations), "destination"), count == 1 ? "has" : "have");
  }

  // A fit of these very trips knows where they went.
  Eigen::VectorXd given_weights(const irl::Study& described, const irl::RouteModel& model,
                                const irl::HeldOut& held) const {
    if (random_split.wanted() && !weights.fit.empty())
      SplitArgument::check_not_learned(read_fit(weights.fit).trips, held,
                                       fmt::format("--fit: {}", weights.fit.string()));
    return weights.read(described, model.weight_names());
  }

  static Eigen::VectorXd fitted_weights(irl::RouteModel& model, const irl::Study& described, const std::string& label) {
    ProgressLine line(label);
    irl::FitOptions options{.bounds = described.bounds, .progress = line.observer(), .prefix = "--"};
    irl::add_defaults(options.start, options.fixed, described.start, described.fixed);
    const irl::FitResult fit = irl::fit(model, options);
    if (fit.status != Status::Converged)
      throw std::runtime_error(
          fmt::format("the fit to the training trips did not converge ({}); --weights or --fit give other weights",
                      to_string(fit.status)));
    return fit.weights;
  }

  // The study's own.
  fs::path held_out_file(irl::Study described) const {
    if (!described.trips.files || !described.trips.files->test)
      throw std::invalid_argument(
          "--links, --held-out or --folds is needed: the study names no held-out trips (trips.files.test)");
    irl::use_trips(described, irl::TripSet::Test, study.trips);
    return study.folder() / described.trips.file;
  }

  bool prior_is_file() const { return prior != "counts" && prior != "uniform"; }

  irl::Trip partial_trip(irl::RouteData& data) const {
    std::vector<std::string> route;
    std::istringstream words(links);
    for (std::string word; words >> word;) route.push_back(word);
    try {
      return irl::EndsFinder(data).beginning(route);
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(fmt::format("--links: {}", error.what()));
    }
  }

  // Those of the study's trips, also of destinations that held-out trips brought in.
  Eigen::VectorXd read_prior(irl::RouteData& data) const {
    if (prior == "counts") return irl::destination_shares(data, smoothing);
    if (prior == "uniform") return Eigen::VectorXd::Ones(static_cast<Eigen::Index>(data.destinations.size()));
    const irl::CsvTable table = irl::CsvTable::read(prior);
    const std::size_t name = table.column("destination"), value = table.column("prior");
    irl::EndsFinder finder(data);
    std::vector<std::pair<int, double>> given;
    for (std::size_t row = 0; row < table.rows(); ++row) {
      const double share = table.number(row, value);
      if (share < 0.0) table.fail(row, fmt::format("prior must not be negative, got {}", share));
      try {
        const int destination = finder.destination(table.text(row, name));
        for (const auto& [other, _] : given)
          if (other == destination)
            throw std::invalid_argument(fmt::format("destination {} has a prior already", table.text(row, name)));
        given.emplace_back(destination, share);
      } catch (const std::invalid_argument& error) {
        table.fail(row, error.what());
      }
    }
    Eigen::VectorXd result = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(data.destinations.size()));
    for (const auto& [destination, share] : given) result(destination) = share;
    return result;
  }

  // One trip, link by link.
  int tell(LoadedStudy& loaded) const {
    irl::RouteData& data = loaded.data;
    const irl::Trip trip = partial_trip(data);
    const Eigen::VectorXd shares = read_prior(data);
    const auto model = irl::make_model(loaded.study, data, model_options);
    const Eigen::VectorXd values = weights.given() ? weights.read(loaded.study, model->weight_names())
                                                   : fitted_weights(*model, loaded.study, "fit");
    const irl::RowMatrix posterior = [&] {
      ProgressLine line(model->origin_matters() ? "pairs" : "destinations", Limit::End);
      return irl::destination_posteriors(*model, values, shares, {trip}, line.observer()).front();
    }();
    const Eigen::VectorXd last = posterior.row(posterior.rows() - 1).transpose();
    if (std::isnan(last(0)))
      throw std::invalid_argument(
          fmt::format("--links: no destination of positive prior explains a trip from link {} along these links",
                      data.network.links[trip.origin]));
    const std::vector<int> route = irl::trip_links(data.network, trip);
    std::vector<int> order(data.destinations.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return last(a) > last(b); });

    Table table{.header = {"destination", "prior", "posterior"}};
    const auto shown = std::min<std::size_t>(static_cast<std::size_t>(top), order.size());
    for (std::size_t i = 0; i < shown; ++i)
      table.rows.push_back({data.destinations[order[i]].name, probability_text(shares(order[i]) / shares.sum()),
                            probability_text(std::exp(last(order[i])))});
    fmt::print("\n{}", table.text());
    print_zeros(zeros(shares), data.destinations.size(), "");
    std::fflush(stdout);

    Json destinations = Json::array();
    for (const int d : order)
      destinations.push_back({{"destination", data.destinations[d].name},
                              {"prior", number(shares(d) / shares.sum())},
                              {"posterior", number(std::exp(last(d)))},
                              {"log_posterior", number(last(d))}});
    std::string text = "moves,link,destination,posterior,log_posterior\n";
    for (Eigen::Index n = 0; n < posterior.rows(); ++n)
      for (std::size_t d = 0; d < data.destinations.size(); ++d)
        if (const double log = posterior(n, static_cast<Eigen::Index>(d)); std::exp(log) > 0.0)
          text += fmt::format("{},{},{},{},{}\n", n, irl::csv_field(data.network.links[route[n]]),
                              irl::csv_field(data.destinations[d].name), std::exp(log), log);
    if (!csv.empty()) write_atomically(csv, text);
    write_json(study.json, {{"links", route.size()},
                            {"destinations_of_prior_zero", zeros(shares)},
                            {"destinations", std::move(destinations)}});
    return 0;
  }

  int report(const irl::DestinationTest& test, std::int64_t held_out_trips, const irl::TripReport& report,
             Json folds) const {
    Table table{.header = {"observed", "trips", "accuracy", "mean posterior", "mean log posterior", "impossible"}};
    std::string text = "fraction,trips,accuracy,mean_posterior,mean_log_posterior,impossible\n";
    Json json = Json::array();
    const auto cell = [](double value) { return std::isnan(value) ? std::string() : fmt::format("{}", value); };
    for (const irl::DestinationAccuracy& at : test.fractions) {
      table.rows.push_back({fmt::format("{:g} %", 100.0 * at.fraction), fmt::format("{}", at.trips),
                            decimals(at.accuracy, 4), decimals(at.mean_posterior, 4),
                            decimals(at.mean_log_posterior, 4), fmt::format("{}", at.impossible)});
      text += fmt::format("{},{},{},{},{},{}\n", at.fraction, at.trips, cell(at.accuracy), cell(at.mean_posterior),
                          cell(at.mean_log_posterior), at.impossible);
      json.push_back({{"fraction", at.fraction},
                      {"trips", at.trips},
                      {"accuracy", number(at.accuracy)},
                      {"mean_posterior", number(at.mean_posterior)},
                      {"mean_log_posterior", number(at.mean_log_posterior)},
                      {"impossible", at.impossible}});
    }
    fmt::print("\n{}{} of {} {} where the prior is 0\n", table.text(), test.prior_zero,
               counted(held_out_trips, "held-out trip"), test.prior_zero == 1 ? "goes" : "go");
    std::fflush(stdout);
    if (!csv.empty()) write_atomically(csv, text);
    Json answer{{"held_out_trips", held_out_trips},
                {"split", random_split.wanted() ? Json(random_split.describe(seed)) : Json(nullptr)},
                {"seed", seed},
                {"prior_zero", test.prior_zero},
                {"fractions", std::move(json)},
                {"folds", std::move(folds)}};
    if (!random_split.wanted()) add_trip_report(answer, report);
    write_json(study.json, answer);
    return 0;
  }
};

}  // namespace

void add_routes_destinations(CLI::App& routes, Run& run) {
  const auto destinations = std::make_shared<DestinationsCommand>();
  CLI::App* command =
      routes.add_subcommand("destinations", "Posterior over the destinations of trips that were seen in part");
  destinations->study.add_to(*command);
  destinations->weights.add_to(*command);
  add_model_options(*command, destinations->model_options);
  CLI::Option* links =
      command->add_option("--links", destinations->links, "One trip so far: its links, separated by spaces")
          ->check(must_not_be_empty);
  command
      ->add_option("--held-out", destinations->held_out,
                   "Whole trips: how well is their destination told? A share of the study's trips (0.2), drawn at "
                   "random, or a file with the columns of the study's (default: the study's held-out trips)")
      ->type_name("SHARE|FILE")
      ->excludes(links);
  destinations->random_split.add_to(*command);
  command
      ->add_option("--trips", destinations->trips, "Take only so many of the held-out trips (of each fold), at random")
      ->check(must_be_at_least_1);
  command->add_option("--seed", destinations->seed, "Of what is drawn at random")
      ->capture_default_str()
      ->check(must_be_natural_number);
  command
      ->add_option("--prior", destinations->prior,
                   "\"counts\" (of the study's trips), \"uniform\", or a file (CSV): destination,prior")
      ->capture_default_str();
  command->add_option("--smoothing", destinations->smoothing, "Trips added to the count of every destination")
      ->capture_default_str();
  command->add_option("--fractions", destinations->fractions, "Shares of the held-out trips' moves that are seen")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->capture_default_str();
  command->add_option("--top", destinations->top, "Destinations on screen")
      ->capture_default_str()
      ->check(must_be_at_least_1);
  command->add_option("--csv", destinations->csv, "Write the posterior, or the accuracy, to this file");
  command->callback([destinations, &run] { run = [destinations] { return destinations->run(); }; });
}

}  // namespace softrl::cli
