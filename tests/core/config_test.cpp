#include "softrl/config.hpp"

#include <stdexcept>

#include <gmock/gmock.h>

namespace softrl {
namespace {
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

constexpr std::string_view text = R"(title = "city"
size = 3
slip = 0.25
wrap = true
weights = [1, 2.5]
names = ["a", "b"]

[trips]
file = "trips.csv"

[[feature]]
column = "time"
[[feature]]
column = "turn"
)";

auto refuses(const auto& matcher) { return ThrowsMessage<std::runtime_error>(matcher); }

TEST(Config, ReadsEveryType) {
  const Config config = Config::parse(text, "city.toml");
  EXPECT_EQ(config.string("title"), "city");
  EXPECT_EQ(config.integer("size"), 3);
  EXPECT_EQ(config.number("size"), 3.0) << "an integer is a number";
  EXPECT_EQ(config.number("slip"), 0.25);
  EXPECT_TRUE(config.boolean("wrap"));
  EXPECT_THAT(config.numbers("weights"), ElementsAre(1.0, 2.5));
  EXPECT_THAT(config.strings("names"), ElementsAre("a", "b"));
  EXPECT_THAT(config.string_or_strings("names"), ElementsAre("a", "b"));
  EXPECT_THAT(config.string_or_strings("title"), ElementsAre("city"));
  EXPECT_EQ(config.table("trips").string("file"), "trips.csv");
  EXPECT_TRUE(config.is_table("trips"));
  EXPECT_FALSE(config.is_table("title") || config.is_table("none"));
  ASSERT_EQ(config.tables("feature").size(), 2u);
  EXPECT_EQ(config.tables("feature")[0].string("column"), "time");
  EXPECT_EQ(config.tables("feature")[1].string("column"), "turn");
  EXPECT_THAT(config.keys(), ElementsAre("title", "size", "slip", "wrap", "weights", "names", "trips", "feature"));
  config.refuse_unknown();
}

TEST(Config, GivesTheDefaultOnlyForMissingKeys) {
  const Config config = Config::parse(text, "city.toml");
  EXPECT_EQ(config.number("slip", 0.5), 0.25);
  EXPECT_EQ(config.number("step_cost", 0.5), 0.5);
  EXPECT_THAT([&] { config.number("title", 0.5); }, refuses(StartsWith("city.toml:1: title")));
}

TEST(Config, NamesFileLineAndKey) {
  const Config config = Config::parse(text, "city.toml");
  EXPECT_THAT([&] { config.integer("slip"); }, refuses(StartsWith("city.toml:3: slip: must be an integer")));
  EXPECT_THAT([&] { config.number("height"); }, refuses(AllOf(HasSubstr("height"), HasSubstr("missing"))));
  EXPECT_THAT([&] { config.table("trips").number("file"); }, refuses(StartsWith("city.toml:9: trips.file")));
  EXPECT_THAT([&] { config.tables("feature")[1].number("column"); },
              refuses(StartsWith("city.toml:14: feature[1].column")));
  EXPECT_THAT([&] { config.fail("slip", "too much"); }, refuses("city.toml:3: slip: too much"));
  EXPECT_THAT([] { Config::parse("a = 1\nb = = 2\n", "bad.toml"); }, refuses(StartsWith("bad.toml:2: ")));
  EXPECT_THAT([] { Config::parse("a = inf\n", "bad.toml").number("a"); }, refuses(HasSubstr("finite")));
  EXPECT_THAT([] { Config::read("no/such.toml"); }, refuses(HasSubstr("no/such.toml")));
}

TEST(Config, RefusesKeysThatNobodyAskedFor) {
  const Config config = Config::parse(text, "city.toml");
  for (const auto* key : {"title", "size", "slip", "weights", "names", "feature"}) config.has(key);
  const Config trips = config.table("trips");
  EXPECT_THAT([&] { config.refuse_unknown(); }, refuses(StartsWith("city.toml:4: wrap: unknown key")));
  config.has("wrap");
  EXPECT_THAT([&] { config.refuse_unknown(); }, refuses(StartsWith("city.toml:9: trips.file: unknown key")));
}

}  // namespace
}  // namespace softrl
