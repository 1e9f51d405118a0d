#include "irl/study.hpp"

#include <stdexcept>

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
  EXPECT_EQ(study.features[1].equals, "6");
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
  refuses(head + rest + "[feature.left]\ncolumn = 'x'\n", "12: feature.left: unknown key");
  refuses(head + rest + "[feature.time]\nlink_column = 'x'\n", "1: links: is missing");
  EXPECT_THROW(read_study("no/such.toml"), std::runtime_error);
}

}  // namespace
}  // namespace softrl::irl
