#include "irl/features.hpp"

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
using Source = FeatureDefinition::Source;

// Links x (0), y (1) and z (2); the moves x → y, y → x and y → z.
struct SmallTables {
  TemporaryFolder folder;
  CsvTable moves;
  LinkTable links;
  std::vector<int> from{0, 1, 1}, to{1, 0, 2}, out_degree{1, 2, 0};

  SmallTables()
      : moves(CsvTable::read(
            folder.write("moves.csv", "a,b,turn,cost,angle\nx,y,left,0.5,-1\ny,x,right,2,\ny,z,back,4,3\n"))),
        links{.table = CsvTable::read(
                  folder.write("links.csv", "link,length_m,class,toll\ny,300,main,\nx,200,side,-1\nz,700,,2\n")),
              .row = {1, 0, 2}} {}

  FeatureRows rows() const {
    return {.moves = &moves, .links = &links, .from = from, .to = to, .out_degree = out_degree};
  }
  std::vector<double> values(const FeatureDefinition& feature) const {
    const RowMatrix matrix = feature_matrix({feature}, rows());
    return {matrix.data(), matrix.data() + matrix.size()};
  }
  void refuses(const FeatureDefinition& feature, const std::string& message) const {
    EXPECT_THAT([&] { values(feature); }, ThrowsMessage<std::runtime_error>(HasSubstr(message)));
  }
};

using Values = std::vector<double>;
const FeatureDefinition cost{.name = "cost", .column = "cost"};
const FeatureDefinition length{.name = "length", .source = Source::LinkColumn, .column = "length_m"};
const FeatureDefinition length_left{.name = "length", .source = Source::FromLinkColumn, .column = "length_m"};

TEST(Features, AreReadAtTheMoveAndAtBothItsLinks) {
  const SmallTables tables;
  EXPECT_EQ(tables.values(cost), (Values{0.5, 2, 4}));
  EXPECT_EQ(tables.values(length), (Values{300, 200, 700}));
  EXPECT_EQ(tables.values(length_left), (Values{200, 300, 300}));
  EXPECT_EQ(tables.values({.name = "d", .source = Source::OutDegree}), (Values{2, 1, 0}));
  EXPECT_EQ(tables.values({.name = "d", .source = Source::FromOutDegree}), (Values{1, 2, 2}));
  EXPECT_EQ(tables.values({.name = "one", .source = Source::Constant, .scale = 3.0}), (Values{3, 3, 3}));
  tables.refuses({.name = "z", .column = "z"}, "moves.csv:1: has no column \"z\"");
  EXPECT_TRUE(is_of_link_left(length_left) && !is_of_link_left(length) && is_of_link_entered(length));
  EXPECT_FALSE(is_of_link_left({.name = "p", .source = Source::Product, .factors = {length_left, cost}}));
}

TEST(Features, CompareTextsAndNumbers) {
  const SmallTables tables;
  EXPECT_EQ(tables.values({.name = "left", .column = "turn", .equals = {"left"}}), (Values{1, 0, 0}));
  EXPECT_EQ(tables.values({.name = "turn", .column = "turn", .equals = {"left", "back"}}), (Values{1, 0, 1}));
  EXPECT_EQ(tables.values({.name = "dear", .column = "cost", .at_least = 2.0}), (Values{0, 1, 1}));
  EXPECT_EQ(tables.values({.name = "cheap", .column = "cost", .below = 2.0}), (Values{1, 0, 0}));
  EXPECT_EQ(tables.values({.name = "fair", .column = "cost", .at_least = 0.5, .below = 4.0}), (Values{1, 1, 0}));
  tables.refuses({.name = "turn", .column = "turn"}, "moves.csv:2: turn must be a finite number, got \"left\"");
  tables.refuses({.name = "left", .column = "turn", .equals = {"left"}, .others = {"left", "right"}},
                 "moves.csv:4: turn is \"back\", which is neither a class nor a reference");
}

TEST(Features, RefuseEmptyFieldsUnlessTheStudySaysWhatTheyMean) {
  const SmallTables tables;
  tables.refuses({.name = "angle", .column = "angle"}, "moves.csv:3: angle must be a finite number, got \"\"");
  EXPECT_EQ(tables.values({.name = "angle", .column = "angle", .missing = 0.25}), (Values{-1, 0.25, 3}));
  FeatureDefinition main{.name = "main", .source = Source::LinkColumn, .column = "class", .equals = {"main"}};
  tables.refuses(main, "links.csv:4: class is empty");
  main.missing = 0.0;
  EXPECT_EQ(tables.values(main), (Values{1, 0, 0}));
  main.equals = {"main", ""};
  EXPECT_EQ(tables.values(main), (Values{1, 0, 1})) << "the empty text may be a class";
  tables.refuses({.name = "toll", .source = Source::LinkColumn, .column = "toll", .missing = 0.0, .nonnegative = true},
                 "links.csv:3: toll must not be negative, got -1");
}

