#include "softrl/parallel.hpp"

#include <atomic>
#include <cmath>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

namespace softrl {
namespace {

TEST(ParallelFor, VisitsEveryItemOnceInBlocks) {
  for (const int threads : {1, 2, 5}) {
    for (const std::ptrdiff_t size : {0, 1, 9, 10, 11, 1000}) {
      std::vector<int> visits(static_cast<std::size_t>(size));
      std::atomic<int> blocks = 0;
      parallel_for(threads, size, 10, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        ++blocks;
        EXPECT_TRUE(begin % 10 == 0 && begin < end && end <= size && end <= begin + 10);
        for (std::ptrdiff_t i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
      });
      EXPECT_EQ(visits, std::vector<int>(static_cast<std::size_t>(size), 1));
      EXPECT_EQ(blocks, (size + 9) / 10);
    }
  }
}

// Σ 1/i depends on the order of summation; the order must not depend on the number of threads.
TEST(ParallelSum, IsTheSameForAnyNumberOfThreads) {
  const auto harmonic = [](int threads) {
    return parallel_sum(threads, 100'000, 64, [](std::ptrdiff_t begin, std::ptrdiff_t end) {
      double sum = 0.0;
      for (std::ptrdiff_t i = begin; i < end; ++i) sum += 1.0 / static_cast<double>(i + 1);
      return sum;
    });
  };
  const double alone = harmonic(1);
  EXPECT_NEAR(alone, std::log(1e5) + 0.57721566490153286 + 0.5e-5, 1e-10);
  for (const int threads : {2, 3, 8}) EXPECT_EQ(harmonic(threads), alone);
}

TEST(ParallelReduce, CombinesInOrder) {
  const auto digits = parallel_reduce(
      4, 9, 1, 0L, [](std::ptrdiff_t begin, std::ptrdiff_t) { return static_cast<long>(begin + 1); },
      [](long number, long digit) { return 10 * number + digit; });
  EXPECT_EQ(digits, 123456789);
}

TEST(ThreadCount, ResolvesZeroAndRefusesLess) {
  EXPECT_EQ(thread_count(3), 3);
  EXPECT_GE(thread_count(0), 1);
  EXPECT_THROW(thread_count(-1), std::invalid_argument);
}

}  // namespace
}  // namespace softrl
