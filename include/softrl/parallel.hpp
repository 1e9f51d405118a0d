// Loops over 0 … size − 1 on several threads. The threads live for one loop, so there is nothing to set up and no
// global state; starting one takes tens of microseconds.
//
// A loop is cut into blocks of a fixed number of items, which idle threads take one after the other. No result depends
// on which thread does what: sums are added up block by block, so that they are the same to the last bit for any
// `threads`.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <type_traits>
#include <vector>

namespace softrl {

// `threads` itself, or for 0 the number of cores. Throws std::invalid_argument that names `threads` if it is negative.
int thread_count(int threads);

// Calls `work` on the caller's thread and, at once, on threads − 1 others (fewer if the system gives no more), and
// waits for all of them. `work` must not throw.
void run_on_threads(int threads, const std::function<void()>& work);

// Calls body(begin, end) for every block, at once on at most `threads` ≥ 1 threads; on the caller's alone if there is
// only one block. `body` must not throw. Choose blocks worth some 50 µs or more: smaller loops then stay on one thread.
template <class Body>
void parallel_for(int threads, std::ptrdiff_t size, std::ptrdiff_t block, const Body& body) {
  const std::ptrdiff_t blocks = (size + block - 1) / block;
  std::atomic<std::ptrdiff_t> next = 0;
  const auto work = [&] {
    for (std::ptrdiff_t b = next++; b < blocks; b = next++) body(b * block, std::min((b + 1) * block, size));
  };
  if (threads <= 1 || blocks <= 1) return work();
  run_on_threads(static_cast<int>(std::min<std::ptrdiff_t>(threads, blocks)), work);
}

// combine(… combine(combine(initial, first), second) …, last) of what body(begin, end) returns for the blocks.
template <class Result, class Body, class Combine>
Result parallel_reduce(int threads, std::ptrdiff_t size, std::ptrdiff_t block, Result initial, const Body& body,
                       const Combine& combine) {
  static_assert(!std::is_same_v<Result, bool>, "neighbours in a std::vector<bool> cannot be written at once");
  std::vector<Result> results(static_cast<std::size_t>((size + block - 1) / block), initial);
  parallel_for(threads, size, block, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    results[static_cast<std::size_t>(begin / block)] = body(begin, end);
  });
  for (const Result& result : results) initial = combine(initial, result);
  return initial;
}

// Σ of what body(begin, end) returns for the blocks.
template <class Body>
double parallel_sum(int threads, std::ptrdiff_t size, std::ptrdiff_t block, const Body& body) {
  return parallel_reduce(threads, size, block, 0.0, body, std::plus<>());
}

}  // namespace softrl
