#include "tabular/text_lines.hpp"

#include <charconv>
#include <cmath>
#include <fstream>
#include <stdexcept>

#include <fmt/format.h>

#include "softrl/excerpt.hpp"

namespace softrl::tabular {

TextLines::TextLines(const std::filesystem::path& file) : name_(file.string()) {
  std::ifstream in(file, std::ios::binary);
  if (!in || !std::filesystem::is_regular_file(file))
    throw std::runtime_error(fmt::format("{}: cannot be read", name_));
  text_.resize(std::filesystem::file_size(file));
  in.read(text_.data(), static_cast<std::streamsize>(text_.size()));
  text_.resize(static_cast<std::size_t>(in.gcount()));
}

bool TextLines::next() {
  words_.clear();
  while (at_ < text_.size() && words_.empty()) {
    ++line_;
    const auto end = std::min(text_.find('\n', at_), text_.size());
    const std::string_view line = std::string_view(text_).substr(at_, end - at_);
    at_ = end + 1;
    constexpr std::string_view blanks = " \t\r";
    for (std::size_t i = line.find_first_not_of(blanks); i < line.size(); i = line.find_first_not_of(blanks, i)) {
      std::size_t stop = i;
      for (bool quoted = false; stop < line.size() && (quoted || blanks.find(line[stop]) == blanks.npos); ++stop)
        if (line[stop] == '"') quoted = !quoted;
      words_.push_back(line.substr(i, stop - i));
      i = stop;
    }
  }
  return !words_.empty();
}

std::int64_t TextLines::integer(std::string_view word, std::int64_t low, std::int64_t high) const {
  std::int64_t value = 0;
  const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error == std::errc::invalid_argument || stop != word.data() + word.size())
    fail(fmt::format("expected an integer, got '{}'", excerpt(word)));
  if (error != std::errc() || value < low || value > high)
    fail(fmt::format("expected an integer in [{}, {}], got {}", low, high, excerpt(word)));
  return value;
}

double TextLines::number(std::string_view word) const {
  const auto slash = word.find('/');
  if (slash != std::string_view::npos) {
    if (word.find('/', slash + 1) != word.npos) fail(fmt::format("expected a number, got '{}'", excerpt(word)));
    const double ratio = number(word.substr(0, slash)) / number(word.substr(slash + 1));
    if (!std::isfinite(ratio)) fail(fmt::format("expected a finite number, got '{}'", excerpt(word)));
    return ratio;
  }
  const std::string_view digits = word.starts_with('+') ? word.substr(1) : word;
  double value = 0.0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::invalid_argument || stop != digits.data() + digits.size())
    fail(fmt::format("expected a number, got '{}'", excerpt(word)));
  if (error == std::errc::result_out_of_range || !std::isfinite(value))
    fail(fmt::format("expected a finite number in double precision, got '{}'", excerpt(word)));
  return value;
}

void TextLines::expect_words(std::size_t least, std::size_t most) const {
  if (words_.size() < least || words_.size() > most)
    fail(least == most ? fmt::format("expected {} words, got {}", least, words_.size())
                       : fmt::format("expected {} to {} words, got {}", least, most, words_.size()));
}

void TextLines::fail_at(int line, const std::string& message) const {
  throw std::runtime_error(fmt::format("{}:{}: {}", name_, line, message));
}

}  // namespace softrl::tabular
