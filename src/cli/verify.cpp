#include "cli/commands.hpp"

namespace softrl::cli {
void add_verify(CLI::App&, Run&) {}
}  // namespace softrl::cli
