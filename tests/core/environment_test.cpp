#include "softrl/environment.hpp"

#include <stdexcept>

#include <gtest/gtest.h>

#include "support/walk.hpp"

namespace softrl {
namespace {

TEST(TimeLimit, TruncatesAtItsLimitAndStartsAgainAtReset) {
  TimeLimit<int, int> limited(std::make_unique<test::Walk>(100), 3);
  for (int episode = 0; episode < 2; ++episode) {
    limited.reset();
    EXPECT_FALSE(limited.step(1).truncated);
    EXPECT_FALSE(limited.step(1).truncated);
    const auto last = limited.step(1);
    EXPECT_TRUE(last.truncated);
    EXPECT_FALSE(last.terminated);
  }
}

TEST(TimeLimit, SaysBothWhenTheTaskEndsAtTheLimit) {
  TimeLimit<int, int> limited(std::make_unique<test::Walk>(2), 2);
  limited.reset();
  limited.step(1);
  const auto last = limited.step(1);
  EXPECT_TRUE(last.terminated);
  EXPECT_TRUE(last.truncated);
}

TEST(TimeLimit, MustBePositive) {
  EXPECT_THROW((TimeLimit<int, int>(std::make_unique<test::Walk>(2), 0)), std::invalid_argument);
}

}  // namespace
}  // namespace softrl
