#include "irl/study.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "softrl/config.hpp"

namespace softrl::irl {
namespace {

using Source = FeatureDefinition::Source;
using Transform = FeatureDefinition::Transform;
using Size = FeatureDefinition::Size;

constexpr std::array models{"maxent", "nested", "max_margin", "action", "action_costs", "time"};

// One of the words of an enumeration.
template <class T, std::size_t N>
T read_choice(const Config& table, std::string_view key, const std::array<std::pair<const char*, T>, N>& choices) {
  const std::string word = table.string(key);
  std::vector<std::string> known;
  for (const auto& [name, value] : choices) {
    if (word == name) return value;
    known.push_back(fmt::format("\"{}\"", name));
  }
  table.fail(key, fmt::format("must be {}, got \"{}\"", fmt::join(known, " or "), word));
}

constexpr std::array transforms{std::pair{"log", Transform::Log}, std::pair{"sqrt", Transform::Sqrt},
                                std::pair{"square", Transform::Square}, std::pair{"reciprocal", Transform::Reciprocal}};
constexpr std::array sizes{std::pair{"max", Size::Max}, std::pair{"mean", Size::Mean},
                           std::pair{"standard_deviation", Size::StandardDeviation}};
constexpr std::array degrees{std::pair{"to", Source::OutDegree}, std::pair{"from", Source::FromOutDegree}};

bool contains(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// A text or a list of at least one.
std::vector<std::string> read_texts(const Config& table, std::string_view key) {
  std::vector<std::string> texts = table.string_or_strings(key);
  if (texts.empty()) table.fail(key, "must not be empty");
  return texts;
}

// The features that the study's tables define, by name.
class Definitions {
 public:
  explicit Definitions(const Config& config) : config_(config) {
    if (config.has("feature")) tables_ = config.table("feature");
  }

  // Those of a name: several if it is a table with classes; a column of the network file if it is no table.
  std::vector<FeatureDefinition> find(const std::string& name) {
    if (tables_ && contains(tables_->keys(), name)) return define(name, tables_->table(name));
    if (tables_)
      for (const std::string& group : tables_->keys()) {
        if (!tables_->is_table(group) || contains(open_, group)) continue;
        const Config table = tables_->table(group);
        if (!table.has("classes")) continue;
        for (const std::string& text : table.string_or_strings("classes"))
          if (member_name(group, table, text) == name)
            for (FeatureDefinition& member : define(group, table))
              if (member.name == name) return {std::move(member)};
      }
    return {{.name = name, .column = name}};
  }

  // Those of a list of names, in its order.
  std::vector<FeatureDefinition> read(const Config& table, std::string_view key) {
    const std::vector<std::string> names = table.strings(key);
    if (names.empty()) table.fail(key, "there must be at least one");
    std::vector<FeatureDefinition> result;
    for (const std::string& name : names)
      for (FeatureDefinition& feature : find(name)) {
        for (const FeatureDefinition& other : result)
          if (other.name == feature.name) table.fail(key, fmt::format("\"{}\" appears twice", feature.name));
        result.push_back(std::move(feature));
      }
    return result;
  }

  // A table that was defined for nothing is a slip.
  void refuse_unused() const {
    if (!tables_) return;
    for (const std::string& name : tables_->keys())
      if (!contains(used_, name)) tables_->fail(name, "is used nowhere: list it in features");
  }

  // That of a name, which must be one feature.
  FeatureDefinition read_one(const Config& table, std::string_view key, const std::string& name) {
    std::vector<FeatureDefinition> found = find(name);
    if (found.size() != 1) table.fail(key, fmt::format("{} is a feature for each of its classes; name one", name));
    return std::move(found.front());
  }

 private:
  const Config& config_;
  std::optional<Config> tables_;
  std::vector<std::string> open_;  // names that are being defined: they cannot be factors of themselves
  std::vector<std::string> used_;  // names of tables

  static std::string member_name(const std::string& group, const Config& table, const std::string& text) {
    return table.string("prefix", group + "_") + text;
  }

  FeatureDefinition factor(const Config& table, std::string_view key, const std::string& name) {
    if (contains(open_, name)) table.fail(key, fmt::format("feature {} is defined by itself", name));
    return read_one(table, key, name);
  }

  std::vector<FeatureDefinition> define(const std::string& name, const Config& table) {
    open_.push_back(name);
    used_.push_back(name);
    FeatureDefinition feature{.name = name};
    read_source(feature, table);
    std::vector<FeatureDefinition> result;
    if (feature.source == Source::Constant) {
      result = {feature};
    } else {
      const bool is_column = !feature.column.empty();
      if (is_column) read_field(feature, table);
      if (is_column && table.has("classes")) {
        result = read_classes(feature, table);
      } else {
        read_number(feature, table);
        result = {feature};
      }
    }
    open_.pop_back();
    return result;
  }

  void read_source(FeatureDefinition& feature, const Config& table) {
    int sources = 0;
    for (const auto& [key, source] :
         {std::pair{"column", Source::MoveColumn}, std::pair{"link_column", Source::LinkColumn},
          std::pair{"from_link_column", Source::FromLinkColumn}}) {
      if (!table.has(key)) continue;
      ++sources;
      feature.source = source;
      feature.column = table.string(key);
      if (feature.column.empty()) table.fail(key, "must not be empty");
      if (source != Source::MoveColumn && !config_.has("links"))
        config_.fail("links", fmt::format("is missing, but feature {} takes a {}", feature.name, key));
    }
    if (table.has("out_degree")) {
      ++sources;
      feature.source = read_choice(table, "out_degree", degrees);
    }
    if (table.has("constant")) {
      ++sources;
      feature.source = Source::Constant;
      feature.scale = table.number("constant");
      check_size(table, "constant", feature.scale);
    }
    if (table.has("product")) {
      ++sources;
      feature.source = Source::Product;
      const std::vector<std::string> names = table.strings("product");
      if (names.size() < 2) table.fail("product", "must name at least two features");
      for (const std::string& name : names) feature.factors.push_back(factor(table, "product", name));
    }
    if (sources != 1)
      table.fail("column",
                 "a feature needs exactly one of column, link_column, from_link_column, out_degree, constant and "
                 "product");
  }

  void read_field(FeatureDefinition& feature, const Config& table) {
    if (table.has("equals")) feature.equals = read_texts(table, "equals");
    if (table.has("at_least")) feature.at_least = table.number("at_least");
    if (table.has("below")) feature.below = table.number("below");
    if (table.has("missing")) feature.missing = table.number("missing");
    feature.nonnegative = table.boolean("nonnegative", false);
    if (feature.at_least && feature.below && *feature.at_least >= *feature.below)
      table.fail("below", fmt::format("must be more than at_least, {}, got {}", *feature.at_least, *feature.below));
    const bool of_text = !feature.equals.empty() || table.has("classes");
    for (const char* key : {"at_least", "below", "nonnegative"})
      if (of_text && table.has(key)) table.fail(key, "needs a number, but the field is compared with text");
    if (feature.nonnegative && feature.missing.value_or(0.0) < 0.0)
      table.fail("missing", fmt::format("must not be negative, got {}", *feature.missing));
  }

  void read_number(FeatureDefinition& feature, const Config& table) {
    if (table.has("transform")) feature.transform = read_choice(table, "transform", transforms);
    if (table.has("divide_by")) feature.divide_by = read_choice(table, "divide_by", sizes);
    feature.scale = table.number("scale", 1.0);
    check_size(table, "scale", feature.scale);
  }

  // A feature for each class: 1 where the field is that text, or the value of another feature there.
  std::vector<FeatureDefinition> read_classes(const FeatureDefinition& group, const Config& table) {
    if (!group.equals.empty()) table.fail("equals", "goes without classes");
    const std::vector<std::string> classes = read_texts(table, "classes");
    std::vector<std::string> others;
    if (table.has("reference")) {
      others = table.string_or_strings("reference");
      others.insert(others.end(), classes.begin(), classes.end());
    }
    std::optional<FeatureDefinition> times;
    if (table.has("times")) times = factor(table, "times", table.string("times"));
    std::vector<FeatureDefinition> result;
    for (auto name = classes.begin(); name != classes.end(); ++name) {
      if (std::find(classes.begin(), name, *name) != name)
        table.fail("classes", fmt::format("\"{}\" appears twice", *name));
      if (table.has("reference") && contains(table.string_or_strings("reference"), *name))
        table.fail("reference", fmt::format("\"{}\" is one of the classes", *name));
      FeatureDefinition member = group;
      member.name = member_name(group.name, table, *name);
      member.equals = {*name};
      member.others = others;
      if (times)
        result.push_back({.name = member.name, .source = Source::Product, .factors = {member, *times}});
      else
        result.push_back(std::move(member));
    }
    return result;
  }

  static void check_size(const Config& table, std::string_view key, double value) {
    if (!(std::abs(value) <= largest_feature))
      table.fail(key, fmt::format("must be at most {:g} in size, got {:g}", largest_feature, value));
  }
};

// "a = 1, b = 2": weights of the study's features.
std::vector<NamedWeight> read_named(const Config& table, std::string_view key,
                                    const std::vector<std::string>& features) {
  const Config values = table.table(key);
  std::vector<NamedWeight> result;
  for (const std::string& name : values.keys()) {
    if (!contains(features, name))
      values.fail(name, fmt::format("is no feature of the study (features: {})", fmt::join(features, ", ")));
    result.push_back({name, values.number(name)});
  }
  if (result.empty()) table.fail(key, "must name at least one weight");
  return result;
}

// [weights]: start, fixed, and bounds.
void read_weights(const Config& config, const std::vector<std::string>& names, Study& study) {
  const Config weights = config.table("weights");
  for (const std::string& name : weights.keys()) {
    if (!contains(names, name)) weights.fail(name, fmt::format("unknown weight (weights: {})", fmt::join(names, ", ")));
    const Config weight = weights.table(name);
    if (weight.keys().empty()) weights.fail(name, "says nothing: one of fixed, start, lower, upper");
    if (weight.has("fixed")) {
      if (weight.keys().size() > 1) weights.fail(name, "a fixed weight has neither a start nor bounds");
      study.fixed.push_back({name, weight.number("fixed")});
      continue;
    }
    WeightBounds bounds{.name = name};
    bounds.lower = weight.number("lower", bounds.lower);
    bounds.upper = weight.number("upper", bounds.upper);
    if (bounds.lower >= bounds.upper)
      weights.fail(name, fmt::format("lower must be below upper, got {} and {}", bounds.lower, bounds.upper));
    if (weight.has("lower") || weight.has("upper")) study.bounds.push_back(bounds);
    if (!weight.has("start")) continue;
    const double start = weight.number("start");
    if (!(start >= bounds.lower && start <= bounds.upper))
      weight.fail("start", fmt::format("must lie within the bounds, got {}", start));
    study.start.push_back({name, start});
  }
}

Study::TripFiles read_trip_files(const Config& table) {
  Study::TripFiles files;
  const std::int64_t folds = table.integer("folds");
  if (folds < 1 || folds > 1'000'000) table.fail("folds", fmt::format("must be between 1 and 1000000, got {}", folds));
  files.folds = static_cast<int>(folds);
  if (table.has("test")) files.test = table.string("test");
  if (table.is_table("train")) {
    const Config train = table.table("train");
    for (const std::string& key : train.keys()) {
      int size = 0;
      const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), size);
      if (error != std::errc() || end != key.data() + key.size() || size < 1)
        train.fail(key, "must be a number of trips, at least 1");
      files.train.emplace(size, train.string(key));
    }
    if (files.train.empty()) table.fail("train", "must name at least one file");
  } else {
    files.train.emplace(0, table.string("train"));
  }
  return files;
}

std::vector<std::string> names_of(const std::vector<FeatureDefinition>& features) {
  std::vector<std::string> names;
  for (const FeatureDefinition& feature : features) names.push_back(feature.name);
  return names;
}

}  // namespace

