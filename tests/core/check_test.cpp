#include "softrl/check.hpp"

#include <limits>
#include <stdexcept>

#include <gmock/gmock.h>

namespace softrl {
namespace {
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const double nan = std::numeric_limits<double>::quiet_NaN();
const double inf = std::numeric_limits<double>::infinity();

TEST(Check, AcceptsWhatIsInRange) {
  check_finite("x", -1e300);
  check_at_least("temperature", 0.0, 0.0);
  check_positive("temperature", 1e-300);
  check_in_range("discount", 0.0, 0.0, 1.0);
  check_in_range("discount", 1.0, 0.0, 1.0);
  check_count("states", 1, 1);
  check_size("rewards", 3, 3);
}

TEST(Check, NamesOptionAndValue) {
  EXPECT_THAT([] { check_in_range("discount", 1.5, 0.0, 1.0); },
              ThrowsMessage<std::invalid_argument>(AllOf(HasSubstr("discount"), HasSubstr("1.5"))));
  EXPECT_THAT([] { check_at_least("temperature", -1.0, 0.0); },
              ThrowsMessage<std::invalid_argument>(AllOf(HasSubstr("temperature"), HasSubstr("-1"))));
  EXPECT_THAT([] { check_count("states", 0, 1); },
              ThrowsMessage<std::invalid_argument>(AllOf(HasSubstr("states"), HasSubstr("0"))));
  EXPECT_THAT([] { check_size("rewards", 2, 3); },
              ThrowsMessage<std::invalid_argument>(AllOf(HasSubstr("rewards"), HasSubstr("3"), HasSubstr("2"))));
}

TEST(Check, RefusesNanAndInfinity) {
  for (const double bad : {nan, inf, -inf}) {
    EXPECT_THROW(check_finite("x", bad), std::invalid_argument);
    EXPECT_THROW(check_at_least("x", bad, 0.0), std::invalid_argument);
    EXPECT_THROW(check_positive("x", bad), std::invalid_argument);
    EXPECT_THROW(check_in_range("x", bad, 0.0, 1.0), std::invalid_argument);
  }
}

}  // namespace
}  // namespace softrl
