#include "irl/study.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include <fmt/format.h>

#include "softrl/config.hpp"

namespace softrl::irl {
namespace {

FeatureDefinition read_feature(const std::string& name, const Config& table) {
  FeatureDefinition feature{.name = name};
  int sources = 0;
  if (table.has("column")) {
    ++sources;
    feature.column = table.string("column");
  }
  if (table.has("link_column")) {
    ++sources;
    feature.source = FeatureDefinition::Source::LinkColumn;
    feature.column = table.string("link_column");
  }
  if (table.has("constant")) {
    ++sources;
    feature.source = FeatureDefinition::Source::Constant;
    feature.scale = table.number("constant");
  }
  if (sources != 1) table.fail("column", "a feature needs exactly one of column, link_column and constant");
  if (feature.source != FeatureDefinition::Source::Constant) {
    if (table.has("equals")) feature.equals = table.string("equals");
    feature.scale = table.number("scale", 1.0);
  }
  if (!(std::abs(feature.scale) <= largest_feature))
    table.fail(feature.source == FeatureDefinition::Source::Constant ? "constant" : "scale",
               fmt::format("must be at most {:g} in size, got {:g}", largest_feature, feature.scale));
  return feature;
}

std::vector<FeatureDefinition> read_features(const Config& config) {
  const std::vector<std::string> names = config.strings("features");
  if (names.empty()) config.fail("features", "there must be at least one");
  std::vector<FeatureDefinition> result;
  std::optional<Config> definitions;
  if (config.has("feature")) definitions = config.table("feature");
  for (auto name = names.begin(); name != names.end(); ++name) {
    if (std::find(names.begin(), name, *name) != name)
      config.fail("features", fmt::format("\"{}\" appears twice", *name));
    const bool defined = definitions && definitions->has(*name);
    result.push_back(defined ? read_feature(*name, definitions->table(*name))
                             : FeatureDefinition{.name = *name, .column = *name});
  }
  return result;
}

}  // namespace

Study read_study(const std::filesystem::path& file) {
  const Config config = Config::read(file);
  const std::string model = config.string("model");
  if (model != "maxent") config.fail("model", fmt::format("unknown model \"{}\" (models: maxent)", model));
  Study study;
  study.model = model;
  study.features = read_features(config);

  const Config network = config.table("network");
  study.network = {.file = network.string("file"), .from = network.string("from"), .to = network.string("to")};
  if (config.has("links")) {
    const Config links = config.table("links");
    study.links = {.file = links.string("file"), .link = links.string("link")};
  }
  const Config trips = config.table("trips");
  study.trips = {.file = trips.string("file"),
                 .name = trips.string("name"),
                 .links = trips.string("links"),
                 .destination = trips.string("destination"),
                 .cluster = {}};
  if (trips.has("cluster")) study.trips.cluster = trips.string("cluster");
  if (config.has("destinations")) {
    const Config destinations = config.table("destinations");
    study.destinations = {.file = destinations.string("file"),
                          .destination = destinations.string("destination"),
                          .link = destinations.string("link")};
  }
  config.refuse_unknown();
  for (const FeatureDefinition& feature : study.features)
    if (feature.source == FeatureDefinition::Source::LinkColumn && !study.links)
      config.fail("links", fmt::format("is missing, but feature {} takes a link_column", feature.name));
  return study;
}

}  // namespace softrl::irl
