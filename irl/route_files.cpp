#include "irl/route_files.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "softrl/atomic_file.hpp"
#include "softrl/excerpt.hpp"

namespace softrl::irl {
namespace {

// Names to indices, in order of first appearance.
struct Index {
  std::vector<std::string> names;
  std::unordered_map<std::string, int> number;

  int add(const std::string& name) {
    const auto [at, added] = number.try_emplace(name, static_cast<int>(names.size()));
    if (added) names.push_back(name);
    return at->second;
  }
  int find(const std::string& name) const {
    const auto found = number.find(name);
    return found == number.end() ? -1 : found->second;
  }
};

LinkTable read_link_table(const Study::Links& study, const std::filesystem::path& folder, const Index& links) {
  LinkTable result{.table = CsvTable::read(folder / study.file), .row = {}};
  const CsvTable& table = result.table;
  constexpr std::size_t none = -1;
  result.row.assign(links.names.size(), none);
  const std::size_t column = table.column(study.link);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const int link = links.find(table.text(row, column));
    if (link < 0) continue;  // a link without moves is no part of the network
    if (result.row[link] != none) table.fail(row, fmt::format("link {} appears twice", links.names[link]));
    result.row[link] = row;
  }
  for (std::size_t link = 0; link < result.row.size(); ++link)
    if (result.row[link] == none)
      throw std::runtime_error(
          fmt::format("{}: has no row for link {}", (folder / study.file).string(), links.names[link]));
  return result;
}

// The study's distance, link by link [L]. A column of moves must agree on all moves that enter a link.
Eigen::VectorXd read_lengths(const FeatureDefinition& distance, const FeatureRows& rows,
                             const std::vector<std::string>& links) {
  const auto unknown = [&](std::size_t link, std::string_view why) {
    throw std::runtime_error(fmt::format("distance {} of link {} {}", distance.name, links[link], why));
  };
  std::vector<int> entered(rows.to.begin(), rows.to.end());
  FeatureRows read = rows;
  if (is_of_link_entered(distance)) {
    entered.resize(links.size());
    std::iota(entered.begin(), entered.end(), 0);
    read = {.links = rows.links, .from = entered, .to = entered, .out_degree = rows.out_degree};
  }
  const Eigen::VectorXd values = feature_matrix({distance}, read).col(0);
  Eigen::VectorXd lengths = Eigen::VectorXd::Constant(static_cast<Eigen::Index>(links.size()), -1.0);
  for (std::size_t r = 0; r < entered.size(); ++r) {
    double& length = lengths(entered[r]);
    const double value = values(static_cast<Eigen::Index>(r));
    if (!(value >= 0.0)) unknown(entered[r], fmt::format("must not be negative, got {}", value));
    if (length >= 0.0 && length != value)
      unknown(entered[r], fmt::format("depends on the move that enters it: {} and {}", length, value));
    length = value;
  }
  for (std::size_t link = 0; link < links.size(); ++link)
    if (lengths(static_cast<Eigen::Index>(link)) < 0.0)
      unknown(link, "is not known: no move enters it (a link_column would tell)");
  return lengths;
}

void read_network(const Study& study, const std::filesystem::path& folder, Index& links, RouteData& data) {
  const CsvTable table = CsvTable::read(folder / study.network.file);
  const std::size_t from_column = table.column(study.network.from);
  const std::size_t to_column = table.column(study.network.to);
  std::vector<std::pair<int, int>> moves;
  std::vector<int> from, to;
  std::set<std::pair<int, int>> seen;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    for (const std::size_t column : {from_column, to_column})
      if (table.text(row, column).empty()) table.fail(row, "has no name for one of the links of the move");
    from.push_back(links.add(table.text(row, from_column)));
    to.push_back(links.add(table.text(row, to_column)));
    moves.emplace_back(from.back(), to.back());
    if (!seen.insert(moves.back()).second)
      table.fail(row, fmt::format("the move from link {} to link {} appears twice", links.names[from.back()],
                                  links.names[to.back()]));
  }
  if (moves.empty())
    throw std::runtime_error(fmt::format("{}:1: has no moves", (folder / study.network.file).string()));
  std::optional<LinkTable> link_table;
  if (study.links) link_table = read_link_table(*study.links, folder, links);
  std::vector<int> out_degree(links.names.size(), 0);
  for (const int link : from) ++out_degree[link];
  const FeatureRows rows{
      .moves = &table, .links = link_table ? &*link_table : nullptr, .from = from, .to = to, .out_degree = out_degree};
  std::vector<std::string> names;
  for (const FeatureDefinition& feature : study.features) names.push_back(feature.name);
  data.network = make_road_network(links.names, moves, names, feature_matrix(study.features, rows));

