#include "irl/csv.hpp"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "small_networks.hpp"

namespace softrl::irl {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Csv, ReadsQuotedFieldsForeignLineEndsAndEmptyLines) {
  const TemporaryFolder folder;
  const CsvTable table =
      CsvTable::read(folder.write("a.csv", "\xEF\xBB\xBFname,x\r\n\"High Street, north\",1e-3\r\n\r\n,-2\r\n"));
  ASSERT_EQ(table.rows(), 2u);
  EXPECT_EQ(table.text(0, table.column("name")), "High Street, north");
  EXPECT_EQ(table.number(0, table.column("x")), 1e-3);
  EXPECT_EQ(table.text(1, 0), "");
  EXPECT_EQ(table.number(1, 1), -2.0);
}

TEST(Csv, ReadsQuotesAsRfc4180WritesThem) {
  const TemporaryFolder folder;
  const CsvTable table =
      CsvTable::read(folder.write("a.csv", "\"a\"\"b\",c,d\n\"x\"\"y\",a\\b\\n,\"\"\n,\"\"\"\"\"\",\n"));
  EXPECT_EQ(table.column("a\"b"), 0u);
  EXPECT_EQ(table.text(0, 0), "x\"y");
  EXPECT_EQ(table.text(0, 1), "a\\b\\n") << "a backslash is a character like any other";
  EXPECT_EQ(table.text(0, 2), "");
  EXPECT_EQ(table.text(1, 1), "\"\"");
  EXPECT_EQ(table.text(1, 2), "") << "a comma at the end of the line begins an empty field";
}

TEST(Csv, ReadsTheLastLineWithoutALineEnd) {
  const TemporaryFolder folder;
  EXPECT_EQ(CsvTable::read(folder.write("a.csv", "x\n1\n2")).rows(), 2u);
}

TEST(Csv, ComplainsWithFileAndLine) {
  const TemporaryFolder folder;
  const auto refuses = [&](const std::string& text, const std::string& message) {
    const auto file = folder.write("a.csv", text);
    EXPECT_THAT([&] { CsvTable::read(file); }, ThrowsMessage<std::runtime_error>(HasSubstr("a.csv:" + message)));
  };
  refuses("", "1: has no header line");
  refuses("x,y\n1,2\n\n1,2,3\n", "4: has 3 fields, but the header has 2");
  refuses("x,y,x\n", "1: column \"x\" appears twice");
  refuses("x\n\"a\n", "2: has a quote that is not closed");
  refuses("x\n\"a\"b\n", "2: has text after a closing quote");
  refuses("x\na\"b\"\n", "2: has a quote inside a field without quotes");
  EXPECT_THAT([] { CsvTable::read("no/such.csv"); },
              ThrowsMessage<std::runtime_error>(HasSubstr("no/such.csv: cannot be read")));

  const CsvTable table = CsvTable::read(folder.write("b.csv", "x,y\n1,\n2,3 m\nnan,inf\n"));
  EXPECT_THAT([&] { table.column("z"); },
              ThrowsMessage<std::runtime_error>(HasSubstr("no column \"z\" (columns: x, y)")));
  for (const auto& [row, column, line] : {std::tuple{0, 1, "2"}, {1, 1, "3"}, {2, 0, "4"}, {2, 1, "4"}})
    EXPECT_THAT([&] { table.number(row, column); },
                ThrowsMessage<std::runtime_error>(HasSubstr(fmt::format("b.csv:{}: ", line))));
}

TEST(Csv, FieldsAreReadBackAsTheyWere) {
  const TemporaryFolder folder;
  const std::string texts[] = {"plain", "a, b", "\"", "", "say \"yes\", now", " blank "};
  std::string file = "number,text\n";
  for (const std::string& text : texts) file += "1," + csv_field(text) + "\n";
  const CsvTable table = CsvTable::read(folder.write("t.csv", file));
  for (std::size_t row = 0; row < table.rows(); ++row) EXPECT_EQ(table.text(row, 1), texts[row]);
  EXPECT_THROW(csv_field("two\nlines"), std::invalid_argument);
}

}  // namespace
}  // namespace softrl::irl
