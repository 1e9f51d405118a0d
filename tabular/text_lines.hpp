// A text file line by line and word by word, with errors that say "file:line: what is wrong" (std::runtime_error).
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace softrl::tabular {

class TextLines {
 public:
  explicit TextLines(const std::filesystem::path& file);

  // Goes to the next line that has a word, and splits it at spaces and tabs; false at the end. What stands in double
  // quotes is one word, quotes included. Words live as long as this object.
  bool next();
  const std::vector<std::string_view>& words() const { return words_; }
  int line() const { return line_; }
  std::size_t bytes() const { return text_.size(); }  // Of the whole file.

  std::int64_t integer(std::string_view word, std::int64_t low, std::int64_t high) const;
  double number(std::string_view word) const;  // Also a fraction such as 1/3; finite.
  void expect_words(std::size_t least, std::size_t most) const;

  [[noreturn]] void fail(const std::string& message) const { fail_at(line_ == 0 ? 1 : line_, message); }
  [[noreturn]] void fail_at(int line, const std::string& message) const;

 private:
  std::string name_, text_;
  std::size_t at_ = 0;
  int line_ = 0;
  std::vector<std::string_view> words_;
};

}  // namespace softrl::tabular
