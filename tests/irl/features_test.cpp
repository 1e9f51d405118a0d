#include "irl/features.hpp"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "small_networks.hpp"

namespace softrl::irl {
namespace {

TEST(Features, TakeColumnsOfMovesAndLinksTextsAndConstants) {
  const TemporaryFolder folder;
  const CsvTable moves = CsvTable::read(folder.write("moves.csv", "a,b,turn,cost\nx,y,left,0.5\ny,x,right,2\n"));
  const LinkTable links{.table = CsvTable::read(folder.write("links.csv", "link,length_m\ny,300\nx,200\n")),
                        .row = {1, 0}};
  const std::vector<FeatureDefinition> definitions{
      {.name = "cost", .column = "cost"},
      {.name = "left", .column = "turn", .equals = "left"},
      {.name = "km", .source = FeatureDefinition::Source::LinkColumn, .column = "length_m", .scale = 1e-3},
      {.name = "one", .source = FeatureDefinition::Source::Constant, .scale = 3.0}};
  RowMatrix expected(2, 4);
  expected << 0.5, 1.0, 0.3, 3.0,  //
      2.0, 0.0, 0.2, 3.0;          // the first move enters link 1 (y), the second link 0 (x)
  EXPECT_TRUE(feature_matrix(definitions, moves, {1, 0}, &links).isApprox(expected, 1e-15));
  EXPECT_THROW(feature_matrix({{.name = "turn", .column = "turn"}}, moves, {1, 0}, nullptr), std::runtime_error);
  EXPECT_THROW(feature_matrix({{.name = "z", .column = "z"}}, moves, {1, 0}, nullptr), std::runtime_error);
}

TEST(Features, RefuseValuesWhoseSquaresOverflow) {
  const TemporaryFolder folder;
  const CsvTable moves = CsvTable::read(folder.write("moves.csv", "a,b,cost\nx,y,1e100\ny,x,-1e200\n"));
  EXPECT_THAT(
      [&] {
        feature_matrix({{.name = "cost", .column = "cost"}}, moves, {1, 0}, nullptr);
      },
      testing::ThrowsMessage<std::runtime_error>(
          testing::HasSubstr("moves.csv:3: cost must be at most 1e+100 in size, got -1e+200")));
  EXPECT_NO_THROW(feature_matrix({{.name = "cost", .column = "cost", .scale = 1e-150}}, moves, {1, 0}, nullptr));
}

}  // namespace
}  // namespace softrl::irl
