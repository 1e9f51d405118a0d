#include "softrl/check.hpp"

#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

namespace softrl {

void check_finite(std::string_view name, double value) {
  if (!std::isfinite(value)) throw std::invalid_argument(fmt::format("{} must be finite, got {}", name, value));
}

void check_at_least(std::string_view name, double value, double minimum) {
  if (!(std::isfinite(value) && value >= minimum))
    throw std::invalid_argument(fmt::format("{} must be finite and at least {}, got {}", name, minimum, value));
}

void check_positive(std::string_view name, double value) {
  if (!(std::isfinite(value) && value > 0.0))
    throw std::invalid_argument(fmt::format("{} must be finite and positive, got {}", name, value));
}

void check_in_range(std::string_view name, double value, double low, double high) {
  if (!(value >= low && value <= high))
    throw std::invalid_argument(fmt::format("{} must be in [{}, {}], got {}", name, low, high, value));
}

void check_count(std::string_view name, std::int64_t value, std::int64_t minimum) {
  if (value < minimum) throw std::invalid_argument(fmt::format("{} must be at least {}, got {}", name, minimum, value));
}

void check_size(std::string_view name, std::int64_t size, std::int64_t expected) {
  if (size != expected)
    throw std::invalid_argument(fmt::format("{} must have {} entries, got {}", name, expected, size));
}

}  // namespace softrl
