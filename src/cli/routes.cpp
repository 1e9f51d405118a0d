#include "cli/commands.hpp"

namespace softrl::cli {
void add_routes(CLI::App&, Run&) {}
}  // namespace softrl::cli