// In this order: the field, its transform, over the size of all rows, times the scale.
TEST(Features, AreTransformed) {
  const SmallTables tables;
  const auto transformed = [&](FeatureDefinition::Transform transform, double first, double second) {
    FeatureDefinition feature = cost;
    feature.transform = transform;
    const Values values = tables.values(feature);
    EXPECT_NEAR(values[0], first, 1e-15);
    EXPECT_NEAR(values[1], second, 1e-15);
  };
  transformed(FeatureDefinition::Transform::Log, -0.693147180559945, 0.693147180559945);
  transformed(FeatureDefinition::Transform::Sqrt, 0.707106781186548, 1.414213562373095);
  transformed(FeatureDefinition::Transform::Square, 0.25, 4.0);
  transformed(FeatureDefinition::Transform::Reciprocal, 2.0, 0.5);
  EXPECT_EQ(tables.values({.name = "c",
                           .column = "cost",
                           .transform = FeatureDefinition::Transform::Square,
                           .divide_by = FeatureDefinition::Size::Max,
                           .scale = 10.0}),
            (Values{0.15625, 2.5, 10}));
  FeatureDefinition angle{.name = "angle", .column = "angle", .missing = -2.0};
  angle.divide_by = FeatureDefinition::Size::Mean;
  EXPECT_EQ(tables.values(angle), (Values{-0.5, -1, 1.5})) << "the mean of the sizes";
  angle.divide_by = FeatureDefinition::Size::StandardDeviation;  // of -1, -2 and 3 around 0: the root of 14 / 3
  EXPECT_NEAR(tables.values(angle)[2], 3.0 / std::sqrt(14.0 / 3.0), 1e-15);

  angle.transform = FeatureDefinition::Transform::Sqrt;
  tables.refuses(angle, "moves.csv:2: angle has no sqrt of -1");
  FeatureDefinition out{.name = "out", .source = Source::OutDegree, .transform = FeatureDefinition::Transform::Log};
  tables.refuses(out, "moves.csv:4: feature out has no log of 0");
  tables.refuses({.name = "one", .source = Source::Constant, .divide_by = FeatureDefinition::Size::StandardDeviation},
                 "feature one cannot be divided");
}

TEST(Features, InteractAsProducts) {
  const SmallTables tables;
  const FeatureDefinition left{.name = "left", .column = "turn", .equals = {"left", "right"}};
  EXPECT_EQ(tables.values({.name = "p", .source = Source::Product, .factors = {length, left, cost}, .scale = 0.01}),
            (Values{1.5, 4, 0}));
}

// The same feature by another name, or with its factors in another order, reads the same; any other does not.
TEST(Features, AreDescribedByWhatTheyAre) {
  const FeatureDefinition left{.name = "left", .column = "turn", .equals = {"left", "right"}};
  FeatureDefinition one{.name = "one", .source = Source::Product, .factors = {left, cost}};
  FeatureDefinition two{.name = "two", .source = Source::Product, .factors = {cost, left}};
  EXPECT_EQ(describe(one), describe(two));
  EXPECT_EQ(describe(cost), "column cost");
  two.scale = 2.0;
  EXPECT_NE(describe(one), describe(two));
  EXPECT_NE(describe(length), describe(length_left));
  FeatureDefinition scaled = cost;
  scaled.transform = FeatureDefinition::Transform::Log;
  scaled.divide_by = FeatureDefinition::Size::Max;
  EXPECT_EQ(describe(scaled), "column cost, transform log, divide_by max");
}

TEST(Features, RefuseValuesWhoseSquaresOverflow) {
  const TemporaryFolder folder;
  const CsvTable moves = CsvTable::read(folder.write("moves.csv", "a,b,cost\nx,y,1e100\ny,x,-1e200\n"));
  const std::vector<int> from{0, 1}, to{1, 0}, out_degree{1, 1};
  const FeatureRows rows{.moves = &moves, .from = from, .to = to, .out_degree = out_degree};
  EXPECT_THAT(
      [&] { feature_matrix({cost}, rows); },
      ThrowsMessage<std::runtime_error>(HasSubstr("moves.csv:3: cost must be at most 1e+100 in size, got -1e+200")));
  EXPECT_NO_THROW(feature_matrix({{.name = "cost", .column = "cost", .scale = 1e-150}}, rows));
}

}  // namespace
}  // namespace softrl::irl
