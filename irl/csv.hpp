// Comma-separated files with a header line, read strictly: every complaint says "file:line: what is wrong".
// Fields may be quoted as in RFC 4180 ("a, b"; "" is a quote inside), but not span lines. CRLF line ends and empty
// lines are tolerated.
#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace softrl::irl {

class CsvTable {
 public:
  // Throws std::runtime_error: the file cannot be read, has no header, names a column twice, or has a row whose number
  // of fields differs from the header's.
  static CsvTable read(const std::filesystem::path& file);

  std::size_t rows() const { return lines_.size(); }

  // Index of the column of that name. Throws std::runtime_error, listing the columns there are, if there is none.
  std::size_t column(std::string_view name) const;
  bool has_column(std::string_view name) const;

  const std::string& text(std::size_t row, std::size_t column) const { return fields_[row * header_.size() + column]; }

  // Throws std::runtime_error if the field is not a finite number.
  double number(std::size_t row, std::size_t column) const;

  int line(std::size_t row) const { return lines_[row]; }  // in the file, from 1

  // "file:line: message" about a row that was read but makes no sense; thrown as std::runtime_error.
  std::string complaint(std::size_t row, std::string_view message) const;
  [[noreturn]] void fail(std::size_t row, std::string_view message) const;

 private:
  std::filesystem::path file_;
  std::vector<std::string> header_;
  std::vector<std::string> fields_;  // [rows × columns]
  std::vector<int> lines_;           // [rows] line in the file, from 1
};

// A field as it is written: in quotes where it has to be, so that CsvTable reads `text` back. Throws
// std::invalid_argument if it holds the end of a line.
std::string csv_field(std::string_view text);

}  // namespace softrl::irl