Study read_study(const std::filesystem::path& file) {
  const Config config = Config::read(file);
  Study study;
  study.model = config.string("model");
  if (std::find(models.begin(), models.end(), study.model) == models.end())
    config.fail("model", fmt::format("unknown model \"{}\" (models: {})", study.model, fmt::join(models, ", ")));
  Definitions definitions(config);
  study.features = definitions.read(config, "features");
  const std::vector<std::string> features = names_of(study.features);
  std::vector<std::string> weights = features;
  for (const auto& [key, feature] : {std::pair{"distance", &study.distance}, std::pair{"time", &study.time}})
    if (config.has(key)) *feature = definitions.read_one(config, key, config.string(key));

  if (config.has("nested")) {
    const Config nested = config.table("nested");
    study.scales = definitions.read(nested, "scales");
    for (const FeatureDefinition& scale : study.scales) {
      if (!is_of_link_left(scale))
        nested.fail("scales", fmt::format("{} must be a feature of the link left: from_link_column, out_degree = "
                                          "\"from\", constant, or a product of these",
                                          scale.name));
      if (contains(features, scale.name))
        nested.fail("scales",
                    fmt::format("\"{}\" is among the features, too: its weight needs another name", scale.name));
      weights.push_back(scale.name);
    }
  } else if (study.model == "nested") {
    config.fail("nested", "is missing, but the model is nested");
  }
  if (config.has("link_size")) {
    const Config table = config.table("link_size");
    study.link_size = {.weights = read_named(table, "weights", features)};
    for (const std::string& feature : features)
      if (std::none_of(study.link_size->weights.begin(), study.link_size->weights.end(),
                       [&](const NamedWeight& weight) { return weight.name == feature; }))
        table.fail("weights", fmt::format("must name every feature of the study; {} is missing", feature));
    if (contains(weights, "link_size"))
      config.fail("link_size", "adds a feature of this name, but there is one already");
    weights.emplace_back("link_size");
  }
  if (config.has("corridor")) {
    const Config corridor = config.table("corridor");
    study.corridor = {.detour = corridor.number("detour"), .weights = read_named(corridor, "weights", features)};
    if (!(study.corridor->detour >= 1.0))
      corridor.fail("detour", fmt::format("must be at least 1, got {}", study.corridor->detour));
  }
  if (config.has("weights")) read_weights(config, weights, study);

  const Config network = config.table("network");
  study.network = {.file = network.string("file"), .from = network.string("from"), .to = network.string("to")};
  if (config.has("links")) {
    const Config links = config.table("links");
    study.links = {.file = links.string("file"), .link = links.string("link")};
    if (config.has("nodes")) {
      study.links->from_node = links.string("from_node");
      study.links->to_node = links.string("to_node");
    }
  }
  if (config.has("nodes")) {
    if (!study.links) config.fail("nodes", "needs a table [links] with from_node and to_node");
    const Config nodes = config.table("nodes");
    study.nodes = {.file = nodes.string("file"),
                   .node = nodes.string("node"),
                   .lon = nodes.string("lon"),
                   .lat = nodes.string("lat")};
  }
  const Config trips = config.table("trips");
  study.trips = {.file = {},
                 .name = trips.string("name"),
                 .links = trips.string("links"),
                 .destination = trips.string("destination"),
                 .cluster = {},
                 .files = {}};
  if (!trips.has("files"))
    study.trips.file = trips.string("file");
  else if (trips.has("file"))
    trips.fail("file", "goes without files");
  else
    study.trips.files = read_trip_files(trips.table("files"));
  if (trips.has("cluster")) study.trips.cluster = trips.string("cluster");
  if (config.has("destinations")) {
    const Config destinations = config.table("destinations");
    study.destinations = {.file = destinations.string("file"),
                          .destination = destinations.string("destination"),
                          .link = destinations.string("link")};
  }
  definitions.refuse_unused();
  config.refuse_unknown();
  return study;
}

