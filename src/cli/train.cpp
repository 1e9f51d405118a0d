#include "cli/commands.hpp"

namespace softrl::cli {
void add_train(CLI::App&, Run&) {}
}  // namespace softrl::cli
