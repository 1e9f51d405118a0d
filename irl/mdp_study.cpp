#include "irl/mdp_study.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include "irl/features.hpp"
#include "irl/gridworld_features.hpp"
#include "softrl/config.hpp"
#include "tabular/npz.hpp"

namespace softrl::irl {
namespace {

namespace fs = std::filesystem;

char symbol(const Config& table, std::string_view key) {
  const std::string text = table.string(key);
  if (text.size() != 1) table.fail(key, fmt::format("must be one symbol of the map, got \"{}\"", text));
  return text.front();
}

MdpFeatures::On read_on(const Config& table) {
  const std::string on = table.string("on");
  if (on == "states") return MdpFeatures::On::States;
  if (on == "state_actions") return MdpFeatures::On::StateActions;
  if (on != "transitions")
    table.fail("on", fmt::format("must be states, state_actions or transitions, got \"{}\"", on));
  return MdpFeatures::On::Transitions;
}

MdpFeatureDefinition read_feature(const std::string& name, const Config& table, const fs::path& folder) {
  using Source = MdpFeatureDefinition::Source;
  MdpFeatureDefinition feature{.name = name};
  int sources = 0;
  const auto is_given = [&](std::string_view key, Source source) {
    if (!table.has(key)) return false;
    ++sources;
    feature.source = source;
    return true;
  };
  if (is_given("constant", Source::Constant)) feature.scale = table.number("constant");
  if (is_given("enters", Source::Enters)) feature.symbol = symbol(table, "enters");
  if (is_given("distance_to", Source::DistanceTo)) feature.symbol = symbol(table, "distance_to");
  if (is_given("file", Source::File)) {
    feature.file = folder / table.string("file");
    feature.on = read_on(table);
    const std::int64_t column = table.integer("column", 0);
    if (column < 0 || column > 1'000'000) table.fail("column", fmt::format("must be in [0, 1000000], got {}", column));
    feature.column = static_cast<int>(column);
  }
  if (sources != 1) table.fail("constant", "a feature needs exactly one of constant, enters, distance_to and file");
  if (feature.source != Source::Constant) feature.scale = table.number("scale", 1.0);
  if (!(std::abs(feature.scale) <= largest_feature))
    table.fail(feature.source == Source::Constant ? "constant" : "scale",
               fmt::format("must be at most {:g} in size, got {:g}", largest_feature, feature.scale));
  return feature;
}

Horizon read_horizon(const Config& table) {
  const std::string kind = table.string("kind");
  if (kind == "to_goal") return Horizon::to_goal();
  if (kind == "discounted") {
    const double discount = table.number("discount");
    if (!(discount >= 0.0 && discount < 1.0))
      table.fail("discount", fmt::format("must be at least 0 and below 1, got {}", discount));
    return Horizon::discounted(discount);
  }
  if (kind != "fixed") table.fail("kind", fmt::format("must be fixed, discounted or to_goal, got \"{}\"", kind));
  const std::int64_t steps = table.integer("steps");
  if (steps < 1 || steps > 1'000'000) table.fail("steps", fmt::format("must be in [1, 1000000], got {}", steps));
  const auto count = static_cast<int>(steps);
  return table.boolean("at_goal", false) ? Horizon::fixed_to_goal(count) : Horizon::fixed(count);
}

double penalty(const Config& table, std::string_view key) {
  const double value = table.number(key, 0.0);
  if (value < 0.0) table.fail(key, fmt::format("must be at least 0, got {}", value));
  return value;
}

// A column of a file, a row per state, state-action or transition. A table [S, A] is taken at the available actions.
Eigen::VectorXd read_column(const MdpFeatureDefinition& feature, const Mdp& mdp) {
  const tabular::NumpyArray<double> array = tabular::read_npy(feature.file);
  std::vector<std::size_t> shape = array.shape;
  const auto size = [](Index n) { return static_cast<std::size_t>(n); };
  const std::size_t rows = size(feature.on == MdpFeatures::On::States         ? mdp.states()
                                : feature.on == MdpFeatures::On::StateActions ? mdp.pairs()
                                                                              : mdp.transitions());
  const bool table = feature.on == MdpFeatures::On::StateActions && shape.size() >= 2 &&
                     shape[0] == size(mdp.states()) && shape[1] == size(mdp.action_names());
  const std::size_t leading = table ? 2 : 1;
  const bool fits = shape.size() >= leading && shape.size() <= leading + 1 && (table || shape[0] == rows);
  const std::size_t columns = fits && shape.size() == leading + 1 ? shape.back() : 1;
  const auto column = static_cast<std::size_t>(feature.column);
  if (!fits || column >= columns)
    throw std::runtime_error(fmt::format("{}: the shape [{}] does not fit {} rows and a column {}",
                                         feature.file.string(), fmt::join(shape, ", "), rows, feature.column));
  Eigen::VectorXd result(static_cast<Eigen::Index>(rows));
  if (!table) {
    for (std::size_t i = 0; i < rows; ++i) result(static_cast<Eigen::Index>(i)) = array.values[i * columns + column];
    return result;
  }
  for (Index s = 0; s < mdp.states(); ++s)
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k)
      result(k) = array.values[(size(s) * shape[1] + size(mdp.action(k, s))) * columns + column];
  return result;
}

MdpFeatures feature_of(const MdpFeatureDefinition& definition, const tabular::Model& model) {
  using Source = MdpFeatureDefinition::Source;
  const Mdp& mdp = model.mdp;
  MdpFeatures feature{.names = {definition.name}, .on = MdpFeatures::On::Transitions, .values = {}};
  const bool of_map = definition.source == Source::Enters || definition.source == Source::DistanceTo;
  if (of_map && !model.gridworld) throw std::invalid_argument("the model is no gridworld, so it has no symbols");
  switch (definition.source) {
    case Source::Constant:
      feature.on = MdpFeatures::On::States;
      feature.values = Eigen::VectorXd::Ones(mdp.states());
      break;
    case Source::Enters:
      feature.values = entering(*model.gridworld, mdp, definition.symbol);
      break;
    case Source::DistanceTo:
      feature.values = distance_to(*model.gridworld, mdp, definition.symbol);
      break;
    case Source::File:
      feature.on = definition.on;
      feature.values = read_column(definition, mdp);
      break;
  }
  feature.values *= definition.scale;
  check_features(mdp, feature);
  return feature;
}

}  // namespace

