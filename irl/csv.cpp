#include "irl/csv.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <stdexcept>

#include <fmt/format.h>

#include "softrl/excerpt.hpp"

namespace softrl::irl {
namespace {

[[noreturn]] void fail_at(const std::filesystem::path& file, int line, std::string_view message) {
  throw std::runtime_error(fmt::format("{}:{}: {}", file.string(), line, message));
}

// RFC 4180, a line at a time: a field that begins with a quote ends at the next one that is not doubled.
std::vector<std::string> split(const std::string& text, const std::filesystem::path& file, int line) {
  std::vector<std::string> fields(1);
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '"') {
      const std::size_t end = std::min(text.find(',', i), text.size());
      fields.back() = text.substr(i, end - i);
      if (fields.back().find('"') != std::string::npos)
        fail_at(file, line, "has a quote inside a field without quotes");
      i = end;
    } else {
      for (++i;; ++i) {
        const std::size_t quote = text.find('"', i);
        if (quote == std::string::npos) fail_at(file, line, "has a quote that is not closed on its line");
        fields.back() += text.substr(i, quote - i);
        i = quote + 1;
        if (i == text.size() || text[i] != '"') break;
        fields.back() += '"';
      }
      if (i < text.size() && text[i] != ',') fail_at(file, line, "has text after a closing quote");
    }
    if (i < text.size()) {
      fields.emplace_back();
      ++i;  // the comma
    }
  }
  return fields;
}

}  // namespace

CsvTable CsvTable::read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in || std::filesystem::is_directory(file))
    throw std::runtime_error(fmt::format("{}: cannot be read", file.string()));
  CsvTable table;
  table.file_ = file;
  std::string text;
  for (int line = 1; std::getline(in, text); ++line) {
    if (!text.empty() && text.back() == '\r') text.pop_back();
    if (line == 1 && text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);  // the mark some spreadsheets put first
    if (text.empty()) continue;
    std::vector<std::string> fields = split(text, file, line);
    if (table.header_.empty()) {
      table.header_ = std::move(fields);
      for (auto name = table.header_.begin(); name != table.header_.end(); ++name)
        if (std::find(table.header_.begin(), name, *name) != name)
          fail_at(file, line, fmt::format("column \"{}\" appears twice", *name));
      continue;
    }
    if (fields.size() != table.header_.size())
      fail_at(file, line, fmt::format("has {} fields, but the header has {}", fields.size(), table.header_.size()));
    std::move(fields.begin(), fields.end(), std::back_inserter(table.fields_));
    table.lines_.push_back(line);
  }
  if (table.header_.empty()) fail_at(file, 1, "has no header line");
  return table;
}

std::size_t CsvTable::column(std::string_view name) const {
  const auto found = std::find(header_.begin(), header_.end(), name);
  if (found == header_.end())
    fail_at(file_, 1, fmt::format("has no column \"{}\" (columns: {})", name, fmt::join(header_, ", ")));
  return static_cast<std::size_t>(found - header_.begin());
}

bool CsvTable::has_column(std::string_view name) const {
  return std::find(header_.begin(), header_.end(), name) != header_.end();
}

double CsvTable::number(std::size_t row, std::size_t column) const {
  const std::string& field = text(row, column);
  double value = 0.0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size() || !std::isfinite(value))
    fail(row, fmt::format("{} must be a finite number, got \"{}\"", header_[column], excerpt(field)));
  return value;
}

std::string CsvTable::complaint(std::size_t row, std::string_view message) const {
  return fmt::format("{}:{}: {}", file_.string(), lines_[row], message);
}

void CsvTable::fail(std::size_t row, std::string_view message) const {
  throw std::runtime_error(complaint(row, message));
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of("\r\n") != std::string_view::npos)
    throw std::invalid_argument(fmt::format("a field of a CSV file cannot span lines: \"{}\"", excerpt(text)));
  if (text.find_first_of(",\"") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

}  // namespace softrl::irl