  if (study.distance) data.link_lengths = read_lengths(*study.distance, rows, links.names);
  if (study.time) {
    const Eigen::VectorXd times = feature_matrix({*study.time}, rows).col(0);
    data.move_times.resize(times.size());
    for (std::size_t row = 0; row < table.rows(); ++row) {
      const double time = times(static_cast<Eigen::Index>(row));
      if (!(time >= 0.0)) table.fail(row, fmt::format("time {} must not be negative, got {}", study.time->name, time));
      data.move_times(data.network.find_move(from[row], to[row])) = time;
    }
  }
  if (study.scales.empty()) return;
  for (const FeatureDefinition& scale : study.scales) data.scales.push_back(scale.name);
  std::vector<int> every(links.names.size());
  std::iota(every.begin(), every.end(), 0);
  data.scale_attributes =
      feature_matrix(study.scales, {.links = rows.links, .from = every, .to = every, .out_degree = out_degree});
}

std::vector<Destination> read_destinations(const Study::Destinations& study, const std::filesystem::path& folder,
                                           const Index& links, Index& index) {
  const CsvTable table = CsvTable::read(folder / study.file);
  const std::size_t destination = table.column(study.destination);
  const std::size_t link = table.column(study.link);
  std::vector<Destination> result;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const int k = links.find(table.text(row, link));
    if (k < 0) table.fail(row, fmt::format("there is no link {} in the network", excerpt(table.text(row, link))));
    const int d = index.add(table.text(row, destination));
    if (d == static_cast<int>(result.size())) result.push_back({.name = table.text(row, destination), .links = {}});
    for (const int other : result[d].links)
      if (other == k)
        table.fail(row, fmt::format("link {} is listed twice for destination {}", links.names[k], result[d].name));
    result[d].links.push_back(k);
  }
  return result;
}

// Counts a trip that cannot be used.
void leave_out(TripReport& report, TripFault reason, int line, const std::string& complaint) {
  const auto known = std::find_if(report.left_out.begin(), report.left_out.end(),
                                  [&](const TripReport::LeftOut& other) { return other.reason == reason; });
  if (known != report.left_out.end())
    ++known->count;
  else
    report.left_out.push_back({.reason = reason, .count = 1, .first_line = line, .first = complaint});
}

// Where a destination is a link, those that `data` does not have are added to it.
TripFile read_trips(const Study& study, const std::filesystem::path& file, const ReadOptions& options,
                    const Index& links, Index& destinations, RouteData& data) {
  const CsvTable table = CsvTable::read(file);
  TripFile trips;
  const std::size_t name = table.column(study.trips.name);
  const std::size_t route = table.column(study.trips.links);
  const std::size_t destination = table.column(study.trips.destination);
  std::optional<std::size_t> cluster;
  if (study.trips.cluster) cluster = table.column(*study.trips.cluster);

  const auto visited = [&](std::size_t row) {
    std::istringstream words(table.text(row, route));
    std::vector<int> result;
    for (std::string word; words >> word;) {
      result.push_back(links.find(word));
      if (result.back() < 0)
        throw TripError(TripFault::UnknownLink, fmt::format("there is no link {} in the network", excerpt(word)));
    }
    return result;
  };
  const auto read = [&](std::size_t row) {
    const std::string& goal = table.text(row, destination);
    const std::vector<int> driven = visited(row);
    const int known = destinations.find(goal);
    const bool is_new = known < 0 && data.ending == Ending::OnEntering && links.find(goal) >= 0;
    if (known < 0 && !is_new)
      throw TripError(TripFault::UnknownDestination,
                      fmt::format("destination {} cannot be reached: no link leads to it", excerpt(goal)));
    if (is_new) data.destinations.push_back({.name = goal, .links = {links.find(goal)}});
    try {
      const int last = static_cast<int>(data.destinations.size()) - 1;
      Trip trip = make_trip(data, table.text(row, name), is_new ? last : known, driven);
      if (is_new) destinations.add(goal);
      return trip;
    } catch (const TripError&) {
      if (is_new) data.destinations.pop_back();
      throw;
    }
  };

  TripReport& report = trips.report;
  std::set<std::string> seen;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const auto about = [&](std::string_view message) {
      return fmt::format("trip {}: {}", excerpt(table.text(row, name)), message);
    };
    if (table.text(row, name).empty()) table.fail(row, fmt::format("{} is empty", study.trips.name));
    if (!seen.insert(table.text(row, name)).second) table.fail(row, about("appears twice"));
    if (cluster && table.text(row, *cluster).empty())
      table.fail(row, about(fmt::format("has no {}", *study.trips.cluster)));
    ++report.read;
    try {
      trips.trips.push_back(read(row));
    } catch (const TripError& error) {
      if (options.strict) table.fail(row, about(error.what()));
      leave_out(report, error.fault, table.line(row), table.complaint(row, about(error.what())));
      continue;
    }
    if (cluster) trips.trips.back().cluster = table.text(row, *cluster);
  }
  if (report.read == 0) throw std::runtime_error(fmt::format("{}:1: has no trips", file.string()));
  if (trips.trips.empty())
    throw std::runtime_error(fmt::format("{} (no other trip can be used, either)", report.left_out.front().first));
  return trips;
}

