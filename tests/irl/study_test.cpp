#include "irl/study.hpp"

#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "small_networks.hpp"

namespace softrl::irl {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

const std::string rest =
    "[network]\nfile = 'n.csv'\nfrom = 'a'\nto = 'b'\n"
    "[trips]\nfile = 't.csv'\nname = 'id'\nlinks = 'links'\ndestination = 'd'\n";

TEST(Study, ReadsFeaturesAsColumnsOrAsDefined) {
  const TemporaryFolder folder;
  const Study study =
      read_study(folder.write("s.toml", "model = 'maxent'\nfeatures = ['time', 'left', 'km', 'one']\n" + rest +
                                            "[links]\nfile = 'l.csv'\nlink = 'link'\n"
                                            "[feature.left]\ncolumn = 'turn'\nequals = '6'\n"
                                            "[feature.km]\nlink_column = 'length_m'\nscale = 0.001\n"
                                            "[feature.one]\nconstant = 1\n"));
  ASSERT_EQ(study.features.size(), 4u);
  EXPECT_EQ(study.features[0].column, "time");
  EXPECT_EQ(study.features[1].equals, std::vector<std::string>{"6"});
  EXPECT_EQ(study.features[2].source, FeatureDefinition::Source::LinkColumn);
  EXPECT_EQ(study.features[2].scale, 0.001);
  EXPECT_EQ(study.features[3].source, FeatureDefinition::Source::Constant);
  EXPECT_EQ(study.network.to, "b");
  EXPECT_EQ(study.trips.name, "id");
  EXPECT_FALSE(study.destinations);
}

TEST(Study, ComplainsWithFileAndLine) {
  const TemporaryFolder folder;
  const auto refuses = [&](const std::string& text, const std::string& message) {
    const auto file = folder.write("s.toml", text);
    EXPECT_THAT([&] { read_study(file); }, ThrowsMessage<std::runtime_error>(HasSubstr("s.toml:" + message)));
  };
  const std::string head = "model = 'maxent'\nfeatures = ['time']\n";
  refuses("model = 'logit'\nfeatures = ['time']\n" + rest, "1: model: unknown model \"logit\"");
  refuses("features = ['time']\n" + rest, "1: model: is missing");
  refuses("model = 'maxent'\nfeatures = []\n" + rest, "2: features: ");
  refuses("model = 'maxent'\nfeatures = ['time', 'time']\n" + rest, "2: features: \"time\" appears twice");
  refuses("model = 'maxent'\nfeatures = 3\n" + rest, "2: features: must be an array of strings");
  refuses(head + "speed = 3\n" + rest, "3: speed: unknown key");
  refuses(head + rest + "[feature.time]\nscale = 2\n", "12: feature.time.column: a feature needs exactly one of");
  refuses(head + rest + "[feature.time]\nconstant = 2\nscale = 3\n", "14: feature.time.scale: unknown key");
  refuses(head + rest + "[feature.left]\ncolumn = 'x'\n", "12: feature.left: is used nowhere");
  refuses(head + rest + "[feature.time]\nlink_column = 'x'\n", "1: links: is missing");
  EXPECT_THROW(read_study("no/such.toml"), std::runtime_error);
}

// A small study: `features`, then what a test adds.
Study small(const TemporaryFolder& folder, const std::string& features, const std::string& more) {
  return read_study(folder.write("s.toml", "model = 'maxent'\nfeatures = [" + features + "]\n" + more + rest +
                                               "[links]\nfile = 'l.csv'\nlink = 'link'\n"));
}

std::vector<std::string> names_of(const std::vector<FeatureDefinition>& features) {
  std::vector<std::string> names;
  for (const FeatureDefinition& feature : features) names.push_back(feature.name);
  return names;
}

TEST(Study, MakesAFeatureOfEveryClass) {
  const TemporaryFolder folder;
  const std::string road = "[feature.road]\nlink_column = 'class'\nclasses = ['main', 'side']\n";
  const Study study = small(folder, "'time', 'road'", road + "reference = 'path'\n");
  EXPECT_EQ(names_of(study.features), (std::vector<std::string>{"time", "road_main", "road_side"}));
  EXPECT_EQ(study.features[2].equals, std::vector<std::string>{"side"});
  EXPECT_EQ(study.features[2].others, (std::vector<std::string>{"path", "main", "side"}));
  EXPECT_EQ(names_of(small(folder, "'road'", road + "prefix = ''\n").features),
            (std::vector<std::string>{"main", "side"}));
  EXPECT_EQ(names_of(small(folder, "'road_side'", road).features), std::vector<std::string>{"road_side"});
  // Kilometres by class of road.
  const FeatureDefinition km =
      small(folder, "'road'", road + "times = 'km'\n[feature.km]\nlink_column = 'm'\nscale = 0.001\n").features[0];
  EXPECT_EQ(km.name, "road_main");
  EXPECT_EQ(describe(km), "product (link_column class, equals \"main\") (link_column m, scale 0.001)");
}

TEST(Study, ReadsInteractions) {
  const TemporaryFolder folder;
  const Study study = small(folder, "'both'",
                            "[feature.both]\nproduct = ['left', 'time', 'road_main']\nscale = 2\n"
                            "[feature.left]\ncolumn = 'turn'\nequals = ['1', '2']\n"
                            "[feature.road]\nfrom_link_column = 'class'\nclasses = 'main'\n");
  EXPECT_EQ(describe(study.features[0]),
            "product (column time) (column turn, equals \"1\" or \"2\") "
            "(from_link_column class, equals \"main\"), scale 2");
}

TEST(Study, ReadsNumbersOfFeatures) {
  const TemporaryFolder folder;
  EXPECT_EQ(describe(small(folder, "'x'",
                           "[feature.x]\nlink_column = 'speed'\nat_least = 30\nbelow = 50\nmissing = 40\n"
                           "nonnegative = true\n")
                         .features[0]),
            "link_column speed, at_least 30, below 50, missing 40");
  EXPECT_EQ(
      describe(
          small(folder, "'x'", "[feature.x]\nout_degree = 'to'\ntransform = 'log'\ndivide_by = 'max'\n").features[0]),
      "out_degree to, transform log, divide_by max");
}

TEST(Study, ReadsWhatIsKnownOfWeights) {
  const TemporaryFolder folder;
  const Study study = small(folder, "'time', 'left', 'u', 'one'",
                            "[weights]\nu = {fixed = -20}\ntime = {start = -2, upper = 0}\nleft = {lower = -9}\n");
  ASSERT_EQ(study.fixed.size(), 1u);
  EXPECT_EQ(study.fixed[0].name, "u");
  EXPECT_EQ(study.fixed[0].value, -20.0);
  ASSERT_EQ(study.start.size(), 1u);
  EXPECT_EQ(study.start[0].value, -2.0);
  ASSERT_EQ(study.bounds.size(), 2u);
  EXPECT_EQ(study.bounds[0].upper, 0.0);
  EXPECT_EQ(study.bounds[1].lower, -9.0);
  EXPECT_TRUE(std::isinf(study.bounds[1].upper));
}

TEST(Study, ReadsTheTablesOfModels) {
  const TemporaryFolder folder;
  const Study study = small(folder, "'time', 'left'",
                            "distance = 'km'\n"
                            "[feature.km]\nlink_column = 'm'\n"
                            "[nested]\nscales = ['slow', 'ways']\n"
                            "[feature.slow]\nfrom_link_column = 'time'\ndivide_by = 'max'\n"
                            "[feature.ways]\nout_degree = 'from'\n"
                            "[link_size]\nweights = {time = -2.5, left = -1}\n"
                            "[corridor]\ndetour = 1.5\nweights = {time = -1}\n"
                            "[weights]\nlink_size = {start = -0.1}\nways = {fixed = 0}\n");
  EXPECT_EQ(study.distance->column, "m");
  EXPECT_EQ(names_of(study.scales), (std::vector<std::string>{"slow", "ways"}));
  EXPECT_EQ(study.link_size->weights[1].value, -1.0);
  EXPECT_EQ(study.corridor->detour, 1.5);
  EXPECT_EQ(study.start[0].name, "link_size");
}

// Weights of one name mean the same if their definitions agree, and those of different names, too.
TEST(Study, TellsWhatWeightsAreOf) {
  const TemporaryFolder folder;
  const std::string tables =
      "[nested]\nscales = ['ways']\n[feature.ways]\nout_degree = 'from'\n"
      "[link_size]\nweights = {time = -2.5}\n";
  const Study study = small(folder, "'time'", tables);
  EXPECT_EQ(definition_of_weight(study, "time"), "column time");
  EXPECT_EQ(definition_of_weight(study, "ways"), "scale by out_degree from");
  EXPECT_EQ(definition_of_weight(study, "link_size"), "link size at -2.5 · (column time)");
}

TEST(Study, SaysWhatIsWrongWithFeatures) {
  const TemporaryFolder folder;
  const auto refuses = [&](const std::string& features, const std::string& more, const std::string& message) {
    EXPECT_THAT([&] { small(folder, features, more); },
                ThrowsMessage<std::runtime_error>(HasSubstr("s.toml:" + message)));
  };
  const std::string x = "[feature.x]\n";
  refuses("'x'", x + "column = 'a'\nconstant = 1\n", "4: feature.x.column: a feature needs exactly one of");
  refuses("'x'", x + "column = ''\n", "4: feature.x.column: must not be empty");
  refuses("'x'", x + "out_degree = 'left'\n", "4: feature.x.out_degree: must be \"to\" or \"from\", got \"left\"");
  refuses("'x'", x + "out_degree = 'to'\nequals = 'a'\n", "5: feature.x.equals: unknown key");
  refuses("'x'", x + "column = 'a'\ntransform = 'exp'\n", "5: feature.x.transform: must be \"log\" or");
  refuses("'x'", x + "column = 'a'\ndivide_by = 'sum'\n", "5: feature.x.divide_by: must be \"max\" or");
  refuses("'x'", x + "column = 'a'\nscale = 1e200\n", "5: feature.x.scale: must be at most 1e+100");
  refuses("'x'", x + "column = 'a'\nequals = []\n", "5: feature.x.equals: must not be empty");
  refuses("'x'", x + "column = 'a'\nequals = 3\n", "5: feature.x.equals: must be a string, or an array of strings");
  refuses("'x'", x + "column = 'a'\nequals = 'b'\nbelow = 3\n", "6: feature.x.below: needs a number");
  refuses("'x'", x + "column = 'a'\nat_least = 3\nbelow = 3\n", "6: feature.x.below: must be more than at_least");
  refuses("'x'", x + "column = 'a'\nnonnegative = true\nmissing = -1\n", "6: feature.x.missing: must not be negative");
  refuses("'x'", x + "product = ['a']\n", "4: feature.x.product: must name at least two");
  refuses("'x'", x + "product = ['a', 'x']\n", "4: feature.x.product: feature x is defined by itself");
  refuses("'x'", x + "product = ['a', 'y']\n[feature.y]\nproduct = ['b', 'x']\n",
          "6: feature.y.product: feature x is defined by itself");
  const std::string classes = x + "column = 'a'\nclasses = ['b', 'c']\n";
  refuses("'x'", x + "column = 'a'\nclasses = ['b', 'b']\n", "5: feature.x.classes: \"b\" appears twice");
  refuses("'x', 'x_b'", classes, "2: features: \"x_b\" appears twice");
  refuses("'x'", classes + "reference = 'b'\n", "6: feature.x.reference: \"b\" is one of the classes");
  refuses("'x'", classes + "transform = 'log'\n", "6: feature.x.transform: unknown key");
  refuses("'x'", classes + "equals = 'b'\n", "6: feature.x.equals: goes without classes");
  refuses("'y'", classes + "[feature.y]\nproduct = ['x', 'z']\n",
          "7: feature.y.product: x is a feature for each of its classes");
}

TEST(Study, SaysWhatIsWrongWithWeightsAndModels) {
  const TemporaryFolder folder;
  const auto refuses = [&](const std::string& more, const std::string& message) {
    EXPECT_THAT([&] { small(folder, "'time'", more); },
                ThrowsMessage<std::runtime_error>(HasSubstr("s.toml:" + message)));
  };
  refuses("[weights]\nspeed = {fixed = 0}\n", "4: weights.speed: unknown weight (weights: time)");
  refuses("[weights]\ntime = 3\n", "4: weights.time: must be a table");
  refuses("[weights]\ntime = {}\n", "4: weights.time: says nothing");
  refuses("[weights]\ntime = {fixed = 0, upper = 1}\n", "4: weights.time: a fixed weight has");
  refuses("[weights]\ntime = {lower = 1, upper = 1}\n", "4: weights.time: lower must be below upper");
  refuses("[weights]\ntime = {start = 1, upper = 0}\n", "4: weights.time.start: must lie within the bounds");
  refuses("[weights]\ntime = {begin = 1}\n", "4: weights.time.begin: unknown key");
  refuses("[link_size]\nweights = {speed = 1}\n", "4: link_size.weights.speed: is no feature");
  refuses("[link_size]\nweights = {}\n", "4: link_size.weights: must name at least one");
  EXPECT_THAT([&] { small(folder, "'time', 'left'", "[link_size]\nweights = {time = -1}\n"); },
              ThrowsMessage<std::runtime_error>(
                  HasSubstr("s.toml:4: link_size.weights: must name every feature of the study; left is missing")));
  refuses("[corridor]\ndetour = 0.5\nweights = {time = -1}\n", "4: corridor.detour: must be at least 1");
  refuses("[nested]\nscales = ['time']\n", "4: nested.scales: time must be a feature of the link left");
  refuses("[nested]\nscales = []\n", "4: nested.scales: there must be at least one");
  EXPECT_THAT([&] { read_study(folder.write("s.toml", "model = 'nested'\nfeatures = ['time']\n" + rest)); },
              ThrowsMessage<std::runtime_error>(HasSubstr("s.toml:1: nested: is missing")));
}

// The files of a cross-validation, by fold and size.
TEST(Study, NamesTripsOfFolds) {
  const TemporaryFolder folder;
  const std::string head =
      "model = 'maxent'\nfeatures = ['time']\n[network]\nfile = 'n.csv'\nfrom = 'a'\nto = 'b'\n"
      "[trips]\nname = 'id'\nlinks = 'links'\ndestination = 'd'\n";
  const std::string files =
      "[trips.files]\nfolds = 5\ntest = 'test{fold}.csv'\n"
      "train = {100 = 'few{fold}.csv', 1000 = 'many{fold}.csv'}\n";
  Study study = read_study(folder.write("s.toml", head + files));
  const auto file = [&](TripSet set, const TripChoice& choice) {
    use_trips(study, set, choice);
    return study.trips.file;
  };
  EXPECT_EQ(file(TripSet::Train, {}), "many0.csv");
  EXPECT_EQ(file(TripSet::Train, {.fold = 4, .train_size = 100}), "few4.csv");
  EXPECT_EQ(file(TripSet::Test, {.fold = 3, .train_size = 100}), "test3.csv");
  const auto refuses = [&](const TripChoice& choice, const std::string& message) {
    EXPECT_THAT([&] { use_trips(study, TripSet::Train, choice); },
                ThrowsMessage<std::invalid_argument>(HasSubstr(message)));
  };
  refuses({.fold = 5, .prefix = "--"}, "--fold must be between 0 and 4, got 5");
  refuses({.train_size = 50, .prefix = "--"}, "--train-size 50: there is no such file of trips (sizes: 100, 1000)");
  EXPECT_THROW(read_study(folder.write("s.toml", head)), std::runtime_error);
  EXPECT_THROW(read_study(folder.write("s.toml", head + files + "[trips.files.x]\n")), std::runtime_error);

  study = small(folder, "'time'", "");
  refuses({.fold = 0, .prefix = "--"}, "--fold 0: the study has one file of trips");
  EXPECT_EQ(file(TripSet::Train, {}), "t.csv");
  EXPECT_THROW(use_trips(study, TripSet::Test), std::invalid_argument);
}

}  // namespace
}  // namespace softrl::irl
