#include "cli/commands.hpp"

int main(int argc, char** argv) {
  CLI::App app{"softrl: maximum-entropy reinforcement learning, exact where it can be, learned where it cannot",
               "softrl"};
  softrl::cli::Run run;
  softrl::cli::add_solve(app, run);
  softrl::cli::add_convert(app, run);
  softrl::cli::add_generate(app, run);
  softrl::cli::add_verify(app, run);
  softrl::cli::add_irl(app, run);
  softrl::cli::add_routes(app, run);
#ifdef SOFTRL_CONTINUOUS
  softrl::cli::add_agents(app, run, argv);
  softrl::cli::add_plot(app, run);
  softrl::cli::add_record(app, run);
#endif
  return softrl::cli::parse_and_run(app, run, argc, argv);
}
