#include "softrl/worker_pool.hpp"

#include <stdexcept>
#include <string>

#include <gmock/gmock.h>

namespace softrl {
namespace {

// Many short loops in a row, of sizes from none to many: every item of every loop once, whoever takes it.
TEST(WorkerPool, CallsEveryItemOnce) {
  for (const int threads : {1, 2, 4}) {
    WorkerPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (int loop = 0; loop < 2000; ++loop) {
      std::vector<int> calls(static_cast<std::size_t>(loop % 7), 0);
      pool.for_each(loop % 7, [&](int i) { ++calls[static_cast<std::size_t>(i)]; });
      ASSERT_THAT(calls, testing::Each(1)) << "loop " << loop << ", " << threads << " threads";
    }
  }
}

TEST(WorkerPool, ThrowsOnWhatTheLowestItemThrewAndGoesOn) {
  for (const int threads : {1, 3}) {
    WorkerPool pool(threads);
    std::vector<int> calls(100, 0);
    const auto body = [&](int i) {
      ++calls[static_cast<std::size_t>(i)];
      if (i % 10 == 7) throw std::runtime_error("item " + std::to_string(i));
    };
    EXPECT_THAT([&] { pool.for_each(100, body); },
                testing::ThrowsMessage<std::runtime_error>(testing::StrEq("item 7")));
    EXPECT_THAT(calls, testing::Each(1)) << "the others are called all the same";
    EXPECT_NO_THROW(pool.for_each(100, [](int) {}));
  }
}

TEST(WorkerPool, RefusesNegativeThreads) { EXPECT_THROW(WorkerPool(-1), std::invalid_argument); }

}  // namespace
}  // namespace softrl
