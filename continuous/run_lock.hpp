// Keeps a second process from writing to a run folder.
#pragma once
#include <filesystem>

namespace softrl::continuous {

// The lock is the process's: the system lifts it however the process ends. A file system without locks goes without.
class RunLock {
 public:
  // Throws std::runtime_error with the path if another process, or another lock in this one, trains there.
  explicit RunLock(const std::filesystem::path& folder);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace softrl::continuous
