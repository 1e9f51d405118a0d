// Argument checks that name the option and the value: "discount must be in [0, 1], got 1.5".
// Each throws std::invalid_argument, and each refuses NaN.
#pragma once
#include <cstdint>
#include <string_view>

namespace softrl {

void check_finite(std::string_view name, double value);
void check_at_least(std::string_view name, double value, double minimum);
void check_positive(std::string_view name, double value);
void check_in_range(std::string_view name, double value, double low, double high);
void check_count(std::string_view name, std::int64_t value, std::int64_t minimum);
void check_size(std::string_view name, std::int64_t size, std::int64_t expected);

}  // namespace softrl
