// Threads that stay: for loops so short and so many that starting threads for each, as softrl/parallel.hpp does, would
// cost more than the loop. Between loops they wait a few tens of microseconds awake, then asleep.
#pragma once
#include <atomic>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace softrl {

class WorkerPool {
 public:
  // `threads` ≥ 1 counts the caller's, or 0 for the number of cores; fewer run if the system gives no more. Throws
  // std::invalid_argument that names `threads` if it is negative.
  explicit WorkerPool(int threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // body(i) once for every i in 0 … size − 1, on any thread, and waits for all. Where bodies throw, the exception of
  // the lowest i is thrown on, after all have been called. One loop at a time.
  void for_each(int size, const std::function<void(int)>& body);

 private:
  void work();
  void take_items();

  std::vector<std::jthread> workers_;
  std::atomic<int> loop_ = 0;     // Counts loops: another number is the signal to start.
  std::atomic<int> working_ = 0;  // Workers that have not done with this loop.
  std::atomic<int> next_ = 0;     // The first item that nobody has taken.
  std::atomic<bool> ends_ = false;
  int size_ = 0;
  const std::function<void(int)>* body_ = nullptr;
  std::mutex failing_;
  int failed_ = 0;  // The lowest item that threw `failure_`.
  std::exception_ptr failure_;
};

}  // namespace softrl
