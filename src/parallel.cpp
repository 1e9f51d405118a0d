#include "softrl/parallel.hpp"

#include <system_error>
#include <thread>

#include "softrl/check.hpp"

namespace softrl {

int thread_count(int threads) {
  check_count("threads", threads, 0);
  return threads > 0 ? threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void run_on_threads(int threads, const std::function<void()>& work) {
  std::vector<std::jthread> others;  // joined on the way out
  try {
    for (int i = 1; i < threads; ++i) others.emplace_back(work);
  } catch (const std::system_error&) {
    // No more threads to be had: those that run share the work.
  }
  work();
}

}  // namespace softrl