MdpStudy read_mdp_study(const fs::path& file) {
  const Config config = Config::read(file);
  MdpStudy study{.file = file, .mdp = {}, .demonstrations = {}, .features = {}};
  const fs::path folder = file.parent_path();
  study.mdp = (folder / config.string("mdp")).lexically_normal();
  study.demonstrations = (folder / config.string("demonstrations")).lexically_normal();
  const std::string model = config.string("model");
  if (model == to_string(PathModel::MaxEntPaths))
    study.model = PathModel::MaxEntPaths;
  else if (model != to_string(PathModel::CausalEntropy))
    config.fail("model", fmt::format("unknown model \"{}\" (models: maxent_paths, causal_entropy)", model));
  study.horizon = read_horizon(config.table("horizon"));

  const std::vector<std::string> names = config.strings("features");
  if (names.empty()) config.fail("features", "there must be at least one");
  const Config definitions = config.table("feature");
  for (auto name = names.begin(); name != names.end(); ++name) {
    if (std::find(names.begin(), name, *name) != name)
      config.fail("features", fmt::format("\"{}\" appears twice", *name));
    study.features.push_back(read_feature(*name, definitions.table(*name), folder));
  }
  if (config.has("penalty")) {
    const Config table = config.table("penalty");
    study.penalty = {.l1 = penalty(table, "l1"), .l2 = penalty(table, "l2")};
  }
  config.refuse_unknown();
  return study;
}

MdpFeatures study_features(const MdpStudy& study, const tabular::Model& model) {
  std::vector<MdpFeatures> features;
  for (const MdpFeatureDefinition& definition : study.features) try {
      features.push_back(feature_of(definition, model));
    } catch (const std::invalid_argument& error) {
      throw std::runtime_error(fmt::format("{}: feature.{}: {}", study.file.string(), definition.name, error.what()));
    }
  return join(model.mdp, features);
}

}  // namespace softrl::irl
