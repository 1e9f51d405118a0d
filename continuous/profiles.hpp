// The files of examples/train, compiled in.
#pragma once
#include <string_view>

namespace softrl::continuous {

std::string_view profile(std::string_view task);  // The TOML text; empty if the task has none.

}  // namespace softrl::continuous
