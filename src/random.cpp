#include "softrl/random.hpp"

#include <cassert>
#include <sstream>
#include <stdexcept>

#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_01.hpp>
#include <boost/random/uniform_int_distribution.hpp>

namespace softrl {
namespace {

// SplitMix64's finaliser: every input bit moves every output bit.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// FNV-1a, which unlike std::hash is the same everywhere.
std::uint64_t hash(std::string_view key) {
  std::uint64_t h = 0xcbf29ce484222325;
  for (const char c : key) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return h;
}

}  // namespace

Random::Random(std::uint64_t seed, std::string_view key, std::uint64_t index) {
  const std::uint64_t root = mix(mix(mix(seed) ^ hash(key)) ^ index);
  std::seed_seq sequence{static_cast<std::uint32_t>(root), static_cast<std::uint32_t>(root >> 32)};
  engine_.seed(sequence);
}

double Random::uniform() {
  // 53 bits: every value is a multiple of 2^-53, and 1 is never drawn.
  return static_cast<double>(engine_() >> 11) * 0x1.0p-53;
}

double Random::uniform(double low, double high) { return low + (high - low) * uniform(); }

double Random::normal() { return boost::random::normal_distribution<double>()(engine_); }

std::int64_t Random::below(std::int64_t n) {
  assert(n >= 1);
  return boost::random::uniform_int_distribution<std::int64_t>(0, n - 1)(engine_);
}

int Random::categorical(std::span<const double> probabilities) {
  double total = 0.0;
  for (const double p : probabilities) total += p;
  assert(total > 0.0);
  double rest = uniform() * total;
  int last = -1;
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    if (probabilities[i] <= 0.0) continue;
    last = static_cast<int>(i);
    rest -= probabilities[i];
    if (rest < 0.0) break;
  }
  return last;  // the last one of positive probability also catches the rounding of the sum
}

std::string Random::state() const {
  std::ostringstream out;
  out << engine_;
  return out.str();
}

void Random::restore(const std::string& state) {
  std::istringstream in(state);
  std::mt19937_64 engine;
  if (!(in >> engine)) throw std::invalid_argument("random state: not a saved state of this generator");
  engine_ = engine;
}

}  // namespace softrl
