// Progress of a long computation, told to whoever asks. The library itself prints nothing.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace softrl {

struct Measurement {
  std::string_view name;  // As in the result: "residual", "log_likelihood", "return".
  double value;
};

struct Progress {
  std::int64_t done;                          // Sweeps, evaluations or environment steps so far.
  std::int64_t limit;                         // The most there can be; 0 if unknown.
  std::span<const Measurement> measurements;  // Valid during the call only.
};

// Called in the thread that computes, once per iteration or so; an empty one is never called. It may throw to abort.
using ProgressObserver = std::function<void(const Progress&)>;

}  // namespace softrl
