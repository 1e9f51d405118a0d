#include "softrl/worker_pool.hpp"

#include <system_error>

#include "softrl/parallel.hpp"

namespace softrl {
namespace {

// Until `value` is no longer `old`: awake at first, because loops often follow each other closely and waking a sleeping
// thread takes longer than many a loop.
void wait_while(const std::atomic<int>& value, int old) {
  for (int spin = 0; spin < 100; ++spin) {
    if (value.load(std::memory_order_acquire) != old) return;
    std::this_thread::yield();
  }
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

WorkerPool::WorkerPool(int threads) {
  const int others = thread_count(threads) - 1;
  try {
    for (int i = 0; i < others; ++i) workers_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    // No more threads to be had: those that run share the work.
  }
}

WorkerPool::~WorkerPool() {
  ends_ = true;
  ++loop_;
  loop_.notify_all();
}

void WorkerPool::work() {
  for (int seen = 0;;) {
    wait_while(loop_, seen);
    seen = loop_;
    if (ends_) return;
    take_items();
    if (--working_ == 0) working_.notify_one();
  }
}

void WorkerPool::take_items() {
  for (int i = next_++; i < size_; i = next_++) {
    try {
      (*body_)(i);
    } catch (...) {
      const std::scoped_lock lock(failing_);
      if (!failure_ || i < failed_) {
        failed_ = i;
        failure_ = std::current_exception();
      }
    }
  }
}

void WorkerPool::for_each(int size, const std::function<void(int)>& body) {
  size_ = size;
  body_ = &body;
  next_ = 0;
  failure_ = nullptr;
  working_ = static_cast<int>(workers_.size());
  ++loop_;
  loop_.notify_all();
  take_items();
  // Every worker looks at every loop, so that none can take items of the next one for this one's.
  for (int left = working_; left != 0; left = working_) wait_while(working_, left);
  if (failure_) std::rethrow_exception(failure_);
}

}  // namespace softrl
