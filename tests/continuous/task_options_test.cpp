#include "continuous/task_options.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>

namespace softrl::continuous {
namespace {

struct Options {
  bool flag = false;
  int count = 1;
  double weight = 0.5;
  std::string file = "a.xml";
  Range range{.low = 0.0, .high = 1.0};
};
std::vector<OptionField> fields(Options& o) {
  return {{"flag", &o.flag}, {"count", &o.count}, {"weight", &o.weight}, {"file", &o.file}, {"range", &o.range}};
}

TEST(TaskOptions, AssignsByName) {
  Options o;
  assign(fields(o),
         {{"flag", "true"}, {"count", "-3"}, {"weight", " 1e-3 "}, {"file", "b c.xml"}, {"range", "[-inf, 10]"}}, "X");
  EXPECT_TRUE(o.flag);
  EXPECT_EQ(o.count, -3);
  EXPECT_EQ(o.weight, 1e-3);
  EXPECT_EQ(o.file, "b c.xml");
  EXPECT_EQ(o.range.low, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(o.range.high, 10.0);
  assign(fields(o), {{"range", "0.2,0.2"}}, "X");
  EXPECT_EQ(o.range.high, 0.2) << "brackets may be left out";
}

TEST(TaskOptions, TextReadsBackAsItWas) {
  Options o{.flag = true, .count = 7, .weight = 0.1 + 0.2, .file = "x", .range = {.low = -1.0 / 3.0, .high = INFINITY}};
  TaskSettings texts;
  for (const OptionField& field : fields(o)) texts[std::string(field.name)] = text_of(field);
  Options again;
  assign(fields(again), texts, "X");
  EXPECT_EQ(again.flag, o.flag);
  EXPECT_EQ(again.count, o.count);
  EXPECT_EQ(again.weight, o.weight);
  EXPECT_EQ(again.file, o.file);
  EXPECT_EQ(again.range.low, o.range.low);
  EXPECT_EQ(again.range.high, o.range.high);
}

TEST(TaskOptions, NamesWhatItRefuses) {
  const auto refuses = [](const std::string& name, const std::string& text, const std::string& message) {
    Options o;
    EXPECT_THAT(
        [&] {
          assign(fields(o), {{name, text}}, "X");
        },
        testing::ThrowsMessage<std::invalid_argument>(testing::HasSubstr(message)));
  };
  refuses("wieght", "1", "unknown option of X: wieght (did you mean weight? known: flag, count, weight, file, range)");
  refuses("flag", "1", "flag must be true or false, got 1");
  refuses("count", "1.5", "count must be an integer, got 1.5");
  refuses("count", "99999999999", "count must be an integer, got 99999999999");
  refuses("weight", "nan", "weight must be a finite number, got nan");
  refuses("weight", "", "weight must be a finite number");
  refuses("file", "", "file must not be empty");
  refuses("range", "1", "range must be two numbers");
  refuses("range", "[2, 1]", "the lower one first, as in [0.2, 1.0], got [2, 1]");
}

TEST(TaskOptions, WordsOfACommandLine) {
  const std::vector<std::string> words = {"a=1", "b=[0, 1]", "c=x=y"};
  EXPECT_THAT(
      parse_settings(words),
      testing::UnorderedElementsAre(testing::Pair("a", "1"), testing::Pair("b", "[0, 1]"), testing::Pair("c", "x=y")));
  const auto refuses = [](std::vector<std::string> bad, const std::string& message) {
    EXPECT_THAT([&] { parse_settings(bad); },
                testing::ThrowsMessage<std::invalid_argument>(testing::HasSubstr(message)));
  };
  refuses({"a"}, "option must be NAME=VALUE, got a");
  refuses({"=1"}, "option must be NAME=VALUE, got =1");
  refuses({"a=1", "a=2"}, "option a is given twice");
}

}  // namespace
}  // namespace softrl::continuous
