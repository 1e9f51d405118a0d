#include "softrl/nearest_name.hpp"

#include <stdexcept>
#include <vector>

#include <gmock/gmock.h>

namespace softrl {
namespace {

const std::vector<std::string> names = {"Ant-v5", "HalfCheetah-v5", "Walker2d-v5", "multi_goal"};

TEST(NearestName, CountsEdits) {
  EXPECT_EQ(nearest_name("Walker2d-v4", names), "Walker2d-v5");
  EXPECT_EQ(nearest_name("HAlfCheeta-v5", names), "HalfCheetah-v5");
  EXPECT_EQ(nearest_name("multigoal", names), "multi_goal");
  EXPECT_THROW(nearest_name("Ant-v5", {}), std::invalid_argument);
}

// By edits alone both would be Ant-v5: six letters to replace are fewer than seven to insert.
TEST(NearestName, PrefersNamesWithTheWordInThem) {
  EXPECT_EQ(nearest_name("walk", names), "Walker2d-v5");
  EXPECT_EQ(nearest_name("Cheetah", names), "HalfCheetah-v5");
  EXPECT_EQ(nearest_name("", names), "Ant-v5") << "the shortest";
}

TEST(NearestName, IsSaidWithAllTheKnownOnes) {
  EXPECT_EQ(unknown_name("task", "ant", names),
            "unknown task ant (did you mean Ant-v5? known: Ant-v5, HalfCheetah-v5, Walker2d-v5, multi_goal)");
  EXPECT_EQ(unknown_name("task", "ant", {}), "unknown task ant: there are none");
}

}  // namespace
}  // namespace softrl
