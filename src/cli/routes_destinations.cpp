// softrl routes destinations: where is a traveller going, of whom a part of the trip has been seen?
#include <algorithm>
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
#include "cli/study_argument.hpp"
#include "cli/weights_argument.hpp"
#include "irl/csv.hpp"
#include "irl/destinations.hpp"
#include "irl/ends_finder.hpp"
#include "irl/route_files.hpp"
#include "irl/study_model.hpp"
#include "softrl/atomic_file.hpp"

namespace softrl::cli {
namespace {

namespace fs = std::filesystem;

struct DestinationsCommand {
  StudyArgument study;
  WeightsArgument weights;
  std::string links, prior = "counts";
  fs::path held_out, csv;
  double smoothing = 0.0;
  int top = 5;
  std::vector<double> fractions{0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};

  int run() const {
    std::vector<fs::path> inputs = weights.files();
    if (prior_is_file()) inputs.push_back(prior);
    if (!held_out.empty()) inputs.push_back(held_out);
    if (prior != "counts" && smoothing != 0.0)
      throw std::invalid_argument("--smoothing: only the prior \"counts\" can be smoothed");
    LoadedStudy loaded = study.read(irl::TripSet::Train, {csv}, inputs);
    irl::RouteData& data = loaded.data;
    fmt::print("{}\n", describe(data));
    const irl::TripFile seen =
        links.empty() ? irl::read_trips(loaded.study, held_out_file(loaded.study), data, {.strict = study.strict})
                      : irl::TripFile{.trips = {partial_trip(data)}};
    const Eigen::VectorXd shares = read_prior(data);
    const auto model = irl::make_model(loaded.study, data);
    const Eigen::VectorXd values = weights.read(model->weight_names());
    if (!links.empty()) return tell(*model, values, shares, seen.trips.front());
    const irl::DestinationTest test = [&] {
      ProgressLine line("destinations", Limit::End);
      return irl::test_destinations(*model, values, shares, seen.trips, fractions, line.observer());
    }();
    return report(test, seen);
  }

  // That of --held-out, else the study's.
  fs::path held_out_file(irl::Study described) const {
    if (!held_out.empty()) return held_out;
    if (!described.trips.files || !described.trips.files->test)
      throw std::invalid_argument(
          "--links or --held-out is needed: the study names no held-out trips (trips.files.test)");
    irl::use_trips(described, irl::TripSet::Test, study.trips);
    return study.folder() / described.trips.file;
  }

  bool prior_is_file() const { return prior != "counts" && prior != "uniform"; }

  irl::Trip partial_trip(irl::RouteData& data) const {
    const irl::EndsFinder finder(data);
    std::vector<int> route;
    std::istringstream words(links);
    for (std::string word; words >> word;) route.push_back(finder.link(word));
    if (route.empty()) throw std::invalid_argument("--links: at least one is needed");
    irl::Trip trip{.name = "", .destination = -1, .origin = route.front(), .moves = {}};
    for (std::size_t i = 0; i + 1 < route.size(); ++i) {
      trip.moves.push_back(data.network.find_move(route[i], route[i + 1]));
      if (trip.moves.back() < 0)
        throw std::invalid_argument(fmt::format("--links: there is no move from link {} to link {}",
                                                data.network.links[route[i]], data.network.links[route[i + 1]]));
    }
    return trip;
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
        given.emplace_back(finder.destination(table.text(row, name)), share);
      } catch (const std::invalid_argument& error) {
        table.fail(row, error.what());
      }
    }
    Eigen::VectorXd result = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(data.destinations.size()));
    for (const auto& [destination, share] : given) result(destination) += share;
    return result;
  }

  // One trip, link by link.
  int tell(irl::RouteModel& model, const Eigen::VectorXd& values, const Eigen::VectorXd& shares,
           const irl::Trip& trip) const {
    const irl::RouteData& data = model.data();
    const irl::RowMatrix posterior = irl::destination_posteriors(model, values, shares, {trip}).front();
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
      table.rows.push_back({data.destinations[order[i]].name, p_text(shares(order[i]) / shares.sum()),
                            p_text(std::exp(last(order[i])))});
    fmt::print("\n{}", table.text());
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
    write_json(study.json, {{"links", route.size()}, {"destinations", std::move(destinations)}});
    return 0;
  }

  int report(const irl::DestinationTest& test, const irl::TripFile& seen) const {
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
    fmt::print("\n{}{}, of which {} go where the prior is 0{}\n", table.text(),
               counted(static_cast<std::int64_t>(seen.trips.size()), "held-out trip"), test.prior_zero,
               describe(seen.report));
    std::fflush(stdout);
    if (!csv.empty()) write_atomically(csv, text);
    Json answer{{"held_out_trips", seen.trips.size()}, {"prior_zero", test.prior_zero}, {"fractions", std::move(json)}};
    add_trip_report(answer, seen.report);
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
  CLI::Option* links =
      command->add_option("--links", destinations->links, "One trip so far: its links, separated by spaces")
          ->check(must_not_be_empty);
  command
      ->add_option("--held-out", destinations->held_out,
                   "File of whole trips with the columns of the study's: how well is their destination told? "
                   "(default: the study's held-out trips)")
      ->excludes(links);
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
      ->check(CLI::PositiveNumber);
  command->add_option("--csv", destinations->csv, "Write the posterior, or the accuracy, to this file");
  command->callback([destinations, &run] { run = [destinations] { return destinations->run(); }; });
}

}  // namespace softrl::cli