std::string network_csv(const RoadNetwork& network) {
  std::string text = fmt::format("from_link,to_link,{}\n", fmt::join(network.features, ","));
  for (int m = 0; m < network.move_count(); ++m) {
    text += fmt::format("{},{}", network.links[network.from[m]], network.links[network.to[m]]);
    for (int j = 0; j < network.feature_count(); ++j) text += fmt::format(",{}", network.attributes(m, j));
    text += "\n";
  }
  return text;
}

std::string destinations_csv(const RouteData& data) {
  std::string text = "destination,from_link\n";
  for (const Destination& destination : data.destinations)
    for (const int link : destination.links) text += fmt::format("{},{}\n", destination.name, data.network.links[link]);
  return text;
}

std::string trips_csv(const RouteData& data) {
  std::string text = "trip_id,destination,links\n";
  for (const Trip& trip : data.trips) {
    std::vector<std::string> names;
    for (const int link : trip_links(data.network, trip)) names.push_back(data.network.links[link]);
    text += fmt::format("{},{},{}\n", trip.name, data.destinations[trip.destination].name, fmt::join(names, " "));
  }
  return text;
}

std::string links_csv(const RouteData& data) {
  std::string text = "link,length_m\n";
  for (int k = 0; k < data.network.link_count(); ++k)
    text += fmt::format("{},{}\n", data.network.links[k], data.link_lengths(k));
  return text;
}

// The feature that says how long a move takes.
std::string time_feature(const RouteData& data) {
  for (int j = 0; j < data.network.feature_count(); ++j)
    if (data.network.attributes.col(j) == data.move_times) return data.network.features[j];
  throw std::invalid_argument("only times that are a feature can be written");
}

std::string study_toml(const RouteData& data) {
  const bool has_lengths = data.link_lengths.size() > 0;
  std::string text =
      fmt::format("model = \"maxent\"\nfeatures = [\"{}\"]\n", fmt::join(data.network.features, "\", \""));
  if (has_lengths) text += "distance = \"length_m\"\n";
  if (data.move_times.size() > 0) text += fmt::format("time = \"{}\"\n", time_feature(data));
  text += "\n[network]\nfile = \"network.csv\"\nfrom = \"from_link\"\nto = \"to_link\"\n\n";
  if (has_lengths)
    text +=
        "[links]\nfile = \"links.csv\"\nlink = \"link\"\n\n"
        "[feature.length_m]\nlink_column = \"length_m\"\n\n";
  return text +
         "[trips]\nfile = \"trips.csv\"\nname = \"trip_id\"\nlinks = \"links\"\ndestination = \"destination\"\n\n"
         "[destinations]\nfile = \"destinations.csv\"\ndestination = \"destination\"\nlink = \"from_link\"\n";
}

}  // namespace

RouteData read_routes(const Study& study, const std::filesystem::path& folder, const ReadOptions& options) {
  RouteData data;
  Index links, destinations;
  read_network(study, folder, links, data);
  data.ending = study.destinations ? Ending::ByMove : Ending::OnEntering;
  if (study.destinations) data.destinations = read_destinations(*study.destinations, folder, links, destinations);
  TripFile file = read_trips(study, folder / study.trips.file, options, links, destinations, data);
  data.trips = std::move(file.trips);
  data.trip_report = std::move(file.report);
  return data;
}

TripFile read_trips(const Study& study, const std::filesystem::path& file, RouteData& data,
                    const ReadOptions& options) {
  Index links, destinations;
  for (const std::string& name : data.network.links) links.add(name);
  for (const Destination& destination : data.destinations) destinations.add(destination.name);
  return read_trips(study, file, options, links, destinations, data);
}

void write_routes(const RouteData& data, const std::filesystem::path& folder) {
  if (data.ending != Ending::ByMove)
    throw std::invalid_argument("only trips that end by a move of their own can be written");
  for (const Trip& trip : data.trips)
    if (!trip.cluster.empty()) throw std::invalid_argument("trips in clusters cannot be written");
  const std::string study = study_toml(data);
  write_atomically(folder / "network.csv", network_csv(data.network));
  if (data.link_lengths.size() > 0) write_atomically(folder / "links.csv", links_csv(data));
  write_atomically(folder / "destinations.csv", destinations_csv(data));
  write_atomically(folder / "trips.csv", trips_csv(data));
  write_atomically(folder / "study.toml", study);
}

}  // namespace softrl::irl