std::string definition_of_weight(const Study& study, const std::string& name) {
  for (const FeatureDefinition& feature : study.features)
    if (feature.name == name) return describe(feature);
  for (const FeatureDefinition& scale : study.scales)
    if (scale.name == name) return fmt::format("scale by {}", describe(scale));
  if (!study.link_size) return name;
  std::vector<std::string> weights;
  for (const auto& [feature, value] : study.link_size->weights)
    weights.push_back(fmt::format("{} · ({})", value, definition_of_weight(study, feature)));
  return fmt::format("link size at {}", fmt::join(weights, " + "));
}

std::string family_of(const Study& study) {
  if (study.model == "action_costs") return "action";
  if (!study.corridor) return study.model;
  std::vector<std::string> weights;
  for (const auto& [name, value] : study.corridor->weights)
    weights.push_back(fmt::format("{} · ({})", value, definition_of_weight(study, name)));
  return fmt::format("{} in the corridor of detours up to {} at {}", study.model, study.corridor->detour,
                     fmt::join(weights, " + "));
}

void use_trips(Study& study, TripSet set, const TripChoice& choice) {
  const std::string fold_option = choice.prefix + "fold";
  const std::string size_option = choice.prefix + (choice.prefix.empty() ? "train_size" : "train-size");
  if (!study.trips.files) {
    for (const auto& [option, value] :
         {std::pair{&fold_option, choice.fold}, std::pair{&size_option, choice.train_size}})
      if (value)
        throw std::invalid_argument(
            fmt::format("{} {}: the study has one file of trips, not several (trips.files)", *option, *value));
    if (set == TripSet::Test) throw std::invalid_argument("the study names no held-out trips (trips.files.test)");
    return;
  }
  const Study::TripFiles& files = *study.trips.files;
  const int fold = choice.fold.value_or(0);
  if (fold < 0 || fold >= files.folds)
    throw std::invalid_argument(fmt::format("{} must be between 0 and {}, got {}", fold_option, files.folds - 1, fold));
  std::string name;
  if (set == TripSet::Test) {
    if (!files.test) throw std::invalid_argument("the study names no held-out trips (trips.files.test)");
    name = *files.test;
  } else {
    const auto found = choice.train_size ? files.train.find(*choice.train_size) : std::prev(files.train.end());
    if (found == files.train.end()) {
      std::vector<int> sizes;
      for (const auto& [size, file] : files.train)
        if (size > 0) sizes.push_back(size);
      throw std::invalid_argument(fmt::format(
          "{} {}: there is no such file of trips ({})", size_option, *choice.train_size,
          sizes.empty() ? "the study names one size only" : fmt::format("sizes: {}", fmt::join(sizes, ", "))));
    }
    name = found->second;
  }
  for (std::size_t at = name.find("{fold}"); at != std::string::npos; at = name.find("{fold}", at))
    name.replace(at, 6, fmt::format("{}", fold));
  study.trips.file = name;
}

}  // namespace softrl::irl
