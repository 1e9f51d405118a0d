#include "cli/commands.hpp"

namespace softrl::cli {
void add_evaluate(CLI::App&, Run&) {}
}  // namespace softrl::cli
