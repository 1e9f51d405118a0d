// Options whose value is a list of weights by name: --start speed=-1,turn=-0.5
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "irl/named_weights.hpp"

namespace softrl::cli {

CLI::Option* add_weights(CLI::App& command, const std::string& name, std::vector<std::string>& words,
                         const std::string& help);

// "name=value" and lists of them, separated by commas; spaces may stand around either. Throws std::invalid_argument,
// naming `option` and word.
std::vector<irl::NamedWeight> parse_weights(std::string_view option, const std::vector<std::string>& words);

}  // namespace softrl::cli
