#include "softrl/excerpt.hpp"

#include <algorithm>

namespace softrl {

std::string excerpt(std::string_view word) {
  constexpr std::size_t most = 60;
  const auto continues = [&](std::size_t i) { return (static_cast<unsigned char>(word[i]) & 0xC0) == 0x80; };
  std::size_t end = std::min(word.size(), most);
  for (int back = 0; back < 3 && end < word.size() && continues(end); ++back) --end;
  std::string shown(word.substr(0, end));
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return end < word.size() ? shown + "…" : shown;
}

}  // namespace softrl
