#include "softrl/excerpt.hpp"

#include <string>

#include <gtest/gtest.h>

namespace softrl {
namespace {

TEST(Excerpt, LeavesShortWordsAlone) {
  EXPECT_EQ(excerpt(""), "");
  EXPECT_EQ(excerpt("größe"), "größe");
  EXPECT_EQ(excerpt(std::string(60, 'x')), std::string(60, 'x'));
}

TEST(Excerpt, CutsBetweenCharacters) {
  EXPECT_EQ(excerpt(std::string(1'000'000, 'x')), std::string(60, 'x') + "…");
  // "…" takes three bytes: bytes 58 to 60 are one, which begins before the cut and ends behind it.
  const std::string word = std::string(58, 'x') + "……";
  EXPECT_EQ(excerpt(word), std::string(58, 'x') + "…");
  // What is no UTF-8 at all is cut as well.
  EXPECT_LE(excerpt(std::string(1000, '\x80')).size(), 63U);
}

TEST(Excerpt, ShowsNoControlCharacters) { EXPECT_EQ(excerpt(std::string("a\0b\x1b[31m\x7f", 9)), "a?b?[31m?"); }

}  // namespace
}  // namespace softrl
