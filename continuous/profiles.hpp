// The files of examples/train, compiled in: a folder per profile, in it default.toml and a file for each task that
// needs others.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace softrl::continuous {

std::string_view profile_text(std::string_view profile, std::string_view name);  // TOML; empty if there is no such file
std::vector<std::string> profile_names();

}  // namespace softrl::continuous
