// Random numbers: one seeded generator per use, streams derived by key, the same results on every machine and run.
//
//     Random reset_noise(seed, "reset"), exploration(seed, "exploration", worker);
//
// Streams of different (seed, key, index) are seeded by different hashes, hence independent for all practical purposes.
// The distributions are Boost's, because the standard ones differ between standard libraries.
#pragma once
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>

namespace softrl {

class Random {
 public:
  explicit Random(std::uint64_t seed, std::string_view key = "", std::uint64_t index = 0);

  double uniform();                                        // On [0, 1).
  double uniform(double low, double high);                 // On [low, high).
  double normal();                                         // N(0, 1).
  std::int64_t below(std::int64_t n);                      // On {0, …, n−1}, without bias; n ≥ 1.
  int categorical(std::span<const double> probabilities);  // Index i with probability p_i / Σ p; needs Σ p > 0.
  std::uint64_t bits() { return engine_(); }               // 64 random bits, to seed something else.

  std::string state() const;               // For checkpoints: restore(state()) continues the very same sequence.
  void restore(const std::string& state);  // Throws std::invalid_argument if `state` is not one.

 private:
  std::mt19937_64 engine_;
};

}  // namespace softrl
