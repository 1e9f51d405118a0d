#pragma once

namespace softrl {

inline constexpr const char* version = "0.1.0";

}  // namespace softrl
