#include "cli/commands.hpp"

namespace softrl::cli {
void add_solve(CLI::App&, Run&) {}
}  // namespace softrl::cli
